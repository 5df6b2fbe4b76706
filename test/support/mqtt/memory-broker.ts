import { EventEmitter } from 'node:events';
import { DeviceError } from '../../../src/base/errors.ts';
import type { BrokerConnection } from '../../../src/base/broker-connection.ts';
import type { ReceivedMessage } from '../../../src/base/broker-connection.ts';
import { topicMatches } from '../../../src/mqtt/client/topic.ts';

interface Subscription {
  readonly filter: string;
  readonly handler: (message: ReceivedMessage) => void;
}

/** A broker in this process that notes what it is asked for; a message goes to each subscription that matches. */
export class MemoryBroker implements BrokerConnection {
  readonly events: BrokerConnection['events'] = new EventEmitter();
  readonly log: string[] = [];
  readonly published: { readonly topic: string; readonly payload: string | Buffer; readonly qos: number }[] = [];
  readonly subscriptions = new Set<Subscription>();
  /** Filters that are refused, like those of an access list. */
  readonly refused = new Set<string>();
  /** What `publish` answers. */
  publishing: (signal?: AbortSignal) => Promise<void> = () => Promise.resolve();
  /** What each subscription waits for. */
  granting: Promise<void> = Promise.resolve();
  isConnected = false;

  open(): void {
    this.log.push('open');
  }

  connect(): void {
    this.isConnected = true;
    this.events.emit('connected');
  }

  lose(error = new DeviceError('LINK_LOST', 'gone')): void {
    this.isConnected = false;
    this.events.emit('disconnected', error);
  }

  publish(topic: string, payload: string | Buffer, options: Parameters<BrokerConnection['publish']>[2]): Promise<void> {
    this.published.push({ topic, payload, qos: options.qos });
    return this.publishing(options.signal);
  }

  async subscribe(
    filter: string,
    qos: 0 | 1 | 2,
    handler: (message: ReceivedMessage) => void,
  ): Promise<() => Promise<void>> {
    this.log.push(`subscribe ${filter} ${qos}`);
    await this.granting;
    if (this.refused.has(filter)) {
      throw new DeviceError('MQTT_SUBSCRIBE_REFUSED', `the broker refused the subscription of ${filter}`);
    }
    const subscription = { filter, handler };
    this.subscriptions.add(subscription);
    return () => {
      this.log.push(`unsubscribe ${filter}`);
      this.subscriptions.delete(subscription);
      return Promise.resolve();
    };
  }

  close(): Promise<void> {
    this.log.push('close');
    this.isConnected = false;
    return Promise.resolve();
  }

  get filters(): string[] {
    return [...this.subscriptions].map(({ filter }) => filter);
  }

  deliver(topic: string, content: unknown, retained = false): void {
    const isRaw = typeof content === 'string' || Buffer.isBuffer(content);
    const payload = Buffer.isBuffer(content) ? content : Buffer.from(isRaw ? String(content) : JSON.stringify(content));
    for (const { filter, handler } of [...this.subscriptions]) {
      if (topicMatches(filter, topic)) handler({ topic, payload, retained, qos: 1 });
    }
  }
}
