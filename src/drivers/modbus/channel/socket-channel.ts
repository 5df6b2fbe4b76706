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
  ) {
    let cause: Error | undefined;
    socket.on('data', (chunk: Buffer) => this.events.emit('data', chunk));
    socket.on('error', (error) => (cause = error));
    socket.on('end', () =>
      this.broke(new DeviceError(ErrorCode.LINK_LOST, `${name}: the device closed the connection`)),
    );
    socket.on('close', () => this.broke(lost(cause)));
  }

  write(bytes: Uint8Array, taken?: (error?: DeviceError) => void): void {
    if (taken === undefined) this.socket.write(bytes);
    else this.socket.write(bytes, (error) => taken(error ? this.lost(error) : undefined));
  }

  close(): void {
    this.isOpen = false;
    this.socket.destroy();
  }

  private broke(reason: DeviceError): void {
    if (!this.isOpen) return;
    this.close();
    this.events.emit('closed', reason);
  }
}
