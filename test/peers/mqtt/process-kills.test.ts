import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { scaled } from '../../support/long';
import { Mosquitto, mosquittoAvailable } from '../../support/mqtt/mosquitto';
import { MosquittoSubscriber } from '../../support/mqtt/mosquitto-clients';
import type { ChildTask } from '../../support/mqtt/store-child';
import { buildStoreWorker } from '../../support/mqtt/store-worker';

const root = join(import.meta.dirname, '../../..');
const KILLS = scaled(20, 4);
/** So many messages are accepted before the kill comes: each time at another place. */
const BEFORE_KILL = 150;

describe.skipIf(!mosquittoAvailable())(`${KILLS} kills of our own process`, () => {
  let directory: string;
  let program: string;
  let worker: string;
  const children: ChildProcess[] = [];
  const cleanups: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    // Inside the repository, so that node finds MQTT.js.
    directory = mkdtempSync(join(root, 'node_modules/.devicelink-test-'));
    program = join(directory, 'program.cjs');
    worker = join(directory, 'store-worker.cjs');
    const entry = join(root, 'test/support/mqtt/store-child.ts');
    await build({ entryPoints: [entry], outfile: program, bundle: true, platform: 'node', external: ['mqtt'] });
    buildStoreWorker(worker);
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  /** Lines that it says go to `onLine` until it has ended. */
  async function run(task: ChildTask, onLine: (line: string, child: ChildProcess) => void): Promise<void> {
    const child = spawn(process.execPath, [program, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => onLine(line, child));
    await Promise.all([once(child, 'exit'), once(lines, 'close')]);
  }

  it.each([
    { qos: 1, cleanSession: false, durability: 'interval', twice: 'some' },
    { qos: 2, cleanSession: false, durability: 'interval', twice: 'none' },
    { qos: 2, cleanSession: false, durability: 'always', twice: 'none' },
    { qos: 2, cleanSession: true, durability: 'interval', twice: 'some' },
  ] as const)(
    'lose nothing that was accepted: QoS $qos, cleanSession $cleanSession, $durability; twice: $twice',
    async ({ qos, cleanSession, durability, twice }) => {
      const broker = await Mosquitto.start({ lines: ['max_inflight_messages 0', 'max_queued_messages 0'] });
      cleanups.push(() => broker.remove());
      const seen = await MosquittoSubscriber.start(broker.plain, 'count/#');
      cleanups.push(() => seen.stop());
      const file = join(directory, `${qos}-${cleanSession}-${durability}`, 'store.db');
      const common = { url: broker.url, file, worker, qos, cleanSession, durability };
      const accepted = new Set<string>();
      const problems: string[] = [];
      for (let kill = 0; kill < KILLS; kill++) {
        let count = 0;
        const last = BEFORE_KILL + ((kill * 37) % 100);
        await run({ ...common, run: String(kill) }, (line, child) => {
          const [word = '', number = ''] = line.split(' ');
          if (word === 'problem') problems.push(line);
          if (word !== 'accepted') return;
          accepted.add(`count/${kill}/${number}`);
          if (++count === last) child.kill('SIGKILL');
        });
      }
      await run({ ...common, run: 'last', drain: true }, (line) => line.startsWith('problem') && problems.push(line));
      await expect.poll(() => seen.messages.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(accepted.size);
      const times = new Map<string, number>();
      for (const { topic } of seen.messages) times.set(topic, (times.get(topic) ?? 0) + 1);
      const lost = [...accepted].filter((topic) => !times.has(topic));
      const duplicated = [...times].filter(([, count]) => count > 1).length;
      console.log(
        `QoS ${qos}, cleanSession ${cleanSession}, ${durability}, ${KILLS} kills: accepted ${accepted.size}, ` +
          `delivered ${times.size}, lost ${lost.length}, duplicated ${duplicated}`,
      );
      expect(problems).toEqual([]);
      expect(accepted.size).toBeGreaterThanOrEqual(KILLS * BEFORE_KILL);
      expect(lost).toEqual([]);
      if (twice === 'none') expect(duplicated).toBe(0);
      expect(firstsInOrder([...times.keys()])).toBe(true);
    },
    300_000,
  );
});

/** Whether the messages of each run came in the order in which they were published, counting each once. */
function firstsInOrder(topics: readonly string[]): boolean {
  const numbers = topics.map((topic) => topic.split('/').slice(1).map(Number) as [number, number]);
  return numbers.every(([run, number], at) => {
    const [lastRun, last] = numbers[at - 1] ?? [-1, 0];
    return run > lastRun || (run === lastRun && number > last);
  });
}
