import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { isIPv6 } from 'node:net';
import { lookup } from 'node:dns/promises';
import type { DeviceError } from '../../../base/errors';
import { formatTcpEndpoint, type TcpEndpoint } from '../../../net/endpoint';
import { connectError, lostError } from '../../../net/socket-errors';
import type { Channel } from './channel';

/**
 * A socket that sends to one peer and hears only that one. There is no connection: whether somebody is there shows with the first
 * answer, or with the system's word that nothing listens. Settles as OpenChannel says.
 */
export async function openUdpChannel(endpoint: TcpEndpoint, signal: AbortSignal): Promise<Channel> {
  const name = formatTcpEndpoint(endpoint);
  let socket: Socket | undefined;
  try {
    const { address } = await lookup(endpoint.host);
    signal.throwIfAborted();
    socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    socket.connect(endpoint.port, address);
    await once(socket, 'connect', { signal });
    return new UdpChannel(name, socket);
  } catch (error) {
    socket?.on('error', () => undefined).close();
    signal.throwIfAborted();
    throw connectError('the device', name, error);
  }
}

class UdpChannel implements Channel {
  readonly events: Channel['events'] = new EventEmitter();
  isOpen = true;

  constructor(
    readonly name: string,
    private readonly socket: Socket,
  ) {
    socket.on('message', (datagram) => {
      if (this.isOpen) this.events.emit('data', datagram);
    });
    socket.on('error', (error) => this.broke(error));
  }

  write(bytes: Uint8Array, taken?: (error?: DeviceError) => void): void {
    if (!this.isOpen) {
      taken?.(lostError('the device', this.name, undefined));
      return;
    }
    this.socket.send(bytes, (error) => {
      if (error !== null) this.broke(error);
      taken?.(error === null ? undefined : lostError('the device', this.name, error));
    });
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.socket.close();
  }

  private broke(error: Error): void {
    if (!this.isOpen) return;
    this.close();
    this.events.emit('closed', lostError('the device', this.name, error));
  }
}
