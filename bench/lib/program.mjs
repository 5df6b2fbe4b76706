import { fork } from 'node:child_process';
import { once } from 'node:events';
import { basename, join } from 'node:path';

const PROBE = join(import.meta.dirname, 'process-probe.mjs');
const DEADLINE_MS = 60_000;

/**
 * A program of a benchmark in a process of its own, that can be asked what it used (process-probe.mjs).
 * @returns `{ answer(): Promise<message>, ask(message): Promise<message>, stop() }`
 */
export function startProgram(file, args = []) {
  const child = fork(file, args, {
    execArgv: ['--import', PROBE],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const answer = async () => {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const ended = exited.then(([code]) => {
      throw new Error(`${basename(file)} ended with code ${code}`);
    });
    return (await Promise.race([once(child, 'message', { signal }), ended]))[0];
  };
  return {
    answer,
    ask(message) {
      const reply = answer();
      child.send(message);
      return reply;
    },
    async stop() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
