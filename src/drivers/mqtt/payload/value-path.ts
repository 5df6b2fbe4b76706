import { jsonpath, type JSONPathQuery } from 'json-p3';
import { show } from '../../../base/show';
import { type DottedPath, isWritablePath, parseDottedPath, readDottedPath, writeDottedPath } from './dotted-path';

/** A place in a JSON value. */
export interface ValuePath {
  /** What is there; undefined where nothing is. A path that may lead to several places answers all of them, as a list. */
  readonly read: (value: unknown) => unknown;
  /** Puts a value there; absent where the path has no single place. Throws a RangeError where the place cannot be made. */
  readonly write?: (target: object, value: unknown) => void;
}

export type CompiledPath =
  { readonly ok: true; readonly path: ValuePath } | { readonly ok: false; readonly message: string };

/** A path that begins with `$` is JSONPath (RFC 9535), any other one a dotted path. Nothing in either is run as code. */
export function compileValuePath(text: string): CompiledPath {
  return text.startsWith('$') ? compileJsonPath(text) : compileDotted(text);
}

function compileDotted(text: string): CompiledPath {
  const parsed = parseDottedPath(text);
  return parsed.ok ? { ok: true, path: valuePath((value) => readDottedPath(parsed.path, value), parsed.path) } : parsed;
}

function compileJsonPath(text: string): CompiledPath {
  let query: JSONPathQuery;
  try {
    query = jsonpath.DEFAULT_ENVIRONMENT.compile(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ok: false, message: `is no JSONPath (RFC 9535): ${why}; got ${show(text)}` };
  }
  const isSingular = query.singularQuery();
  const read = (value: unknown): unknown => {
    if (isSingular) return query.match(value as never)?.value;
    const found = query.query(value as never).values() as unknown[];
    return found.length === 0 ? undefined : found;
  };
  return { ok: true, path: valuePath(read, isSingular ? placeOf(query) : undefined) };
}

const valuePath = (read: ValuePath['read'], place?: DottedPath): ValuePath => ({
  read,
  ...(place !== undefined &&
    isWritablePath(place) && { write: (target, value) => writeDottedPath(place, target, value) }),
});

/** The steps of a singular query, unless one of them counts from the end of a list. */
function placeOf({ segments }: JSONPathQuery): DottedPath | undefined {
  const keys = segments.map(({ selectors: [selector] }) => {
    if (selector instanceof jsonpath.selectors.NameSelector) return selector.name;
    return selector instanceof jsonpath.selectors.IndexSelector && selector.index >= 0
      ? String(selector.index)
      : undefined;
  });
  const isPlace = keys.length > 0 && keys.every((key) => key !== undefined);
  return isPlace ? keys.map((key) => ({ key })) : undefined;
}
