import { EventEmitter } from 'node:events';
import type { DeviceError } from '../../../src/base/errors.ts';
import type { ReceivedMessage } from '../../../src/base/broker-connection.ts';
import type { DeviceTopic, PublishOptions } from '../../../src/mqtt/extension/device-topic.ts';

export interface Published {
  readonly topic: string;
  readonly payload: unknown;
  readonly options: PublishOptions;
}

/** A document is what it says, whether it is handed over as an object or as its JSON text. */
const said = (payload: unknown): unknown =>
  typeof payload === 'string' && /^[[{]/.test(payload) ? (JSON.parse(payload) as unknown) : payload;

/** An MQTT link without a broker: what is published is kept, what is received is up to the test. */
export class FakeDeviceTopic implements DeviceTopic {
  readonly topic = 'plant/boiler';
  readonly message: DeviceTopic['message'];
  readonly events: DeviceTopic['events'] = new EventEmitter();
  readonly published: Published[] = [];
  readonly handlers = new Map<string, (message: ReceivedMessage) => void>();
  isConnected = true;
  isSuccessor = false;
  /** What was left to be said; `undefined`: nothing is taken any more. */
  farewells: string[] | undefined = [];
  /** Publishes fail with this. */
  failure: DeviceError | undefined;
  subscribeFailure: DeviceError | undefined;
  /** Whether `failure` is that of a message that is refused, and not of one that was under way. */
  failsAtOnce = false;
  /** While set, publishes stay under way until `release`, or until it is their turn in `acknowledge`. */
  holding = false;
  private held: (() => void)[] = [];

  constructor(qos: 0 | 1 | 2 = 0) {
    this.message = { payloadEncode: 'raw', qos, retained: false, waitTimeoutMs: 0 };
  }

  async publish(payload: unknown, options: PublishOptions = {}): Promise<void> {
    const topic = options.suffix === undefined ? this.topic : `${this.topic}/${options.suffix}`;
    this.published.push({ topic, payload: said(payload), options });
    if (this.failure !== undefined && this.failsAtOnce) throw this.failure;
    if (this.holding) await new Promise<void>((resolve) => this.held.push(resolve));
    if (this.failure !== undefined && !this.failsAtOnce) throw this.failure;
  }

  /** The first that is under way is through. */
  acknowledge(): void {
    this.held.shift()?.();
  }

  release(): void {
    this.holding = false;
    for (const resolve of this.held.splice(0)) resolve();
  }

  subscribe(suffix: string, handler: (message: ReceivedMessage) => void): Promise<() => Promise<void>> {
    if (this.subscribeFailure !== undefined) return Promise.reject(this.subscribeFailure);
    this.handlers.set(suffix, handler);
    return Promise.resolve(() => Promise.resolve());
  }

  /** A message from the broker at `<topic>/<suffix>`, for the subscription `filter`. */
  receive(suffix: string, payload: string, { filter = suffix, retained = false } = {}): void {
    const message = { topic: `${this.topic}/${suffix}`, payload: Buffer.from(payload), retained, qos: 0 } as const;
    this.handlers.get(filter)?.(message);
  }

  /** The payloads published at `<topic>/<suffix>`, or at the topic itself. */
  at(suffix?: string): unknown[] {
    const topic = suffix === undefined ? this.topic : `${this.topic}/${suffix}`;
    return this.published.filter((message) => message.topic === topic).map((message) => message.payload);
  }

  leaveFarewell(suffix: string, payload: string): boolean {
    this.farewells?.push(`${suffix} ${payload}`);
    return this.farewells !== undefined;
  }

  status(): never {
    throw new Error('not part of these tests');
  }

  detach(): Promise<void> {
    return Promise.resolve();
  }
}
