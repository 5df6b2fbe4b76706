import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { DeviceError, ErrorCode } from '../../../base/errors';
import { formatTcpEndpoint, type TcpEndpoint } from '../../../net/endpoint';
import { openSocket } from '../../../net/open-socket';
import { lostError } from '../../../net/socket-errors';
import type { Channel } from './channel';

/** Connects; settles as OpenChannel says. */
export async function openTcpChannel(endpoint: TcpEndpoint, signal: AbortSignal): Promise<Channel> {
  return new TcpChannel(formatTcpEndpoint(endpoint), await openSocket(endpoint, signal));
}

class TcpChannel implements Channel {
  readonly events: Channel['events'] = new EventEmitter();
  isOpen = true;

  constructor(
    readonly name: string,
    private readonly socket: Socket,
  ) {
    let cause: Error | undefined;
    socket.on('data', (chunk: Buffer) => this.events.emit('data', chunk));
    socket.on('error', (error) => (cause = error));
    socket.on('end', () =>
      this.broke(new DeviceError(ErrorCode.LINK_LOST, `${name}: the device closed the connection`)),
    );
    socket.on('close', () => this.broke(lostError('the device', name, cause)));
  }

  write(bytes: Uint8Array, taken?: (error?: DeviceError) => void): void {
    if (taken === undefined) this.socket.write(bytes);
    else this.socket.write(bytes, (error) => taken(error ? lostError('the device', this.name, error) : undefined));
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
