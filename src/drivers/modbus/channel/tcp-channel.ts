import { formatTcpEndpoint, type TcpEndpoint } from '../../../net/endpoint';
import { openSocket } from '../../../net/open-socket';
import { lostError } from '../../../net/socket-errors';
import type { Channel } from './channel';
import { SocketChannel } from './socket-channel';

/** Connects; settles as OpenChannel says. */
export async function openTcpChannel(endpoint: TcpEndpoint, signal: AbortSignal): Promise<Channel> {
  const name = formatTcpEndpoint(endpoint);
  return new SocketChannel(name, await openSocket(endpoint, signal), (error) => lostError('the device', name, error));
}
