import { FAILSAFE_SCHEMA, loadAll, Type, types, YAMLException } from 'js-yaml';
import { DeviceError, ErrorCode } from '../../base/errors';

/**
 * YAML as Kubernetes reads it (sigs.k8s.io/yaml 1.4.0, seen): the words and octal numbers of YAML 1.1, but no base 60 and no dates; integers
 * with all their digits. JSON is YAML too.
 */

export interface Manifests {
  readonly documents: readonly unknown[];
  /** Scalars that YAML 1.2 reads otherwise, as they are written, and what Kubernetes takes them for. */
  readonly ambiguous: ReadonlyMap<string, unknown>;
}

/** Aliases may make a small text very large. */
const MAX_VALUES = 100_000;
const MAX_BYTES = 10_000_000;

const TRUE = /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const NULL = /^(?:~|null|Null|NULL|)$/;
const INTEGER = /^[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)$/;
const FLOAT = /^[-+]?(?:\.[0-9][0-9_]*|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$/;
/** What both versions of YAML read alike. */
const PLAIN_NUMBER = /^[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$|^0x[0-9a-fA-F]+$|^[-+]?[0-9]*\.[0-9]+$/;

/** Throws a DeviceError BAD_VALUE with the line where the text is no YAML, or where it is too large. */
export function readManifests(text: string): Manifests {
  if (text.length > MAX_BYTES) throw new DeviceError(ErrorCode.BAD_VALUE, `more than ${MAX_BYTES / 1e6} MB of YAML`);
  const ambiguous = new Map<string, unknown>();
  try {
    const found = loadAll(text, null, { schema: schema(ambiguous) });
    const budget = { values: MAX_VALUES };
    return { documents: found.map((document) => plain(document, budget)), ambiguous };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = error.mark === undefined ? '' : `line ${error.mark.line + 1}: `;
    throw new DeviceError(ErrorCode.BAD_VALUE, `${line}no YAML: ${error.reason}`, { cause: error });
  }
}

function schema(ambiguous: Map<string, unknown>): ReturnType<typeof FAILSAFE_SCHEMA.extend> {
  const scalar = (tag: string, pattern: RegExp, read: (text: string) => unknown): Type =>
    new Type(`tag:yaml.org,2002:${tag}`, {
      kind: 'scalar',
      resolve: (data) => typeof data !== 'string' || pattern.test(data),
      construct(data) {
        const text = typeof data === 'string' ? data : '';
        const value = read(text);
        if (isAmbiguous(text)) ambiguous.set(text, value);
        return value;
      },
    });
  return FAILSAFE_SCHEMA.extend({
    implicit: [
      scalar('null', NULL, () => null),
      scalar('bool', new RegExp(`${TRUE.source}|${FALSE.source}`), (text) => TRUE.test(text)),
      scalar('int', INTEGER, integerOf),
      scalar('float', FLOAT, (text) => Number(text.replaceAll('_', ''))),
      types.merge,
    ],
  });
}

const isAmbiguous = (text: string): boolean =>
  /^(?:[yYnN]|[yY]es|YES|[nN]o|NO|[oO]n|ON|[oO]ff|OFF)$/.test(text) ||
  (/^[-+.\d]/.test(text) && !PLAIN_NUMBER.test(text));

/** `0123` and `0o123` are octal, `08` is not and is eight; a number where that is exact, else a bigint. */
function integerOf(text: string): number | bigint {
  const digits = text.replaceAll('_', '').replace(/^[-+]/, '');
  const isOctal = /^0o?[0-7]+$/.test(digits) && digits !== '0';
  const octal = `0o${digits.replace(/^0o?/, '')}`;
  const value = BigInt(isOctal ? octal : /^0[bx]/.test(digits) ? digits : digits.replace(/^0+(?=\d)/, ''));
  const signed = text.startsWith('-') ? -value : value;
  return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
}

/** A copy without shared parts; keys are text, as in JSON. How deep it may be is bounded by the parser. */
function plain(value: unknown, budget: { values: number }): unknown {
  budget.values -= 1;
  if (budget.values < 0) throw new DeviceError(ErrorCode.BAD_VALUE, `more than ${MAX_VALUES} values, aliases followed`);
  if (Array.isArray(value)) return value.map((item) => plain(item, budget));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member, budget)]));
}
