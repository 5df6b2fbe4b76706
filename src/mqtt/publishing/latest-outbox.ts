import { toDeviceError, type DeviceError } from '../../base/errors';
import type { DeviceTopic, PublishOptions } from '../extension/device-topic';

interface Waiting {
  readonly payload: unknown;
  readonly options: PublishOptions;
}

/**
 * Publishes without making anyone wait. Of each topic at most one message is under way and one waits behind it: the newest,
 * since a status that is out of date is of no use to anyone. So what is outstanding never grows, however slow the broker is.
 */
export class LatestOutbox {
  private readonly underWay = new Set<string>();
  private readonly waiting = new Map<string, Waiting>();

  /** `onOutcome` is told of each publish that ended; without an error it is through. */
  constructor(
    private readonly deviceTopic: Pick<DeviceTopic, 'publish'>,
    private readonly onOutcome: (suffix: string, error?: DeviceError) => void,
  ) {}

  /** `suffix` is what follows the device's topic; empty for the topic itself. */
  send(suffix: string, payload: unknown, options: PublishOptions = {}): void {
    if (this.underWay.has(suffix)) this.waiting.set(suffix, { payload, options });
    else void this.publish(suffix, { payload, options });
  }

  /** Forgets what waits. */
  clear(): void {
    this.waiting.clear();
  }

  private async publish(suffix: string, first: Waiting): Promise<void> {
    this.underWay.add(suffix);
    for (let message: Waiting | undefined = first; message !== undefined; message = this.next(suffix)) {
      this.onOutcome(suffix, await this.tryPublish(suffix, message));
    }
    this.underWay.delete(suffix);
  }

  private async tryPublish(suffix: string, { payload, options }: Waiting): Promise<DeviceError | undefined> {
    try {
      await this.deviceTopic.publish(payload, suffix === '' ? options : { ...options, suffix });
      return undefined;
    } catch (error) {
      return toDeviceError(error, 'MQTT_PUBLISH');
    }
  }

  private next(suffix: string): Waiting | undefined {
    const message = this.waiting.get(suffix);
    this.waiting.delete(suffix);
    return message;
  }
}
