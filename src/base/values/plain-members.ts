import { DeviceError, ErrorCode } from '../errors';
import { plainValue } from './plain-value';

/**
 * A message as whoever does what it says may read it: each member is copied as plain data when it is asked for first, so that the
 * live objects that some messages carry (an HTTP request) cost nothing. Reading what is no data throws BAD_MESSAGE, naming the member.
 */
export function plainMembers(message: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const copies = new Map<string, unknown>();
  return new Proxy<Record<string, unknown>>(
    {},
    {
      get(_target, name) {
        if (typeof name !== 'string') return undefined;
        if (!copies.has(name)) copies.set(name, copyOf(message, name));
        return copies.get(name);
      },
      has: (_target, name) => Reflect.has(message, name),
    },
  );
}

function copyOf(message: Readonly<Record<string, unknown>>, name: string): unknown {
  let given: unknown;
  try {
    given = message[name];
  } catch {
    throw new DeviceError(ErrorCode.BAD_MESSAGE, `msg.${name} cannot be read: it must be plain data`);
  }
  const plain = plainValue(given);
  if (plain.ok) return plain.value;
  throw new DeviceError(ErrorCode.BAD_MESSAGE, `msg.${name} ${plain.message}`);
}
