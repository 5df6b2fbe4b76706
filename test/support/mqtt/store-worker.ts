import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { storeWorker } from '../../../src/mqtt/store/store-thread';

const root = join(import.meta.dirname, '../../..');

/** Builds the file that a store's thread runs: Node.js reads no TypeScript there. It lies there until the process ends. */
export function buildStoreWorker(outfile: string): void {
  const entry = join(root, 'src/mqtt/store/database/store-worker.ts');
  buildSync({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'cjs' });
}

/** Has stores in this process run on the sources as they are. */
export function useStoreWorker(): void {
  if (isBuilt) return;
  isBuilt = true;
  storeWorker.file = join(root, `node_modules/.cache/devicelink-store-worker-${process.pid}.cjs`);
  buildStoreWorker(storeWorker.file);
  process.once('exit', () => rmSync(storeWorker.file, { force: true }));
}

let isBuilt = false;
