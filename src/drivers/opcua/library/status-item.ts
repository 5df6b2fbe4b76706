import { DeviceError } from '../../../base/errors';
import { type NamedStatus, toOpcUaError } from './status-codes';

/**
 * What the server says of one node or one write. Its code is always `OPCUA_<Name>`, so that a `BadTimeout` behind the
 * server is not taken for a server that does not answer.
 */
export function itemError(status: NamedStatus, context: string): DeviceError {
  const error = toOpcUaError(status, context);
  const { message, advice } = error;
  const code = `OPCUA_${status.name.replace(/#.*/, '')}`;
  return error.code === code ? error : new DeviceError(code, message, advice === undefined ? {} : { advice });
}

/** What is wrong with a value or a write; undefined where the server is content, with reservations or without. */
export const statusError = (
  status: NamedStatus & { readonly value: number },
  context: string,
): DeviceError | undefined => (status.value >>> 30 === 0 ? undefined : itemError(status, context));
