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

/** What came breaks the protocol, or is another one; this side has ended the connection. `what` is wrong, where that is known. */
export function notMqtt(
  server: ServerUrl,
  version: number,
  wasConnected: boolean,
  what?: string,
  cause?: Error,
): DeviceError {
  const protocol = { 3: 'MQTT 3.1', 4: 'MQTT 3.1.1', 5: 'MQTT 5.0' }[version] ?? 'MQTT';
  const why = what === undefined ? '' : ` (${what})`;
  const text = `the connection to ${server.text} was ended here: what came from there is not ${protocol}${why}`;
  const code = wasConnected ? ErrorCode.LINK_LOST : ErrorCode.CONNECT_FAILED;
  return new DeviceError(code, text, { cause, ...(!wasConnected && { advice: CHECK_TRANSPORT }) });
}

/** The broker sends AUTH (MQTT 5, 4.12), although no method was offered. */
export function authNotSupported(server: ServerUrl): DeviceError {
  const text = `${server.text} wants enhanced authentication (AUTH), which is not supported`;
  const advice = 'Let the broker take a user name and a password, or a client certificate.';
  return new DeviceError('MQTT_NOT_AUTHORIZED', text, { advice });
}

/** A message came that is larger than this side takes; it was thrown away, and the connection goes on. */
export function tooLargeToTake(topic: string, packetSize: number, maximumPacketSize: number): DeviceError {
  const sizes = `it has ${packetSize} bytes, and ${maximumPacketSize} bytes are allowed (maximumPacketSize)`;
  const advice =
    'Raise maximumPacketSize where there is enough memory; clear the message if it is retained by mistake.';
  return new DeviceError('MQTT_TOO_LARGE', `a message on ${topic} was not taken: ${sizes}`, { advice });
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
