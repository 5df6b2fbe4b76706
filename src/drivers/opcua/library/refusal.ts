import type { ClientSecureChannelLayer } from 'node-opcua-client';
import { DeviceError } from '../../../base/errors';
import type { OpcUaLibrary } from './load';
import { CLIENT_TRUST, toOpcUaError, type NamedStatus } from './status-codes';

/** In front of the reason: `ERR`, `F`, the length. */
const HEADER_BYTES = 8;

/**
 * What a server says in an ERR message before it closes a channel (part 6, 7.1.2.5), as open62541 and Milo do with clients
 * they do not trust. node-opcua drops it, and tells only that the connection was closed.
 */
export class Refusal {
  private status: NamedStatus | undefined;

  constructor(private readonly library: OpcUaLibrary) {}

  watch(channel: ClientSecureChannelLayer): void {
    this.status = undefined;
    channel.on('receive_chunk', (chunk: Buffer) => {
      if (chunk.length < HEADER_BYTES + 4 || chunk.toString('latin1', 0, 3) !== 'ERR') return;
      const code = chunk.readUInt32LE(HEADER_BYTES);
      const known = Object.values(this.library.StatusCodes) as unknown as (NamedStatus & { readonly value: number })[];
      this.status = known.find(({ value }) => value === code);
    });
  }

  /** The server's own reason where it gave one, in place of the library's. */
  explain(error: unknown, context: string): DeviceError {
    if (this.status === undefined) return toOpcUaError(error, context);
    const { name } = this.status;
    // Of the certificates of both sides it can only mean this one.
    if (!/^Bad(?:Certificate|SecurityChecksFailed)/.test(name)) return toOpcUaError(this.status, context);
    const message = `${context}: the server does not trust this client (${name})`;
    return new DeviceError('OPCUA_BadSecurityChecksFailed', message, { advice: CLIENT_TRUST });
  }
}
