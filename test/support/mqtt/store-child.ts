/**
 * Runs in a process of its own, to be killed: publishes `<run>/<n>` with a file store as fast as that takes it, and says `accepted <n>`
 * for each that was accepted. With `drain` it publishes nothing, and says `drained` once all of earlier runs is through.
 */
import { writeSync } from 'node:fs';
import { Connection } from '../../../src/mqtt/connection/connection';
import { storeWorker } from '../../../src/mqtt/store/store-thread';
import { connectionOptions, realPorts } from './mqtt-options';

export interface ChildTask {
  readonly url: string;
  readonly file: string;
  readonly worker: string;
  readonly run: string;
  readonly qos: 1 | 2;
  readonly cleanSession: boolean;
  readonly durability: 'always' | 'interval';
  readonly drain?: boolean;
}

const task = JSON.parse(process.argv[2] ?? '') as ChildTask;
const { url, file, run, qos, cleanSession, durability } = task;
storeWorker.file = task.worker;

/** At once, so that it is said before the end; the parent may be slow to read. */
function say(line: string): void {
  for (;;) {
    try {
      writeSync(1, `${line}\n`);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

const connection = new Connection(
  connectionOptions(url, {
    clientId: 'gateway',
    cleanSession,
    messageChannelDepth: 100_000,
    writeTimeoutMs: 0,
    store: { file, durability, maxBytes: 1e9 },
  }),
  realPorts,
);
connection.events.on('problem', ({ code, message }) => say(`problem ${code} ${message}`));
connection.events.on('disconnected', ({ code, message }) => say(`problem ${code} ${message}`));
connection.open();
connection.events.once('connected', () => {
  say('connected');
  if (task.drain !== true) {
    publish(1);
    return;
  }
  const timer = setInterval(() => {
    if (connection.statistics.queued > 0) return;
    clearInterval(timer);
    void connection.close().then(() => say('drained'));
  }, 20);
});

/** A handful at a time, so that some are accepted, some in flight and some through whenever the end comes. */
function publish(first: number): void {
  const numbers = Array.from({ length: 7 }, (_, index) => first + index);
  const settings = { qos, retained: false, waitTimeoutMs: 0, until: 'stored' as const };
  const accepted = numbers.map(async (number) => {
    await connection.publish(`count/${run}/${number}`, `value ${number}`, settings);
    say(`accepted ${number}`);
  });
  void Promise.all(accepted).then(() => publish(first + numbers.length));
}
