import { EventEmitter } from 'node:events';
import type { Driver, DriverMessage, Reading, Subscription, Write, WriteResult } from '../../../src/device/driver.ts';
import { DeviceError } from '../../../src/base/errors.ts';
import type { Clock } from '../../../src/base/ports.ts';
import type { Property } from '../../../src/device/property.ts';

/** How a verb of the fake driver behaves on its next calls. */
export type Behaviour = 'ok' | 'reject' | 'throw' | 'hang' | 'hangDeaf' | 'junk';

/**
 * A driver whose device is a map of values. Each verb behaves as its field says: `hang` settles only when aborted,
 * `hangDeaf` not even then, `throw` throws at once, `junk` answers what no driver should.
 */
export class FakeDriver implements Driver {
  readonly events = new EventEmitter<{ lost: [DeviceError] }>();
  readonly values = new Map<string, unknown>();
  /** Errors per property, for reads and for writes. */
  readonly readErrors = new Map<string, DeviceError>();
  readonly writeErrors = new Map<string, DeviceError>();
  /** What was called, in order: `connect`, `read a,b`, `write a=1`, `close`. */
  readonly calls: string[] = [];
  connecting: Behaviour = 'ok';
  reading: Behaviour = 'ok';
  writing: Behaviour = 'ok';
  closing: Behaviour = 'ok';
  /** How long a good read takes. */
  readDelayMs = 0;
  sink: ((readings: Reading[]) => void) | undefined;
  declare subscribe?: NonNullable<Driver['subscribe']>;
  declare perform?: NonNullable<Driver['perform']>;
  declare maxRetryDelayMs?: number;
  readonly messages = new EventEmitter<{ message: [DriverMessage] }>();
  performing: Behaviour = 'ok';

  constructor(private readonly clock: Clock) {}

  /** Makes this a driver that notifies; `covered`: the properties that need no polling then. */
  withNotifications(covered: ReadonlySet<string> = new Set()): this {
    this.subscribe = (properties, sink): Promise<Subscription> => {
      this.calls.push(`subscribe ${names(properties)}`);
      this.sink = sink;
      const end = (): Promise<void> => {
        this.calls.push('unsubscribe');
        this.sink = undefined;
        return Promise.resolve();
      };
      return Promise.resolve({ covered, end });
    };
    return this;
  }

  /** Makes this a driver with actions of its own; each answers its message. */
  withActions(): this {
    this.perform = (action, message, signal): Promise<unknown> => {
      this.calls.push(`perform ${action}`);
      return this.behave(this.performing, signal, 'REFUSED', () => ({ ...message }));
    };
    return this;
  }

  connect(signal: AbortSignal): Promise<void> {
    this.calls.push('connect');
    return this.behave(this.connecting, signal, 'CONNECT_FAILED', () => undefined);
  }

  async read(properties: readonly Property[], signal: AbortSignal): Promise<Reading[]> {
    this.calls.push(`read ${names(properties)}`);
    if (this.readDelayMs > 0) await new Promise<void>((resolve) => this.clock.setTimeout(resolve, this.readDelayMs));
    return this.behave(this.reading, signal, 'LINK_LOST', () => properties.map((property) => this.readingOf(property)));
  }

  write(writes: readonly Write[], signal: AbortSignal): Promise<WriteResult[]> {
    this.calls.push(`write ${writes.map(({ property, value }) => `${property.name}=${String(value)}`).join(',')}`);
    return this.behave(this.writing, signal, 'LINK_LOST', () =>
      writes.map(({ property: { name }, value }) => {
        const error = this.writeErrors.get(name);
        if (error !== undefined) return { name, error };
        this.values.set(name, value);
        return { name };
      }),
    );
  }

  close(): Promise<void> {
    this.calls.push('close');
    return this.behave(this.closing, new AbortController().signal, 'CLOSED', () => undefined);
  }

  lose(message = 'connection reset'): void {
    this.events.emit('lost', new DeviceError('LINK_LOST', message));
  }

  private readingOf({ name }: Property): Reading {
    const error = this.readErrors.get(name);
    const updatedAt = this.clock.now();
    if (error !== undefined) return { name, value: undefined, quality: 'bad', error, updatedAt };
    return { name, value: this.values.get(name) ?? 0, quality: 'good', updatedAt };
  }

  private behave<T>(behaviour: Behaviour, signal: AbortSignal, code: string, answer: () => T): Promise<T> {
    switch (behaviour) {
      case 'ok':
        return Promise.resolve(answer());
      case 'junk':
        return Promise.resolve([null, { name: 'stranger' }] as T);
      case 'reject':
        return Promise.reject(new DeviceError(code, 'refused by the fake'));
      case 'throw':
        throw new Error('thrown by the fake');
      case 'hangDeaf':
        return new Promise(() => undefined);
      case 'hang':
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new DeviceError('TIMEOUT', 'aborted')), { once: true });
        });
    }
  }
}

const names = (properties: readonly Property[]): string => properties.map((property) => property.name).join(',');
