import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../../src/base/ports';
import { FileStore } from '../../../../src/mqtt/store/file-store';
import { describeMessageStore } from '../../../support/mqtt/message-store-suite';
import { useStoreWorker } from '../../../support/mqtt/store-worker';

useStoreWorker();

for (const syncEveryMs of ['commit', 1000] as const) {
  describeMessageStore(`the store in a file (${syncEveryMs})`, () => {
    const directory = mkdtempSync(join(tmpdir(), 'devicelink-store-'));
    const observer = {
      onProblem: (error: Error) => {
        throw error;
      },
      onRecovered: () => undefined,
    };
    return {
      make: () =>
        new FileStore({ file: join(directory, 'a.db'), syncEveryMs, maxBytes: 1e9, clock: systemClock, observer }),
      dispose: () => rmSync(directory, { recursive: true }),
      isDurable: true,
    };
  });
}
