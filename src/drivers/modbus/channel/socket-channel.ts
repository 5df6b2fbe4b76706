import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { DeviceError, ErrorCode } from '../../../base/errors';
import type { Channel } from './channel';

/** A connected socket, TCP or TLS, as a channel. `lost`: why it broke, in words, with the code LINK_LOST. */
export class SocketChannel implements Channel {
  readonly events: Channel['events'] = new EventEmitter();
  isOpen = true;

  constructor(
    readonly name: string,
    private readonly socket: Socket,
    private readonly lost: (error: unknown) => DeviceError,
    /** Where the other side closes it without a word. */
    private readonly whenClosed: { readonly advice?: string } = {},
  ) {
    let cause: Error | undefined;
    socket.on('data', (chunk: Buffer) => this.events.emit('data', chunk));
    socket.on('error', (error) => (cause = error));
    // With an error that tells more it is closed right behind.
    socket.on('end', () => setImmediate(() => this.broke(this.reason(cause))));
    socket.on('close', () => this.broke(this.reason(cause)));
  }

  write(bytes: Uint8Array, taken?: (error?: DeviceError) => void): void {
    if (taken === undefined) this.socket.write(bytes);
    else this.socket.write(bytes, (error) => taken(error ? this.lost(error) : undefined));
  }

  close(): void {
    this.isOpen = false;
    this.socket.destroy();
  }

  private reason(cause: Error | undefined): DeviceError {
    if (cause !== undefined || !this.socket.readableEnded) return this.lost(cause);
    return new DeviceError(ErrorCode.LINK_LOST, `${this.name}: the device closed the connection`, this.whenClosed);
  }

  private broke(reason: DeviceError): void {
    if (!this.isOpen) return;
    this.close();
    this.events.emit('closed', reason);
  }
}
