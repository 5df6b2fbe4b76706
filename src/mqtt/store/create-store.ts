import type { Clock } from '../../base/ports';
import { FileStore } from './file-store';
import { MemoryStore } from './memory-store';
import type { MessageStore, StoreObserver } from './message-store';
import type { FileStoreSettings } from './store-settings';

/** Of `interval`: what a power cut takes with it is no older than this. */
const SYNC_EVERY_MS = 1000;

/** The store of a connection; without settings one in memory. */
export function createStore(
  settings: FileStoreSettings | undefined,
  surroundings: { readonly clock: Clock; readonly observer: StoreObserver },
): MessageStore {
  if (settings === undefined) return new MemoryStore();
  const { file, durability, maxBytes } = settings;
  const syncEveryMs = durability === 'always' ? 'commit' : SYNC_EVERY_MS;
  return new FileStore({ file, syncEveryMs, maxBytes, ...surroundings });
}
