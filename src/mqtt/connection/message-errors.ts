import { DeviceError } from '../../base/errors';
import type { OutgoingMessage } from './message-queue';

/** Why a message that was accepted does not get through, in words. */

export function queueFull(limit: number): DeviceError {
  const advice = 'Messages come faster than the broker takes them, or it is away: raise messageChannelDepth.';
  return new DeviceError('MQTT_QUEUE_FULL', `the queue is full (${limit} messages)`, { advice });
}

export function madeRoom(): DeviceError {
  return new DeviceError('MQTT_DROPPED', 'the queue was full and this was its oldest QoS 0 message');
}

export function brokeWhileWritten(): DeviceError {
  return new DeviceError('MQTT_DROPPED', 'the connection broke while the message was being written');
}

export function notThrough(writeTimeoutMs: number): DeviceError {
  return new DeviceError('MQTT_WRITE_TIMEOUT', `not through after ${writeTimeoutMs} ms`);
}

export function noIdentifier(): DeviceError {
  return new DeviceError('MQTT_QUEUE_FULL', 'all 65535 packet identifiers are in use');
}

export function tooLarge({ topic, packetSize }: OutgoingMessage, maximumPacketSize: number): DeviceError {
  const sizes = `it has ${packetSize} bytes, and ${maximumPacketSize} bytes are allowed`;
  return new DeviceError('MQTT_REFUSED', `the message to ${topic} is too large for the broker: ${sizes}`);
}

export function endedConnections({ topic }: OutgoingMessage, times: number): DeviceError {
  const advice = "Compare size and topic with the broker's limits and access rules.";
  const text = `the broker ended ${times} connections on the message to ${topic}; it is not sent again`;
  return new DeviceError('MQTT_REFUSED', text, { advice });
}
