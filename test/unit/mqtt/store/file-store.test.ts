import { StoreBench } from '../../../support/mqtt/store-bench';
import { describeMessageStore } from '../../../support/mqtt/message-store-suite';

/** Each of these opens several files, on a disk that has to confirm it. */
const RUNS = 15;

for (const [durability, syncEveryMs] of [
  ['always', 'commit'],
  ['interval', 1000],
] as const) {
  const start = () => {
    const bench = new StoreBench();
    return { make: () => bench.make({ syncEveryMs }), dispose: () => bench.dispose(), isDurable: true };
  };
  describeMessageStore(`the store in a file, durability ${durability}`, start, RUNS);
}
