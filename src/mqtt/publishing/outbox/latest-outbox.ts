import { toDeviceError, type DeviceError } from '../../../base/errors';
import type { PublishOptions } from '../../extension/device-topic';
import {
  isForWantOfRoom,
  publishTo,
  type Handed,
  type PublishOutbox,
  type PublishOutboxOptions,
} from './publish-outbox';

/**
 * `backlog: latest`. Of each topic at most one message is under way and one waits behind it: the newest, since a status that is out
 * of date is of no use to anyone. So what is outstanding never grows, however slow the broker is.
 */
export class LatestOutbox implements PublishOutbox {
  private readonly underWay = new Set<string>();
  private readonly waiting = new Map<string, Handed>();
  /** Those for which there was no room, and nothing newer has come since. */
  private readonly refused = new Map<string, Handed>();
  /** The topics whose last publish failed. */
  private readonly failed = new Map<string, DeviceError>();

  constructor(private readonly options: Omit<PublishOutboxOptions, 'onLost' | 'now'>) {}

  send(suffix: string, payload: unknown, options: PublishOptions = {}): void {
    const message = { suffix, payload, options };
    this.refused.delete(suffix);
    if (this.underWay.has(suffix)) this.waiting.set(suffix, message);
    else void this.publish(message);
  }

  resume(): void {
    const messages = [...this.refused.values()];
    this.refused.clear();
    for (const message of messages) void this.publish(message);
  }

  clear(): void {
    this.waiting.clear();
    this.refused.clear();
  }

  private async publish(first: Handed): Promise<void> {
    const { suffix } = first;
    this.underWay.add(suffix);
    for (let message: Handed | undefined = first; message !== undefined; message = this.next(suffix)) {
      const error = await this.tryPublish(message);
      if (error !== undefined && isForWantOfRoom(error) && !this.waiting.has(suffix)) this.refused.set(suffix, message);
      this.report(suffix, error);
    }
    this.underWay.delete(suffix);
  }

  private async tryPublish(message: Handed): Promise<DeviceError | undefined> {
    try {
      await publishTo(this.options.deviceTopic, message);
      return undefined;
    } catch (error) {
      return toDeviceError(error, 'MQTT_PUBLISH');
    }
  }

  private next(suffix: string): Handed | undefined {
    const message = this.waiting.get(suffix);
    this.waiting.delete(suffix);
    return message;
  }

  private report(suffix: string, error?: DeviceError): void {
    if (error === undefined && !this.failed.delete(suffix)) return;
    if (error !== undefined) this.failed.set(suffix, error);
    this.options.onTroubles([...this.failed.values()]);
  }
}
