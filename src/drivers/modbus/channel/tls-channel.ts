import { DeviceError, ErrorCode } from '../../../base/errors';
import { formatTcpEndpoint, type TcpEndpoint } from '../../../net/endpoint';
import { openTlsSocket } from '../../../net/open-tls-socket';
import { lostError, socketError, type SocketPeer } from '../../../net/socket-errors';
import type { TlsOptions } from '../../../net/tls-client';
import type { Channel } from './channel';
import { SocketChannel } from './socket-channel';

/** Connects with TLS; settles as OpenChannel says, beside CONNECT_FAILED also with TLS_ codes. */
export async function openTlsChannel(endpoint: TcpEndpoint, tls: TlsOptions, signal: AbortSignal): Promise<Channel> {
  const name = formatTcpEndpoint(endpoint);
  const peer: SocketPeer = {
    noun: 'the device',
    address: name,
    plainAdvice: 'Check the port (802 is usual for Modbus/TCP Security), or use the framing mbap.',
    silentAdvice: 'It may ask for a client certificate: give one and its key that it trusts.',
  };
  const socket = await openTlsSocket(endpoint, tls, peer, signal);
  const advice = 'where it does so each time: a client certificate and its key that the device trusts';
  return new SocketChannel(name, socket, (error) => lost(peer, error), { advice });
}

/** A server of TLS 1.3 refuses a client's certificate only after the handshake: then the link is there and lost at once. */
function lost(peer: SocketPeer, error: unknown): DeviceError {
  const told = socketError(peer, error, true);
  if (!told.code.startsWith('TLS_')) return lostError(peer.noun, peer.address, error);
  const advice = told.advice === undefined ? {} : { advice: told.advice };
  return new DeviceError(ErrorCode.LINK_LOST, told.message, { cause: error, ...advice });
}
