import { DeviceError, ErrorCode, toDeviceError } from '../../base/errors';
import type { Clock } from '../../base/ports';
import { ConnectionShare } from './connection-share';
import type { Lease } from '../../base/lease-pool';
import type { ConnectionHub } from './connection-hub';
import type { ReceivedMessage } from '../../base/broker-connection';
import type { Farewell } from './farewells';
import type { DeviceTopic, PublishOptions, SubscribeOptions } from './device-topic';
import type { MessageOptions } from './message-options';
import type { ObservedStatus } from './observed-status';
import { decodePayload, encodePayload } from '../client/payload';

export interface ExtensionTopicOptions {
  readonly topic: string;
  readonly message: MessageOptions;
  readonly lease: Lease<ConnectionHub>;
  readonly clock: Clock;
  readonly status: () => ObservedStatus;
  readonly isSuccessor: boolean;
  /** See `DeviceTopic.leaveFarewell`. */
  readonly onFarewell: (message: Farewell['message']) => boolean;
  /** Called once, before the link leaves its connection. */
  readonly onDetach: () => void;
}

/** One device's end of an MQTT extension; the contract is in device-topic.ts. */
export class ExtensionTopic implements DeviceTopic {
  readonly share: ConnectionShare;
  readonly events: DeviceTopic['events'];
  readonly topic: string;
  readonly message: MessageOptions;

  constructor(private readonly options: ExtensionTopicOptions) {
    const { lease, clock, onDetach } = options;
    this.share = new ConnectionShare({ who: 'device', lease, clock, onClose: onDetach, isOpen: true });
    this.events = this.share.events;
    this.topic = options.topic;
    this.message = options.message;
  }

  get isConnected(): boolean {
    return this.share.isConnected;
  }

  status(): ObservedStatus {
    return this.options.status();
  }

  publish(payload: unknown, options: PublishOptions = {}): Promise<void> {
    const { payloadEncode, qos, retained, waitTimeoutMs } = this.message;
    const own = options.suffix === undefined ? this.topic : `${this.topic}/${options.suffix}`;
    const topic = options.topic ?? own;
    const settings = options.plain === true ? undefined : this.message.properties;
    const properties = options.properties === undefined ? settings : { ...settings, ...options.properties };
    return this.share.untilClosed(() => {
      const wire = encodePayload(payload, options.plain === true ? 'raw' : payloadEncode);
      return this.options.lease.value.publish(topic, wire, {
        qos: options.qos ?? qos,
        retained: options.retained ?? retained,
        waitTimeoutMs,
        precedence: options.precedence,
        ...(options.until && { until: options.until }),
        ...(properties && { properties }),
      });
    });
  }

  subscribe(
    suffix: string,
    handler: (message: ReceivedMessage) => void,
    { qos = this.message.qos, shareName }: SubscribeOptions = {},
  ): Promise<() => Promise<void>> {
    const filter = `${this.topic}/${suffix}`;
    return this.share.subscribe(shareName === undefined ? filter : `$share/${shareName}/${filter}`, qos, (message) =>
      this.receive(message, handler),
    );
  }

  get isSuccessor(): boolean {
    return this.options.isSuccessor;
  }

  leaveFarewell(suffix: string, payload: string): boolean {
    const { qos, waitTimeoutMs } = this.message;
    const settings = { qos, waitTimeoutMs, retained: true, precedence: 'first' } as const;
    return this.options.onFarewell({ topic: `${this.topic}/${suffix}`, payload, settings });
  }

  detach(): Promise<void> {
    return this.share.close();
  }

  private receive(message: ReceivedMessage, handler: (message: ReceivedMessage) => void): void {
    try {
      handler({ ...message, payload: decodePayload(message.payload, this.message.payloadEncode) });
    } catch (error) {
      const problem = toDeviceError(error, ErrorCode.BAD_VALUE);
      const text = `the message on ${message.topic} cannot be used: ${problem.message}`;
      this.events.emit('problem', new DeviceError(problem.code, text, { cause: error }));
    }
  }
}
