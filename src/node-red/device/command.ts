import { isPlainRecord } from '../../base/records';
import { DeviceError } from '../../base/errors';
import { plainValue } from '../../base/values/plain-value';
import { show, describeProblems } from '../../base/fields/fields';
import type { Checked, Problem } from '../../base/fields/problems';
import type { Property } from '../../device/property';
import { FlowError, FlowErrorCode } from '../common/flow-error';

/** What an incoming message asks of a device; `warnings`: what is worth knowing about it. */
export type Command = Asked & { readonly warnings?: readonly Problem[] };

/** `adHoc`: properties defined by the message itself. */
type Asked =
  | {
      readonly action: 'write';
      readonly values: Readonly<Record<string, unknown>>;
      readonly adHoc: readonly Property[];
    }
  /** Without `names`: everything that can be read. */
  | { readonly action: 'read'; readonly names?: readonly string[]; readonly adHoc: readonly Property[] }
  | { readonly action: 'connect' | 'disconnect' }
  /** An action of the kind's own, by its name; the driver reads the rest of the message. */
  | { readonly action: 'perform'; readonly name: string };

const ACTIONS = ['write', 'read', 'connect', 'disconnect'] as const;

/**
 * Reads `msg.action`, `msg.payload` and `msg.properties`; without an action an object as payload is a write.
 * `ownActions`: what the kind of device can do beyond the actions of all devices (DeviceKind.actions).
 * Throws a FlowError (BAD_MESSAGE) that says what is wrong and what is expected.
 */
export function parseCommand(
  msg: Readonly<Record<string, unknown>>,
  parseProperty: (raw: unknown, field: string) => Checked<Property>,
  ownActions: readonly string[] = [],
): Command {
  try {
    return readCommand(msg, parseProperty, ownActions);
  } catch (error) {
    if (error instanceof FlowError || error instanceof DeviceError) throw error;
    // A getter or a proxy that throws.
    throw bad('the message cannot be read: it must be plain data');
  }
}

function readCommand(
  msg: Readonly<Record<string, unknown>>,
  parseProperty: (raw: unknown, field: string) => Checked<Property>,
  ownActions: readonly string[],
): Command {
  const expected = `one of ${[...ACTIONS, ...ownActions].join(', ')}`;
  const given = msg['action'] ?? (isPlainRecord(msg['payload']) ? 'write' : undefined);
  if (given === undefined || given === '') {
    throw bad(`msg.payload must be an object {property: value} to write, or msg.action ${expected}`);
  }
  const name = ownActions.find((known) => known === given);
  if (name !== undefined) return { action: 'perform', name };
  const action = ACTIONS.find((known) => known === given);
  if (action === undefined) throw bad(`msg.action must be ${expected}, got ${show(given)}`);
  if (action === 'connect' || action === 'disconnect') return { action };
  const { adHoc, warnings } = adHocProperties(msg['properties'], parseProperty);
  const told = warnings.length === 0 ? {} : { warnings };
  if (action === 'write') return { action, values: valuesToWrite(msg['payload']), adHoc, ...told };
  const names = namesToRead(msg['payload']) ?? (adHoc.length > 0 ? adHoc.map((property) => property.name) : undefined);
  return { action, adHoc, ...(names === undefined ? {} : { names }), ...told };
}

function adHocProperties(
  given: unknown,
  parseProperty: (raw: unknown, field: string) => Checked<Property>,
): { readonly adHoc: readonly Property[]; readonly warnings: readonly Problem[] } {
  if (given === undefined || given === null) return { adHoc: [], warnings: [] };
  if (!Array.isArray(given)) throw bad(`msg.properties must be a list of property definitions, got ${show(given)}`);
  const parsed = given.map((raw: unknown, index) => parseProperty(raw, `msg.properties[${index}]`));
  const problems = parsed.flatMap((result) => (result.ok ? [] : result.problems));
  if (problems.length > 0) throw bad(describeProblems(problems));
  const properties = parsed.flatMap((result) => (result.ok ? [result.value] : []));
  const twice = properties.find((one, index) => properties.findIndex((other) => other.name === one.name) !== index);
  if (twice !== undefined) throw bad(`msg.properties defines ${show(twice.name)} twice`);
  return { adHoc: properties, warnings: parsed.flatMap(({ warnings = [] }) => warnings) };
}

function valuesToWrite(payload: unknown): Readonly<Record<string, unknown>> {
  if (!isPlainRecord(payload))
    throw bad(`msg.payload must be an object {property: value} to write, got ${describe(payload)}`);
  const entries = Object.entries(payload);
  if (entries.length === 0) throw bad('msg.payload names no property to write');
  const values = entries.map(([name, value]) => {
    const plain = plainValue(value);
    if (!plain.ok) throw bad(`msg.payload.${name} ${plain.message}`);
    return [name, plain.value] as const;
  });
  return Object.fromEntries(values);
}

/** A list of names or a single name; nothing at all means everything. */
function namesToRead(payload: unknown): readonly string[] | undefined {
  if (payload === undefined || payload === null || payload === '') return undefined;
  const list: unknown[] = Array.isArray(payload) ? payload : [payload];
  if (list.length === 0) return undefined;
  if (list.every((name) => typeof name === 'string')) return [...new Set(list)];
  throw bad(`msg.payload must be a list of property names to read (or absent, to read all), got ${describe(payload)}`);
}

function describe(value: unknown): string {
  return Buffer.isBuffer(value) ? 'a Buffer' : show(value);
}

function bad(text: string): FlowError {
  return new FlowError(FlowErrorCode.BAD_MESSAGE, text);
}
