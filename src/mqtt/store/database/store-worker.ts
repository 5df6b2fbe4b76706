/**
 * The thread in which the databases of the message stores of one directory are: each commit waits for the medium, which can take
 * 100 ms, and Node-RED must not. A file of its own (see ../store-thread.ts); one request after the other, in their order.
 */
import { parentPort } from 'node:worker_threads';
import { MessageDatabase, type Contents, type Repair } from './database';
import { faultOf } from './fault';
import type { StoreReply, StoreRequest } from './protocol';

interface Open {
  readonly database: MessageDatabase;
  readonly syncEveryMs: number | 'commit';
  syncTimer?: NodeJS.Timeout | undefined;
  tidyTimer?: NodeJS.Immediate | undefined;
}

const port = parentPort;
const stores = new Map<number, Open>();

// SQLite is an experiment in some versions of Node.js, which say so in the log. What is used of it here is tested; other warnings show.
const emitWarning = process.emitWarning.bind(process) as (...given: unknown[]) => void;
process.emitWarning = (...given: unknown[]): void => {
  if (!String(given[0]).includes('SQLite is an experimental feature')) emitWarning(...given);
};

const send = (reply: StoreReply): void => port?.postMessage(reply);

port?.on('message', (request: StoreRequest) => {
  const { id, store } = request;
  try {
    send({ id, result: answer(request) });
  } catch (error) {
    const { kind, message } = faultOf(error);
    send({ id, fault: { kind, message, ...(kind === 'damaged' && { contents: repaired(store) }) } });
  }
});

function answer(request: StoreRequest): unknown {
  const { store, call } = request;
  if (call === 'open') return open(store, request.file, request.syncEveryMs);
  const entry = stores.get(store);
  if (call === 'close') {
    close(store, entry);
    return undefined;
  }
  if (entry === undefined) throw new Error('it is not open');
  if (call === 'page') return entry.database.page(request.after);
  if (request.isRetry) entry.database.makeRoom();
  entry.database.commit(request.batch);
  attend(entry);
  return undefined;
}

function open(store: number, file: string, syncEveryMs: number | 'commit'): Contents {
  const onRepair = (repair: Repair): void => send({ store, repair });
  const database = new MessageDatabase({ file, syncEveryMs, now: Date.now }, onRepair);
  try {
    const contents = database.open();
    stores.set(store, { database, syncEveryMs });
    return contents;
  } catch (error) {
    database.close();
    throw error;
  }
}

function close(store: number, entry: Open | undefined): void {
  stores.delete(store);
  clearTimeout(entry?.syncTimer);
  clearImmediate(entry?.tidyTimer);
  entry?.database.close();
}

/** What can wait until the answer is on its way. A trouble shows again with the next commit, which tells it. */
function attend(entry: Open): void {
  const { database, syncEveryMs } = entry;
  if (database.isDirty && syncEveryMs !== 'commit') {
    entry.syncTimer ??= setTimeout(() => {
      entry.syncTimer = undefined;
      if (database.isDirty) quietly(() => database.sync());
    }, syncEveryMs);
  }
  entry.tidyTimer ??= setImmediate(() => {
    entry.tidyTimer = undefined;
    quietly(() => database.tidy());
  });
}

function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // See `attend`.
  }
}

/** Undefined where that fails, too. */
function repaired(store: number): Contents | undefined {
  try {
    return stores.get(store)?.database.repair();
  } catch {
    return undefined;
  }
}
