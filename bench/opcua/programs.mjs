import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProgram } from '../lib/program.mjs';

const run = (file, args) => startProgram(join(import.meta.dirname, file), args);

/** The server of `server.mjs`; answers its endpoint and how to stop it. */
export async function startServer(count, intervalMs) {
  const server = run('server.mjs', [String(count), String(intervalMs)]);
  const { endpoint } = await server.answer();
  return { endpoint, stop: server.stop };
}

/** A program made with `contender.mjs`, in a process of its own with a directory of its own, once it has all first values. */
export async function startContender(file, options) {
  const directory = await mkdtemp(join(tmpdir(), 'devicelink-bench-opcua-'));
  const contender = run(file, []);
  const stop = async () => {
    await contender.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    return answering(contender, stop, await contender.ask({ ...options, directory }));
  } catch (error) {
    await stop();
    throw error;
  }
}

function answering(contender, stop, { firstMs, turnMs }) {
  return {
    firstMs,
    turnMs,
    counts: () => contender.ask('counts'),
    read: async (cycles) => (await contender.ask({ read: cycles })).readMs,
    probe: () => contender.ask('probe'),
    stop,
  };
}
