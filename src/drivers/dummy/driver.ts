import { EventEmitter } from 'node:events';
import type { Driver, Reading, Subscription, Write, WriteResult } from '../../device/driver';
import { DeviceError, ErrorCode, toDeviceError } from '../../base/errors';
import type { Ports, TimerHandle } from '../../base/ports';
import type { Faults } from './faults';
import type { DummyModel } from './model';
import type { DummyProperty } from './property';

/** A failure that was asked for by `faults.read` or `faults.write`. */
export const DUMMY_FAULT = 'DUMMY_FAULT';

const NOTHING: ReadonlySet<string> = new Set();

/** Puts a simulated device under the driver contract, with the faults the flow asks for. */
export class DummyDriver implements Driver<DummyProperty> {
  readonly events = new EventEmitter<{ lost: [DeviceError] }>();
  /** Lives from the start of a connect to the end of the link; its abort ends what is under way. */
  private session: AbortController | undefined;
  private connected = false;
  private dropTimer: TimerHandle;

  constructor(
    private readonly model: DummyModel,
    private readonly faults: Faults,
    private readonly ports: Ports,
  ) {}

  async connect(signal: AbortSignal): Promise<void> {
    this.end(new DeviceError(ErrorCode.CLOSED, 'a new connect took the place of this one'));
    const session = new AbortController();
    this.session = session;
    await this.answerTime(signal, session.signal);
    if (this.happens(this.faults.connect)) {
      throw new DeviceError(
        ErrorCode.CONNECT_FAILED,
        'the dummy device refused the connection, as faults.connect asks',
      );
    }
    this.connected = true;
    this.model.start();
    if (this.faults.dropMs !== undefined) {
      this.dropTimer = this.ports.clock.setTimeout(() => this.drop(), this.faults.dropMs);
    }
  }

  async read(properties: readonly DummyProperty[], signal: AbortSignal): Promise<Reading[]> {
    await this.answerTime(signal, this.requireLink());
    return this.readAll(properties);
  }

  async write(writes: readonly Write<DummyProperty>[], signal: AbortSignal): Promise<WriteResult[]> {
    await this.answerTime(signal, this.requireLink());
    return writes.map((write) => this.writeOne(write));
  }

  subscribe(properties: readonly DummyProperty[], sink: (readings: Reading[]) => void): Promise<Subscription> {
    if (!this.connected) return Promise.reject(notConnected());
    const unsubscribe = this.model.subscribe(properties, (changed) => {
      sink(this.readAll(changed));
    });
    const end = (): Promise<void> => {
      unsubscribe();
      return Promise.resolve();
    };
    return Promise.resolve({ covered: NOTHING, end }); // polled as well, so that `faults.read` strikes at every sync
  }

  close(): Promise<void> {
    this.end(new DeviceError(ErrorCode.CLOSED, 'the dummy device was closed'));
    return Promise.resolve();
  }

  private readAll(properties: readonly DummyProperty[]): Reading[] {
    const now = this.ports.clock.now();
    return properties.map((property) => this.readOne(property, now));
  }

  private readOne(property: DummyProperty, updatedAt: number): Reading {
    const { name } = property;
    try {
      if (this.happens(this.faults.read))
        throw new DeviceError(DUMMY_FAULT, `${name} was read badly, as faults.read asks`);
      return { name, value: this.model.read(property, updatedAt), quality: 'good', updatedAt };
    } catch (error) {
      return { name, value: undefined, quality: 'bad', error: toDeviceError(error, DUMMY_FAULT), updatedAt };
    }
  }

  private writeOne({ property, value }: Write<DummyProperty>): WriteResult {
    const { name } = property;
    try {
      if (this.happens(this.faults.write))
        throw new DeviceError(DUMMY_FAULT, `${name} was refused, as faults.write asks`);
      this.model.write(property, value);
      return { name };
    } catch (error) {
      return { name, error: toDeviceError(error, DUMMY_FAULT) };
    }
  }

  private requireLink(): AbortSignal {
    if (this.connected && this.session !== undefined) return this.session.signal;
    throw notConnected();
  }

  private drop(): void {
    const error = new DeviceError(ErrorCode.LINK_LOST, 'the dummy device dropped the link, as faults.drop asks');
    this.end(error);
    this.events.emit('lost', error);
  }

  private end(reason: DeviceError): void {
    this.connected = false;
    this.ports.clock.clearTimeout(this.dropTimer);
    this.model.stop();
    this.session?.abort(reason);
    this.session = undefined;
  }

  /** Draws only where a fault is possible, so that a seeded sequence of values stays the same without faults. */
  private happens(chance: number): boolean {
    return chance > 0 && this.ports.random() < chance;
  }

  /** Settles after `faults.delay`; rejects as soon as either signal is aborted, also when there is no delay. */
  private async answerTime(...signals: readonly AbortSignal[]): Promise<void> {
    throwIfAborted(signals);
    await (this.faults.delayMs === 0 ? undefined : this.delay(signals));
    throwIfAborted(signals);
  }

  private delay(signals: readonly AbortSignal[]): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        this.ports.clock.clearTimeout(timer);
        for (const signal of signals) signal.removeEventListener('abort', finish);
        resolve();
      };
      const timer = this.ports.clock.setTimeout(finish, this.faults.delayMs);
      for (const signal of signals) signal.addEventListener('abort', finish);
    });
  }
}

function throwIfAborted(signals: readonly AbortSignal[]): void {
  for (const signal of signals) if (signal.aborted) throw toDeviceError(signal.reason, ErrorCode.TIMEOUT);
}

const notConnected = (): DeviceError => new DeviceError(ErrorCode.LINK_LOST, 'the dummy device is not connected');
