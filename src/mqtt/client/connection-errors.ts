import { DeviceError, ErrorCode } from '../../base/errors';
import type { ServerUrl } from './server-url';
import { connackReason, serverReason } from './reason-codes';
import { socketError } from '../../net/socket-errors';

const CHECK_TRANSPORT =
  'Check that this port speaks MQTT over this transport (TLS or not, WebSocket or not) and the protocol version.';

/** The broker answered the CONNECT with a refusal. `words`: what it says besides (`serverWords`). */
export function refusedByBroker(server: ServerUrl, code: number, words: string): DeviceError {
  const { code: name, text, advice } = connackReason(code);
  return new DeviceError(
    name,
    `${server.text} refused the connection: ${text} (code ${code})${words}`,
    optional(advice),
  );
}

/** An MQTT 5 server ended the connection with a reason code. */
export function disconnectedByBroker(server: ServerUrl, code: number, words: string): DeviceError {
  const { code: name, text, advice } = serverReason(code, ErrorCode.LINK_LOST);
  return new DeviceError(name, `${server.text} ended the connection: ${text} (code ${code})${words}`, optional(advice));
}

export function closedByBroker(server: ServerUrl, wasConnected: boolean): DeviceError {
  if (wasConnected) return new DeviceError(ErrorCode.LINK_LOST, `${server.text} closed the connection`);
  return new DeviceError(ErrorCode.CONNECT_FAILED, `${server.text} closed the connection before answering`, {
    advice: CHECK_TRANSPORT,
  });
}

export function noConnack(server: ServerUrl, timeoutMs: number): DeviceError {
  const advice = 'Check the address, the transport (TLS or not) and firewalls; connectTimeout sets how long to wait.';
  return new DeviceError(ErrorCode.TIMEOUT, `${server.text} did not answer within ${timeoutMs} ms`, { advice });
}

export function noPingResponse(server: ServerUrl, timeoutMs: number): DeviceError {
  return new DeviceError(ErrorCode.TIMEOUT, `${server.text} did not answer a ping within ${timeoutMs} ms`);
}

/** What came breaks the protocol, or is another one; this side has ended the connection. */
export function notMqtt(server: ServerUrl, version: number, cause: Error, wasConnected: boolean): DeviceError {
  const protocol = { 3: 'MQTT 3.1', 4: 'MQTT 3.1.1', 5: 'MQTT 5.0' }[version] ?? 'MQTT';
  const text = `the connection to ${server.text} was ended here: what came from there is not ${protocol}`;
  const code = wasConnected ? ErrorCode.LINK_LOST : ErrorCode.CONNECT_FAILED;
  return new DeviceError(code, text, { cause, ...(!wasConnected && { advice: CHECK_TRANSPORT }) });
}

/** Any error of a socket, TLS, the WebSocket handshake or MQTT.js, in words. */
export function transportError(server: ServerUrl, error: unknown, wasConnected: boolean): DeviceError {
  const peer = {
    noun: 'the broker',
    address: server.text,
    plainAdvice: 'This port probably speaks plain MQTT: use tcp:// or ws://, or another port.',
    silentAdvice: CHECK_TRANSPORT,
  };
  return socketError(peer, error, wasConnected);
}

function optional(advice: string | undefined): { advice?: string } {
  return advice === undefined ? {} : { advice };
}
