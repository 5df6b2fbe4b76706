import { dirname } from 'node:path';
import { DeviceError, ErrorCode } from '../../base/errors';
import type { Lease } from '../../base/lease-pool';
import type { Clock, TimerHandle } from '../../base/ports';
import { packetOf, placeOf } from './batch';
import type { Contents, Repair, Row, Rows } from './database/database';
import { faultOf } from './database/fault';
import type { StoreCall } from './database/protocol';
import { GroupCommit } from './group-commit';
import { Ledger } from './ledger';
import type {
  MessageStore,
  StoredMessage,
  StoredPage,
  StoredRun,
  StoreNotes,
  StoreObserver,
  StoreStatus,
} from './message-store';
import { contentSize, readRecord, recordSize } from './record';
import { damagedMessages, repaired, storeError, storeFull } from './store-errors';
import { StoreThread, ThreadFault } from './store-thread';

export interface FileStoreOptions {
  /** The database; its directory is made where it is not there. */
  readonly file: string;
  /** Whether what is accepted is on the medium by then, or what was accepted in so many ms gets there together. */
  readonly syncEveryMs: number | 'commit';
  /** Of topics and payloads. */
  readonly maxBytes: number;
  readonly clock: Clock;
  readonly observer: StoreObserver;
}

/** A QoS 1 message that is acknowledged sooner needs no line about being on its way. */
const NOTE_AFTER_MS = 100;
const CLOSE_DEADLINE_MS = 2000;

/**
 * `store: file`: messages in a SQLite database that survive the end of the process, written in a thread of its own. What is put while
 * a commit is under way shares the next one.
 */
export class FileStore implements MessageStore {
  readonly notes: StoreNotes;
  private readonly known = new Map<string, Buffer>();
  private readonly ledger = new Ledger();
  /** Where QoS 1 messages are in the protocol, before that is written; those of the last interval, and of the one before. */
  private unwritten = new Map<number, number>();
  private overdue = new Map<number, number>();
  private readonly changes: GroupCommit;
  private lease: Lease<StoreThread> | undefined;
  private store = 0;
  private timer: TimerHandle;
  private closing: Promise<void> | undefined;

  constructor(private readonly options: FileStoreOptions) {
    const { clock, observer } = options;
    this.notes = { entries: this.known, set: (name, value) => this.note(name, value) };
    this.changes = new GroupCommit({
      clock,
      commit: (batch, isRetry) => this.commit(batch, isRetry),
      describe: (error) => this.describe(error),
      onRefused: (keys) => keys.forEach((key) => this.ledger.delete(key)),
      onFailing: (error) => observer.onProblem(error),
      onRecovered: () => observer.onRecovered(),
    });
  }

  get status(): StoreStatus {
    const { failure } = this.changes;
    return { ...this.ledger.status, ...(failure && { error: { code: failure.code, message: failure.message } }) };
  }

  async open(): Promise<StoredRun> {
    try {
      const { keys, sizes, times, inFlight, damaged, notes } = await this.start();
      this.ledger.clear();
      keys.forEach((key, at) => this.ledger.add(key, sizes[at] ?? 0, times[at] ?? 0));
      const sent = inFlight.map((row) => messageOf(row, row.packet));
      this.known.clear();
      for (const [name, { buffer, byteOffset, byteLength }] of notes) {
        this.known.set(name, Buffer.from(buffer, byteOffset, byteLength));
      }
      this.tellDamaged(damaged);
      const { messages } = await this.page(0);
      const more = this.ledger.messages - sent.length - messages.length;
      return { messages: [...sent, ...messages], more, lastKey: keys.at(-1) ?? 0 };
    } catch (error) {
      await this.leave();
      throw this.describe(error);
    }
  }

  put(message: StoredMessage): Promise<void> {
    if (this.changes.failure) throw this.changes.failure;
    const bytes = contentSize(recordSize(message));
    const { maxBytes } = this.options;
    if (this.ledger.bytes + bytes > maxBytes) throw storeFull(this.ledger.bytes, maxBytes);
    this.ledger.add(message.key, bytes, message.acceptedAt);
    return this.changes.put(message);
  }

  /** Nothing rests on where a QoS 1 message is: sent again under another identifier it is the same to the broker. */
  update(message: StoredMessage): Promise<void> | undefined {
    const { key, qos } = message;
    if (qos === 2) return this.changes.flight(key, packetOf(message));
    this.unwritten.set(key, packetOf(message));
    this.writePlacesLater();
    return undefined;
  }

  remove(key: number): void {
    if (!this.unwritten.delete(key)) this.overdue.delete(key);
    if (this.ledger.delete(key)) this.changes.remove(key);
  }

  async page(after: number): Promise<StoredPage> {
    await this.changes.idle();
    try {
      const { rows, isLast, damaged } = (await this.call({ call: 'page', after })) as Rows;
      this.tellDamaged(damaged);
      const there = rows.filter(({ key }) => this.ledger.has(key));
      const readTo = Math.max(after, rows.at(-1)?.key ?? 0, damaged.at(-1) ?? 0);
      return { messages: there.map((row) => messageOf(row, 0)), readTo, isLast };
    } catch (error) {
      throw this.describe(error);
    }
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    const { clock } = this.options;
    this.options.clock.clearTimeout(this.timer);
    this.writePlaces(this.overdue);
    this.writePlaces(this.unwritten);
    let timer: TimerHandle;
    const late = new Promise<void>((resolve) => (timer = clock.setTimeout(resolve, CLOSE_DEADLINE_MS)));
    await Promise.race([this.changes.idle().then(() => this.leave()), late]);
    clock.clearTimeout(timer);
    this.changes.end(new DeviceError(ErrorCode.CLOSED, 'the message store was closed'));
  }

  private note(name: string, value: Buffer | undefined): Promise<void> {
    if (value === undefined) this.known.delete(name);
    else this.known.set(name, value);
    return this.changes.note(name, value);
  }

  private writePlacesLater(): void {
    this.timer ??= this.options.clock.setTimeout(() => {
      this.timer = undefined;
      this.writePlaces(this.overdue);
      [this.overdue, this.unwritten] = [this.unwritten, this.overdue];
      if (this.overdue.size > 0) this.writePlacesLater();
    }, NOTE_AFTER_MS);
  }

  private writePlaces(places: Map<number, number>): void {
    for (const [key, packet] of places) void this.changes.flight(key, packet);
    places.clear();
  }

  private async start(): Promise<Contents> {
    const { file, syncEveryMs } = this.options;
    this.lease ??= StoreThread.acquire(dirname(file));
    this.store = this.lease.value.join((repair) => this.tellRepair(repair));
    return (await this.call({ call: 'open', file, syncEveryMs })) as Contents;
  }

  /** Settles once the thread has let go of the file. */
  private async leave(): Promise<void> {
    const { lease, store } = this;
    this.lease = undefined;
    if (lease === undefined) return;
    await lease.value.call(store, { call: 'close' }).catch(() => undefined);
    lease.value.leave(store);
    await lease.release();
  }

  private call(call: StoreCall): Promise<unknown> {
    if (this.lease === undefined) return Promise.reject(new ThreadFault({ kind: 'failed', message: 'it is not open' }));
    return this.lease.value.call(this.store, call);
  }

  private async commit(batch: Uint8Array<ArrayBuffer>, isRetry: boolean): Promise<void> {
    if (this.lease === undefined) this.reconcile(await this.start());
    try {
      await this.call({ call: 'commit', batch, isRetry });
    } catch (error) {
      if (!(error instanceof ThreadFault)) throw error;
      const { contents, kind } = error.info;
      if (contents === undefined) {
        // Opened anew it may be mended, or there again.
        if (error.isGone || kind === 'damaged') await this.leave();
        throw error;
      }
      this.reconcile(contents);
      await this.call({ call: 'commit', batch, isRetry });
    }
  }

  /** After a repair, or in another thread: what has not come through is forgotten, what should be gone is removed. */
  private reconcile({ keys }: Contents): void {
    const there = new Set<number>([...keys, ...this.changes.uncommitted]);
    for (const key of [...this.ledger.keys()]) if (!there.has(key)) this.ledger.delete(key);
    for (const key of keys) if (!this.ledger.has(key)) this.changes.remove(key);
  }

  private describe(error: unknown): DeviceError {
    return error instanceof DeviceError ? error : storeError(this.options.file, faultOf(error));
  }

  private tellRepair(repair: Repair): void {
    this.options.observer.onProblem(repaired(this.options.file, repair));
  }

  private tellDamaged(keys: readonly number[]): void {
    for (const key of keys) this.ledger.delete(key);
    if (keys.length > 0) this.options.observer.onProblem(damagedMessages(this.options.file, keys.length));
  }
}

function messageOf({ key, acceptedAt, record }: Row, packet: number): StoredMessage {
  const content = readRecord(Buffer.from(record.buffer, record.byteOffset, record.byteLength));
  return { key, acceptedAt, ...content, ...placeOf(packet) };
}
