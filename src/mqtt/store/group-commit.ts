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

/** Changes that are committed together, and those who wait for that. */
class Group {
  readonly changes = new BatchWriter();
  readonly puts: number[] = [];
  /** Of messages: it is committed, or has failed. */
  readonly accepted = new Outcome();
  /** Of all else: it is committed, now or later. */
  readonly noted = new Outcome();
}

const RETRY_MS = 1000;
/** A group takes no more then: while it is committed the next is gathered, and what it has accepted is on its way. */
const GROUP_BYTES = 256 * 1024;

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
  /** In the order in which they are committed; changes go to the last. */
  private groups: Group[] = [];
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
    return [this.sending, ...this.groups].flatMap((group) => group?.puts ?? []);
  }

  /** Resolves when it is committed; rejects when that fails. */
  put(message: StoredMessage): Promise<void> {
    const { changes, puts, accepted } = this.next();
    puts.push(message.key);
    changes.put(message);
    return accepted.promise;
  }

  /** Resolves when it is committed, however long that takes. */
  flight(key: number, packet: number): Promise<void> {
    const { changes, noted } = this.next();
    changes.flight(key, packet);
    return noted.promise;
  }

  note(name: string, value: Buffer | undefined): Promise<void> {
    const { changes, noted } = this.next();
    changes.note(name, value);
    return noted.promise;
  }

  remove(key: number): void {
    this.next().changes.remove(key);
  }

  /** Resolves when what there is now has been committed, or that has failed. */
  idle(): Promise<void> {
    if (this.isFailing || (this.groups.length === 0 && this.sending === undefined)) return Promise.resolve();
    return new Promise((resolve) => this.onIdle.push(resolve));
  }

  /** Nothing is tried again; whoever waits still is told `reason`. */
  end(reason: DeviceError): void {
    this.isEnded = true;
    this.options.clock.clearTimeout(this.timer);
    for (const group of [this.sending, ...this.groups.splice(0), ...this.creditors.splice(0)]) {
      group?.accepted.reject(reason);
      group?.noted.reject(reason);
    }
  }

  private get isFailing(): boolean {
    return this.failure !== undefined;
  }

  private next(): Group {
    let group = this.groups.at(-1);
    if (group === undefined || group.changes.size >= GROUP_BYTES) {
      group = new Group();
      this.groups.push(group);
    }
    if (!this.isScheduled && !this.isEnded && this.sending === undefined && !this.isFailing) {
      this.isScheduled = true;
      setImmediate(() => {
        this.isScheduled = false;
        if (this.sending === undefined && !this.isFailing) void this.send();
      });
    }
    return group;
  }

  private async send(): Promise<void> {
    const group = this.groups.shift() ?? new Group();
    this.sending = group;
    const batch = group.changes.take();
    try {
      await this.options.commit(batch, this.isFailing);
      this.sending = undefined;
      this.succeeded(group);
    } catch (error) {
      this.sending = undefined;
      this.failed(group, batch, error);
    }
    if (this.isEnded) return;
    if (!this.isFailing && this.groups.length > 0) void this.send();
    else for (const resolve of this.onIdle.splice(0)) resolve();
  }

  private succeeded(group: Group): void {
    group.accepted.resolve();
    for (const { noted } of [...this.creditors.splice(0), group]) noted.resolve();
    if (!this.isFailing) return;
    this.failure = undefined;
    this.options.onRecovered();
  }

  private failed(group: Group, batch: Uint8Array, error: unknown): void {
    const before = this.failure;
    const failure = this.options.describe(error);
    this.failure = failure;
    // What was gathered meanwhile comes later than what is owed, and fares no better.
    const later = this.groups;
    const debt = new Group();
    debt.changes.append(withoutPuts(Buffer.concat([batch, ...later.map(({ changes }) => changes.take())])));
    this.groups = [debt];
    for (const refused of [group, ...later]) {
      this.options.onRefused(refused.puts);
      refused.accepted.reject(failure);
      this.creditors.push(refused);
    }
    if (before === undefined) this.options.onFailing(failure);
    if (!this.isEnded) this.timer = this.options.clock.setTimeout(() => void this.send(), RETRY_MS);
  }
}
