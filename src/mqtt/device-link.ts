import { EventEmitter } from 'node:events';
import { withDeadline } from '../device/deadline';
import { DeviceError, ErrorCode, toDeviceError } from '../device/errors';
import type { Clock } from '../device/ports';
import type { ConnectionHub, HubUser } from './connection-hub';
import type { MqttLink, PublishOptions, ReceivedMessage } from './link';
import type { MessageOptions } from './message-options';
import type { ObservedStatus } from './observed-status';
import { decodePayload, encodePayload } from './payload';

const UNSUBSCRIBE_DEADLINE_MS = 4000;

export interface DeviceLinkOptions {
  readonly topic: string;
  readonly message: MessageOptions;
  readonly hub: ConnectionHub;
  readonly clock: Clock;
  readonly status: () => ObservedStatus;
  /** Called once, before the link leaves its connection. */
  readonly onDetach: () => void;
}

/** One device's end of an MQTT extension; the contract is in link.ts. Whoever makes it lets it `join`. */
export class DeviceLink implements MqttLink, HubUser {
  readonly events: MqttLink['events'] = new EventEmitter();
  readonly topic: string;
  readonly message: MessageOptions;
  private readonly pending = new Set<(error: DeviceError) => void>();
  private readonly subscriptions = new Set<() => Promise<void>>();
  private detaching: Promise<void> | undefined;
  private active = false;

  constructor(private readonly options: DeviceLinkOptions) {
    this.topic = options.topic;
    this.message = options.message;
  }

  get isConnected(): boolean {
    return this.detaching === undefined && this.options.hub.isConnected;
  }

  /** Whether this device has ever published or subscribed, and so may have something to say when it goes. */
  get wasActive(): boolean {
    return this.active;
  }

  status(): ObservedStatus {
    return this.options.status();
  }

  publish(payload: unknown, options: PublishOptions = {}): Promise<void> {
    return this.untilDetached(async () => {
      const topic = options.suffix === undefined ? this.topic : `${this.topic}/${options.suffix}`;
      const wire = encodePayload(payload, options.plain === true ? 'raw' : this.message.payloadEncode);
      await this.options.hub.connection.publish(topic, wire, {
        qos: options.qos ?? this.message.qos,
        retained: options.retained ?? this.message.retained,
        waitTimeoutMs: this.message.waitTimeoutMs,
      });
    });
  }

  subscribe(
    suffix: string,
    handler: (message: ReceivedMessage) => void,
    qos: 0 | 1 | 2 = this.message.qos,
  ): Promise<() => Promise<void>> {
    return this.untilDetached(async () => {
      const filter = `${this.topic}/${suffix}`;
      const { connection } = this.options.hub;
      const unsubscribe = await connection.subscribe(filter, qos, (message) => this.receive(message, handler));
      const end = async (): Promise<void> => {
        if (this.subscriptions.delete(end)) await unsubscribe();
      };
      this.subscriptions.add(end);
      if (this.detaching !== undefined) await end();
      return end;
    });
  }

  detach(): Promise<void> {
    this.detaching ??= this.leave();
    return this.detaching;
  }

  onConnected(): void {
    this.events.emit('connected');
  }

  onDisconnected(error: DeviceError): void {
    this.events.emit('disconnected', error);
  }

  /**
   * The last user's subscriptions are left to the end of the connection: a persistent session (`cleanSession: false`)
   * then keeps what comes for them. On a connection that others keep open they are ended.
   */
  private async leave(): Promise<void> {
    this.options.onDetach();
    const { hub, clock } = this.options;
    await hub.leave(this); // a connection that closes lets messages through that are under way
    const closed = new DeviceError(ErrorCode.CLOSED, 'the device left the MQTT connection');
    for (const abandon of [...this.pending]) abandon(closed);
    if (!hub.isClosing) {
      const deadline = { clock, ms: UNSUBSCRIBE_DEADLINE_MS, message: 'the broker did not answer' };
      const ended = Promise.allSettled([...this.subscriptions].map((end) => end()));
      await withDeadline(deadline, () => ended).catch(() => undefined);
    }
    this.events.removeAllListeners();
  }

  private receive(message: ReceivedMessage, handler: (message: ReceivedMessage) => void): void {
    if (this.detaching !== undefined) return;
    try {
      handler({ ...message, payload: decodePayload(message.payload, this.message.payloadEncode) });
    } catch (error) {
      const problem = toDeviceError(error, ErrorCode.BAD_VALUE);
      const text = `the message on ${message.topic} cannot be used: ${problem.message}`;
      this.events.emit('problem', new DeviceError(problem.code, text, { cause: error }));
    }
  }

  /** The outcome of `action`; CLOSED if the link is detached before there is one. */
  private untilDetached<T>(action: () => Promise<T>): Promise<T> {
    if (this.detaching !== undefined) {
      return Promise.reject(new DeviceError(ErrorCode.CLOSED, 'the device has left the MQTT connection'));
    }
    this.active = true;
    return new Promise<T>((resolve, reject) => {
      this.pending.add(reject);
      void action()
        .then(resolve, reject)
        .finally(() => this.pending.delete(reject));
    });
  }
}
