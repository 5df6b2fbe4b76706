import { DeviceError, ErrorCode, toDeviceError } from '../../base/errors';
import type { Clock } from '../../base/ports';
import type { Reading } from '../../device/driver';
import { wildcardPart } from '../../mqtt/client/topic';
import { hasWildcard, type MqttProperty } from './config/property';
import type { Content } from './payload/content';
import { type Decoded, decodeValue, type ValueFormat } from './payload/decode';

/** More topics than these are not gathered under one wildcard. */
const MAX_TOPICS = 1000;

interface Seen {
  reading: Reading;
  /** On which link it came. */
  link: number;
  receivedAt: number;
}

export interface InboxOptions {
  readonly clock: Clock;
  readonly formatOf: (property: MqttProperty) => ValueFormat;
  /** Readings that arose by themselves: of a message, or because none came for too long. */
  readonly onReadings: (readings: Reading[]) => void;
}

/** What has been heard of each property, and since when nothing. */
export class Inbox {
  private readonly seen = new Map<MqttProperty, Seen>();
  private readonly waiting = new Set<() => void>();
  private staleTimer: unknown;
  private link = 0;

  constructor(private readonly options: InboxOptions) {}

  /** A link was made: what came on an earlier one may be out of date. */
  startLink(): void {
    this.link += 1;
  }

  /** A message on a topic that these properties are read from. */
  take(properties: Iterable<MqttProperty>, topic: string, content: Content): void {
    const readings: Reading[] = [];
    for (const property of properties) {
      const reading = this.readingOf(property, topic, content);
      if (reading === undefined) continue;
      this.seen.set(property, { reading, link: this.link, receivedAt: content.receivedAt });
      readings.push(reading);
      if (property.staleMs > 0) this.watchStale();
    }
    if (readings.length === 0) return;
    this.options.onReadings(readings);
    for (const look of [...this.waiting]) look();
  }

  /** What is known of a property now. */
  reading(property: MqttProperty): Reading {
    const seen = this.seen.get(property);
    if (seen === undefined) return this.bad(property, nothingYet(property));
    const { reading, link } = seen;
    if (this.isStale(property, seen)) return this.bad(property, stale(property));
    return link === this.link || reading.quality !== 'good' ? reading : { ...reading, quality: 'uncertain' };
  }

  /** Whether a message has come for it on this link. */
  isFresh = (property: MqttProperty): boolean => this.seen.get(property)?.link === this.link;

  /** Resolves as soon as `isDone` holds after a message, or when `ms` are over, or `signal` is aborted; answers whether it holds. */
  waitFor(isDone: () => boolean, ms: number, signal: AbortSignal): Promise<boolean> {
    if (isDone() || ms <= 0 || signal.aborted) return Promise.resolve(isDone());
    const { clock } = this.options;
    return new Promise((resolve) => {
      const end = (): void => {
        clock.clearTimeout(timer);
        this.waiting.delete(look);
        signal.removeEventListener('abort', end);
        resolve(isDone());
      };
      const look = (): void => {
        if (isDone()) end();
      };
      const timer = clock.setTimeout(end, ms);
      this.waiting.add(look);
      signal.addEventListener('abort', end, { once: true });
    });
  }

  forget(property: MqttProperty): void {
    this.seen.delete(property);
  }

  close(): void {
    this.options.clock.clearTimeout(this.staleTimer);
    this.staleTimer = undefined;
  }

  private readingOf(property: MqttProperty, topic: string, content: Content): Reading | undefined {
    let decoded: Decoded | undefined;
    try {
      decoded = decodeValue(this.options.formatOf(property), content);
    } catch (error) {
      return this.bad(property, toDeviceError(error, ErrorCode.BAD_RESPONSE));
    }
    if (decoded === undefined) return undefined;
    const value = hasWildcard(property.filter) ? this.gathered(property, topic, decoded.value) : decoded.value;
    const { sourceTimestamp } = decoded;
    return {
      name: property.name,
      value,
      quality: 'good',
      updatedAt: content.receivedAt,
      ...(sourceTimestamp !== undefined && { sourceTimestamp }),
    };
  }

  /** A new object each time: the one before may be kept by others. */
  private gathered(property: MqttProperty, topic: string, value: unknown): Readonly<Record<string, unknown>> {
    const before = this.seen.get(property)?.reading.value;
    const known = (typeof before === 'object' && before !== null ? before : {}) as Readonly<Record<string, unknown>>;
    const key = wildcardPart(property.filter, topic);
    if (!Object.hasOwn(known, key) && Object.keys(known).length >= MAX_TOPICS) return known;
    return { ...known, [key]: value };
  }

  private bad(property: MqttProperty, error: DeviceError): Reading {
    const updatedAt = this.options.clock.now();
    return { name: property.name, value: undefined, quality: 'bad', error, updatedAt };
  }

  private isStale({ staleMs }: MqttProperty, { receivedAt }: Seen): boolean {
    return staleMs > 0 && this.options.clock.now() - receivedAt >= staleMs;
  }

  /** One timer for all: it looks when the first of them may have gone stale. */
  private watchStale(): void {
    if (this.staleTimer !== undefined) return;
    const { clock } = this.options;
    const due = [...this.seen]
      .filter(([{ staleMs }, seen]) => staleMs > 0 && seen.reading.error?.code !== STALE)
      .map(([{ staleMs }, { receivedAt }]) => receivedAt + staleMs);
    if (due.length === 0) return;
    const next = due.reduce((first, time) => Math.min(first, time));
    this.staleTimer = clock.setTimeout(() => this.tellStale(), Math.max(1, next - clock.now()));
  }

  private tellStale(): void {
    this.staleTimer = undefined;
    const readings: Reading[] = [];
    for (const [property, seen] of this.seen) {
      if (!this.isStale(property, seen) || seen.reading.error?.code === STALE) continue;
      seen.reading = this.bad(property, stale(property));
      readings.push(seen.reading);
    }
    this.watchStale();
    if (readings.length > 0) this.options.onReadings(readings);
  }
}

const STALE = 'MQTT_STALE';

const stale = ({ filter, staleMs }: MqttProperty): DeviceError =>
  new DeviceError(STALE, `nothing came on ${filter} for ${staleMs / 1000} s`);

function nothingYet({ filter }: MqttProperty): DeviceError {
  const advice = 'a device that does not send retained messages is known only after its next message';
  return new DeviceError('MQTT_NO_MESSAGE', `nothing has come on ${filter} yet`, { advice });
}
