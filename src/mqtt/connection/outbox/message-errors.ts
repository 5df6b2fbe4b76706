import { DeviceError } from '../../../base/errors';
import type { Clock } from '../../../base/ports';
import type { OutgoingMessage } from './message-queue';

/** How a connection ended, where a message may have been the reason. */
export interface BlamedLoss {
  /** The broker ended it; or it answered something that is not MQTT, so that this side did. */
  readonly how: 'ended' | 'unreadable';
  /** What the broker says (MQTT 5). */
  readonly reason?: string | undefined;
}

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

/** Why a message that has waited is not sent any more; undefined where its time is not over. */
export function overdue(message: OutgoingMessage, clock: Clock): DeviceError | undefined {
  const { topic, properties } = message;
  if (properties?.messageExpiryInterval === undefined || (message.secondsLeft(clock.now()) ?? 1) > 0) return undefined;
  const text = `the message to ${topic} has waited longer than ${properties.messageExpiryInterval} s, and is not sent`;
  return new DeviceError('MQTT_EXPIRED', text);
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

/** The broker ends connections on such messages, or answers them with what nobody can read. */
export function refusedByEnding(message: OutgoingMessage, { how, reason }: BlamedLoss): DeviceError {
  const { topic, qos, retained, packetSize } = message;
  const what = `the message to ${topic} (QoS ${qos}${retained ? ', retained' : ''}, ${packetSize} bytes)`;
  if (how === 'unreadable') {
    return new DeviceError('MQTT_REFUSED', `the broker answers ${what} with something that is not MQTT`);
  }
  const text = `the broker ends the connection on ${what}${reason === undefined ? '' : `: ${reason}`}`;
  const advice = "Compare topic, size, QoS and retain flag with the broker's limits and access rules.";
  return new DeviceError('MQTT_REFUSED', text, { advice });
}

/** The broker knows no message under the identifier of one that it had received. */
export function forgotten({ topic }: OutgoingMessage): DeviceError {
  const text = `the broker no longer knows the QoS 2 message to ${topic}: it has passed it on before the connection broke, or lost it`;
  return new DeviceError('MQTT_UNCERTAIN', text, { advice: 'Let the broker keep its sessions over restarts.' });
}

/** The connection is closed for good, and its store was in memory. */
export function lostWithMemory(count: number): DeviceError {
  const what = count === 1 ? '1 message was' : `${count} messages were`;
  const advice = 'A store of type file keeps them.';
  return new DeviceError('MQTT_LOST', `${what} not sent before the MQTT connection was closed`, { advice });
}

/** It was accepted, and the store does not have it any more. */
export function notInStore({ topic }: OutgoingMessage): DeviceError {
  return new DeviceError('MQTT_STORE_DAMAGED', `the message to ${topic} can no longer be read from the message store`);
}
