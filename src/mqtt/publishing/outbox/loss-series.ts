import { DeviceError } from '../../../base/errors';
import type { PublishOutboxOptions } from './publish-outbox';

/**
 * Messages that were not published, from the first failure until a message is through that was handed over after the last one: a
 * broker that takes every other message is one series. Its beginning is told by the reasons, its end by how many were lost.
 */
export class LossSeries {
  private lost = 0;
  private since = 0;
  /** The number of the last message that was handed over when a failure became known. */
  private lastFailed = 0;
  /** By code, the first of each. */
  private readonly reasons = new Map<string, DeviceError>();

  constructor(private readonly options: Pick<PublishOutboxOptions, 'onTroubles' | 'onLost' | 'now'>) {}

  get isOpen(): boolean {
    return this.reasons.size > 0;
  }

  /** `handedOver`: the number of the message handed over last. */
  failed(error: DeviceError, handedOver: number): void {
    if (!this.isOpen) this.since = this.options.now();
    this.lastFailed = handedOver;
    if (this.reasons.has(error.code)) return;
    this.reasons.set(error.code, error);
    this.options.onTroubles([...this.reasons.values()]);
  }

  /** One message more is lost for good. */
  count(): void {
    this.lost += 1;
  }

  /** The message of this number is through. */
  succeeded(number: number): void {
    if (this.isOpen && number > this.lastFailed) this.end();
  }

  end(): void {
    if (!this.isOpen) return;
    const reasons = [...this.reasons.values()];
    this.reasons.clear();
    this.options.onTroubles([]);
    const { lost } = this;
    this.lost = 0;
    if (lost > 0) this.options.onLost(notPublished(lost, this.since, reasons));
  }
}

function notPublished(lost: number, since: number, reasons: readonly DeviceError[]): DeviceError {
  const what = lost === 1 ? '1 message was' : `${lost} messages were`;
  const why = reasons.map(({ message }) => message).join('; ');
  const advice = reasons.find((reason) => reason.advice !== undefined)?.advice;
  const text = `${what} not published since ${new Date(since).toISOString()}: ${why}`;
  return new DeviceError('MQTT_LOST', text, advice === undefined ? {} : { advice });
}
