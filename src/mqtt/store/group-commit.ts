import type { DeviceError } from '../../base/errors';
import type { Clock, TimerHandle } from '../../base/ports';
import { BatchWriter, withoutPuts } from './batch';
import type { StoredMessage } from './message-store';

export interface GroupCommitOptions {
  readonly clock: Clock;
  /** Makes the changes of a batch, all or none. One at a time. `isRetry`: the one before has failed. */
  readonly commit: (batch: Uint8Array<ArrayBuffer>, isRetry: boolean) => Promise<void>;
  readonly describe: (error: unknown) => DeviceError;
  /** Messages with these keys were put and are not in the store: their promises reject. */
  readonly onRefused: (keys: readonly number[]) => void;
  /** Once, until `onRecovered`. */
  readonly onFailing: (error: DeviceError) => void;
  readonly onRecovered: () => void;
}

/** A promise that somebody else settles; nobody need listen. */
class Outcome {
  resolve!: () => void;
  reject!: (error: DeviceError) => void;
  readonly promise = new Promise<void>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });

  constructor() {
    this.promise.catch(() => undefined);
  }
}

/** Those who wait for the same commit. */
class Group {
  readonly puts: number[] = [];
  /** Of messages: it is committed, or has failed. */
  readonly accepted = new Outcome();
  /** Of all else: it is committed, now or later. */
  readonly noted = new Outcome();
}

const RETRY_MS = 1000;

/**
 * Gathers changes of a store while a commit is under way, or for the rest of a turn of the event loop, and commits them together:
 * one write to the medium for all of them.
 *
 * When a commit fails, the messages in it are refused; what is known of others is owed, and tried again every second until it can be
 * written.
 */
export class GroupCommit {
  /** Why nothing can be written at present. */
  failure: DeviceError | undefined;
  private readonly writer = new BatchWriter();
  private pending: Group | undefined;
  private sending: Group | undefined;
  private isScheduled = false;
  private isEnded = false;
  /** Who waits for what is owed. */
  private readonly creditors: Group[] = [];
  private readonly onIdle: (() => void)[] = [];
  private timer: TimerHandle;

  constructor(private readonly options: GroupCommitOptions) {}

  /** Keys of messages that were put and are not committed. */
  get uncommitted(): number[] {
    return [...(this.sending?.puts ?? []), ...(this.pending?.puts ?? [])];
  }

  /** Resolves when it is committed; rejects when that fails. */
  put(message: StoredMessage): Promise<void> {
    const group = this.next();
    group.puts.push(message.key);
    this.writer.put(message);
    return group.accepted.promise;
  }

  /** Resolves when it is committed, however long that takes. */
  flight(key: number, packet: number): Promise<void> {
    const group = this.next();
    this.writer.flight(key, packet);
    return group.noted.promise;
  }

  note(name: string, value: Buffer | undefined): Promise<void> {
    const group = this.next();
    this.writer.note(name, value);
    return group.noted.promise;
  }

  remove(key: number): void {
    this.next();
    this.writer.remove(key);
  }

  /** Resolves when what there is now has been committed, or that has failed. */
  idle(): Promise<void> {
    if (this.failure !== undefined || (this.pending === undefined && this.sending === undefined))
      return Promise.resolve();
    return new Promise((resolve) => this.onIdle.push(resolve));
  }

  /** Nothing is tried again; whoever waits still is told `reason`. */
  end(reason: DeviceError): void {
    this.isEnded = true;
    this.options.clock.clearTimeout(this.timer);
    const waiting = [this.sending, this.pending, ...this.creditors.splice(0)];
    for (const group of waiting) {
      group?.accepted.reject(reason);
      group?.noted.reject(reason);
    }
  }

  private get isFailing(): boolean {
    return this.failure !== undefined;
  }

  private get hasPending(): boolean {
    return this.pending !== undefined;
  }

  private next(): Group {
    this.pending ??= new Group();
    if (!this.isScheduled && !this.isEnded && this.sending === undefined && this.failure === undefined) {
      this.isScheduled = true;
      setImmediate(() => {
        this.isScheduled = false;
        if (this.sending === undefined && this.failure === undefined) void this.send();
      });
    }
    return this.pending;
  }

  private async send(): Promise<void> {
    const group = (this.sending = this.pending ?? new Group());
    this.pending = undefined;
    const batch = this.writer.take();
    try {
      await this.options.commit(batch, this.isFailing);
      this.sending = undefined;
      this.succeeded(group);
    } catch (error) {
      this.sending = undefined;
      this.failed(group, batch, error);
    }
    if (this.isEnded) return;
    if (!this.isFailing && this.hasPending) void this.send();
    else for (const resolve of this.onIdle.splice(0)) resolve();
  }

  private succeeded(group: Group): void {
    group.accepted.resolve();
    for (const { noted } of [...this.creditors.splice(0), group]) noted.resolve();
    if (this.failure === undefined) return;
    this.failure = undefined;
    this.options.onRecovered();
  }

  private failed(group: Group, batch: Uint8Array, error: unknown): void {
    const before = this.failure;
    const failure = (this.failure = this.options.describe(error));
    // What was gathered meanwhile comes later than what is owed, and fares no better.
    const later = this.pending;
    this.pending = undefined;
    const after = this.writer.take();
    this.writer.append(withoutPuts(Buffer.concat([batch, after])));
    for (const refused of [group, later]) {
      if (refused === undefined) continue;
      this.options.onRefused(refused.puts);
      refused.accepted.reject(failure);
      this.creditors.push(refused);
    }
    if (before === undefined) this.options.onFailing(failure);
    if (!this.isEnded) this.timer = this.options.clock.setTimeout(() => void this.send(), RETRY_MS);
  }
}
