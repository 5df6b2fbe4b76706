import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../src/base/ports';
import { FileStore, type FileStoreOptions } from '../../../src/mqtt/store/file-store';
import type { StoredMessage } from '../../../src/mqtt/store/message-store';
import { useStoreWorker } from './store-worker';

/** A directory for file stores, and what they have told. `dispose` closes them and deletes it. */
export class StoreBench {
  readonly directory = mkdtempSync(join(tmpdir(), 'devicelink-store-'));
  readonly file = join(this.directory, 'stores', 'one.db');
  readonly problems: string[] = [];
  recoveries = 0;
  private readonly stores: FileStore[] = [];

  constructor() {
    useStoreWorker();
  }

  make(options: Partial<FileStoreOptions> = {}): FileStore {
    const observer = {
      onProblem: ({ code, message }: { code: string; message: string }) =>
        void this.problems.push(`${code} ${message}`),
      onRecovered: () => {
        this.recoveries++;
      },
    };
    const usual = { file: this.file, syncEveryMs: 'commit' as const, maxBytes: 1e9, clock: systemClock, observer };
    const store = new FileStore({ ...usual, ...options });
    this.stores.push(store);
    return store;
  }

  async opened(options: Partial<FileStoreOptions> = {}): Promise<FileStore> {
    const store = this.make(options);
    await store.open();
    return store;
  }

  async dispose(): Promise<void> {
    await Promise.all(this.stores.map((store) => store.close()));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export const stored = (key: number, given: Partial<StoredMessage> = {}): StoredMessage => ({
  key,
  topic: 'plant/line',
  payload: `value ${key}`,
  qos: 1,
  retained: false,
  acceptedAt: 1_700_000_000_000 + key,
  packetId: undefined,
  isReleased: false,
  ...given,
});

/** Keys of all that is in a store, read page by page. */
export async function keysIn(store: FileStore): Promise<number[]> {
  const { messages, more, lastKey } = await store.open();
  const keys = messages.map(({ key }) => key);
  for (let left = more; left > 0;) {
    const page = await store.page(keys.at(-1) ?? 0);
    keys.push(...page.messages.map(({ key }) => key));
    left = page.isLast ? 0 : left - page.messages.length;
  }
  if ((keys.at(-1) ?? 0) !== lastKey) throw new Error(`the last key is ${lastKey}, and ${keys.at(-1) ?? 0} came last`);
  return keys;
}
