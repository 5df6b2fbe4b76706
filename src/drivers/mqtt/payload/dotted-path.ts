/**
 * Paths into JSON as Octopus has them: `action.power`, `list.0.name`. Keys and indexes between dots; `*` and `?` in a key stand for
 * any characters and for one (the first member that fits); `#` for each item of an array, at the end for their number; a backslash
 * takes the meaning from the next character (`fav\.movie`). What other readers of such paths have besides (queries, modifiers) is
 * refused by name: JSONPath has it. Pure: also runs in the editor.
 */
export type DottedPath = readonly Segment[];

type Segment = { readonly key: string } | { readonly pattern: RegExp } | 'each';

export type ParsedPath =
  { readonly ok: true; readonly path: DottedPath } | { readonly ok: false; readonly message: string };

/** A write may not make a list longer than this. */
const MAX_INDEX = 9999;
const INDEX = /^(?:0|[1-9]\d{0,3})$/;
const REFUSED = /^(?:@|\.\.|#\(|[[{!])/;

export function parseDottedPath(text: string): ParsedPath {
  const segments: Segment[] = [];
  for (const part of split(text)) {
    if (part.text === '') return refuse('has an empty part between two dots');
    if (REFUSED.test(part.text) || part.hasPipe) {
      return refuse(`has "${part.text}", which is known in JSONPath only: begin the path with "$"`);
    }
    if (part.text === '#' && !part.isEscaped) segments.push('each');
    else if (part.pattern !== undefined) segments.push({ pattern: part.pattern });
    else segments.push({ key: part.key });
  }
  return { ok: true, path: segments };
}

/** Whether a value can be put there: each step is one key. */
export const isWritablePath = (path: DottedPath): boolean =>
  path.every((segment) => segment !== 'each' && 'key' in segment);

/** What is there; undefined where nothing is. JSON has no undefined. */
export function readDottedPath(path: DottedPath, value: unknown, from = 0): unknown {
  let found = value;
  for (let index = from; index < path.length; index += 1) {
    const segment = path[index];
    if (segment === 'each') return readEach(path, found, index);
    if (segment === undefined || typeof found !== 'object' || found === null) return undefined;
    found = 'key' in segment ? memberOf(found, segment.key) : firstMember(found, segment.pattern);
  }
  return found;
}

/**
 * Puts a value into `target`, making what is on the way: a list for an index where nothing is, else an object. Throws a RangeError
 * where the path has no single place.
 */
export function writeDottedPath(path: DottedPath, target: object, value: unknown): void {
  let container = target;
  path.forEach((segment, index) => {
    if (segment === 'each' || !('key' in segment)) throw new RangeError('the path has no single place to write to');
    if (index === path.length - 1) {
      put(container, segment.key, value);
      return;
    }
    const next = path[index + 1];
    const existing = memberOf(container, segment.key);
    const isContainer = typeof existing === 'object' && existing !== null;
    const made = isContainer ? existing : containerFor(next);
    if (!isContainer) put(container, segment.key, made);
    container = made;
  });
}

/** An object without a prototype, so that no key has a meaning of its own. */
export const emptyObject = (): object => Object.create(null) as object;

const containerFor = (segment: Segment | undefined): object =>
  typeof segment === 'object' && 'key' in segment && INDEX.test(segment.key) ? [] : emptyObject();

function put(container: object, key: string, value: unknown): void {
  if (!Array.isArray(container)) {
    Object.defineProperty(container, key, { value, writable: true, enumerable: true, configurable: true });
    return;
  }
  const index = INDEX.test(key) ? Number(key) : NaN;
  if (!(index <= MAX_INDEX)) throw new RangeError(`"${key}" is no index from 0 to ${MAX_INDEX} of a list`);
  while (container.length < index) container.push(null);
  container[index] = value;
}

function readEach(path: DottedPath, found: unknown, index: number): unknown {
  if (!Array.isArray(found)) return undefined;
  if (index === path.length - 1) return found.length;
  return found.map((item) => readDottedPath(path, item, index + 1)).filter((item) => item !== undefined);
}

function memberOf(container: object, key: string): unknown {
  if (Array.isArray(container)) return INDEX.test(key) ? (container[Number(key)] as unknown) : undefined;
  return Object.hasOwn(container, key) ? (container as Record<string, unknown>)[key] : undefined;
}

function firstMember(container: object, pattern: RegExp): unknown {
  if (Array.isArray(container)) return undefined;
  for (const [key, value] of Object.entries(container)) if (pattern.test(key)) return value;
  return undefined;
}

interface Part {
  readonly text: string;
  /** Without backslashes. */
  readonly key: string;
  readonly isEscaped: boolean;
  readonly hasPipe: boolean;
  readonly pattern?: RegExp;
}

function split(text: string): Part[] {
  const parts: Part[] = [];
  let part = new PartBuilder();
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '\\' && at + 1 < text.length) {
      at += 1;
      part.addLiteral(text.charAt(at));
    } else if (character === '.') {
      parts.push(part.end());
      part = new PartBuilder();
    } else {
      part.add(character);
    }
  }
  parts.push(part.end());
  return parts;
}

class PartBuilder {
  private text = '';
  private key = '';
  private source = '';
  private isPattern = false;
  private isEscaped = false;
  private hasPipe = false;

  addLiteral(character: string): void {
    this.isEscaped = true;
    this.text += `\\${character}`;
    this.key += character;
    this.source += quoted(character);
  }

  add(character: string): void {
    this.text += character;
    this.key += character;
    if (character === '|') this.hasPipe = true;
    if (character === '*' || character === '?') this.isPattern = true;
    // Two stars in a row mean what one does, and make a pattern slow.
    if (character === '*') this.source += this.source.endsWith('[^]*') ? '' : '[^]*';
    else this.source += character === '?' ? '[^]' : quoted(character);
  }

  end(): Part {
    const { text, key, isEscaped, hasPipe } = this;
    return {
      text,
      key,
      isEscaped,
      hasPipe,
      ...(this.isPattern && { pattern: new RegExp(`^${this.source}$`, 'u') }),
    };
  }
}

const quoted = (character: string): string => character.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');

const refuse = (message: string): ParsedPath => ({ ok: false, message });
