import { ErrorCode, toDeviceError, type DeviceError } from '../../../base/errors';
import type { PublishOptions } from '../../extension/device-topic';
import { LossSeries } from './loss-series';
import {
  isForWantOfRoom,
  publishTo,
  type Handed,
  type PublishOutbox,
  type PublishOutboxOptions,
} from './publish-outbox';

/**
 * `backlog: all`. Each message is handed to the connection at once, which keeps their order and has a bound
 * (`messageChannelDepth`). What it refuses for want of room is lost but for the newest of each topic: that one is handed over as
 * soon as there is room, or else a value that does not change again would never be published.
 */
export class EveryOutbox implements PublishOutbox {
  /** Messages handed over so far. */
  private count = 0;
  /** By suffix, the number of the newest message. */
  private readonly newest = new Map<string, number>();
  /** The newest of each topic, where there was no room for it. */
  private readonly refused = new Map<string, Handed>();
  private readonly losses: LossSeries;
  private isCleared = false;

  constructor(private readonly options: PublishOutboxOptions) {
    this.losses = new LossSeries(options);
  }

  send(suffix: string, payload: unknown, options: PublishOptions = {}): void {
    if (this.refused.delete(suffix)) this.losses.count();
    this.handOver({ suffix, payload, options });
  }

  resume(): void {
    const messages = [...this.refused.values()];
    this.refused.clear();
    for (const message of messages) this.handOver(message);
  }

  clear(): void {
    this.isCleared = true;
    for (let { size } = this.refused; size > 0; size--) this.losses.count();
    this.refused.clear();
    this.losses.end();
  }

  private handOver(message: Handed): void {
    const number = ++this.count;
    this.newest.set(message.suffix, number);
    // In a file store there may be a million of them: it has them safe, and here nothing need be known of each.
    const options = { ...message.options, until: 'stored' as const };
    publishTo(this.options.deviceTopic, { ...message, options }).then(
      () => this.onThrough(number),
      (error: unknown) => this.onFailed(message, number, toDeviceError(error, 'MQTT_PUBLISH')),
    );
  }

  private onThrough(number: number): void {
    if (this.isCleared || !this.losses.isOpen) return;
    this.losses.succeeded(number);
    // One place is free.
    const [first] = this.refused.values();
    if (first === undefined) return;
    this.refused.delete(first.suffix);
    this.handOver(first);
  }

  private onFailed(message: Handed, number: number, error: DeviceError): void {
    // What is under way when the device goes is the affair of the connection.
    if (this.isCleared || error.code === ErrorCode.CLOSED) return;
    this.losses.failed(error, this.count);
    if (isForWantOfRoom(error) && this.newest.get(message.suffix) === number) this.refused.set(message.suffix, message);
    else if (error.code !== 'MQTT_WAIT_TIMEOUT') this.losses.count();
  }
}
