import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { LeasePool, type Lease } from '../../base/lease-pool';
import type { Repair } from './database/database';
import { StoreFault } from './database/fault';
import type { FaultInfo, StoreCall, StoreReply, StoreRequest } from './database/protocol';

/** The file that the thread runs: the build puts it beside those that start it (scripts/build/bundle-workers.mjs). */
export const storeWorker = { file: join(__dirname, 'store-worker.js') };

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (fault: StoreFault) => void;
}

/** Rejected with by `StoreThread.call`; the thread has answered, or is gone. */
export class ThreadFault extends StoreFault {
  constructor(
    readonly info: FaultInfo,
    readonly isGone = false,
  ) {
    super(info.kind, info.message);
  }
}

/** The thread of the databases in one directory. It ends with its last user, or by itself; then each call rejects. */
export class StoreThread {
  private static readonly threads = new LeasePool<StoreThread>({ close: (thread) => thread.end() });

  /** By a number for each store, so that several can have one thread. */
  private readonly listeners = new Map<number, (repair: Repair) => void>();
  private readonly pending = new Map<number, Pending>();
  private readonly worker: Worker;
  private lastCall = 0;
  private lastStore = 0;
  private gone: ThreadFault | undefined;

  private constructor(private readonly onGone: (thread: StoreThread) => void) {
    this.worker = new Worker(storeWorker.file, { name: 'devicelink-mqtt-store' });
    this.worker.unref();
    this.worker.on('message', (reply: StoreReply) => this.receive(reply));
    this.worker.on('error', (error) => this.lose(`the thread of the store has failed: ${error.message}`));
    this.worker.on('exit', () => this.lose('the thread of the store has ended'));
  }

  /** A share in the thread of a directory. */
  static acquire(directory: string): Lease<StoreThread> {
    const lease: Lease<StoreThread> = StoreThread.threads.acquire(
      directory,
      () => new StoreThread(() => lease.retire()),
    );
    return lease;
  }

  /** A number for a store, and who is told what was mended in it. */
  join(onRepair: (repair: Repair) => void): number {
    this.listeners.set(++this.lastStore, onRepair);
    return this.lastStore;
  }

  leave(store: number): void {
    this.listeners.delete(store);
  }

  /** Requests are answered in their order. Rejects with a ThreadFault. */
  call(store: number, call: StoreCall): Promise<unknown> {
    if (this.gone) return Promise.reject(this.gone);
    return new Promise((resolve, reject) => {
      const request: StoreRequest = { ...call, store, id: ++this.lastCall };
      this.pending.set(request.id, { resolve, reject });
      // While something is asked for, a program does not end by itself.
      this.worker.ref();
      this.worker.postMessage(request);
    });
  }

  private receive(reply: StoreReply): void {
    if ('repair' in reply) {
      this.listeners.get(reply.store)?.(reply.repair);
      return;
    }
    const pending = this.pending.get(reply.id);
    this.pending.delete(reply.id);
    if (this.pending.size === 0) this.worker.unref();
    if ('fault' in reply) pending?.reject(new ThreadFault(reply.fault));
    else pending?.resolve(reply.result);
  }

  private lose(message: string): void {
    if (this.gone) return;
    this.gone = new ThreadFault({ kind: 'failed', message }, true);
    this.onGone(this);
    for (const { reject } of this.pending.values()) reject(this.gone);
    this.pending.clear();
  }

  private async end(): Promise<void> {
    this.lose('the thread of the store has been ended');
    await this.worker.terminate();
  }
}
