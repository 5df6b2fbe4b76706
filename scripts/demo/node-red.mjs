import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { freePort } from './free-port.mjs';

const START_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 8_000;
/** Only what was printed last is kept, to say why a start failed. */
const KEPT_OUTPUT_CHARACTERS = 4_000;

const require = createRequire(import.meta.url);

/**
 * Node-RED as a child process with this Node, on a free loopback port, once its flows are started.
 * Its end is tied to this process: it stops by itself when the channel between them closes.
 *
 * @param options.userDirectory as made by `makeUserDirectory`
 * @param options.onLine called with each line it prints
 * @param options.nodeRed `node-red`, or `node-red-4` for the version before
 * @throws when it ends or says nothing within 30 s; the message has its last words
 */
export async function startNodeRed({ userDirectory, onLine = () => {}, nodeRed = 'node-red', nodeArguments = [] }) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const script = require.resolve(`${nodeRed}/red.js`);
  const child = spawn(
    process.execPath,
    [...nodeArguments, script, '--userDir', userDirectory, '--port', String(port), 'flows.json'],
    { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
  const exited = once(child, 'exit');
  const output = collectLines(child, onLine);
  const server = { url, pid: child.pid, exited, stop: () => stop(child, exited) };
  try {
    await untilStarted(url, child, output);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/** The admin API answers as soon as the editor is served; the flows are started a little later. */
async function untilStarted(url, child, output) {
  const deadline = performance.now() + START_DEADLINE_MS;
  while (performance.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`Node-RED ended while starting:\n${output.tail()}`);
    }
    if (await areFlowsStarted(url)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Node-RED did not start within ${START_DEADLINE_MS / 1000} s:\n${output.tail()}`);
}

async function areFlowsStarted(url) {
  try {
    const answer = await fetch(`${url}/flows/state`, { signal: AbortSignal.timeout(2_000) });
    return answer.ok && (await answer.json()).state === 'start';
  } catch {
    return false;
  }
}

function collectLines(child, onLine) {
  let tail = '';
  for (const stream of [child.stdout, child.stderr]) {
    let unfinished = '';
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      tail = (tail + text).slice(-KEPT_OUTPUT_CHARACTERS);
      const lines = (unfinished + text).split('\n');
      unfinished = lines.pop();
      lines.forEach(onLine);
    });
  }
  return { tail: () => tail.trim() };
}

/** Asks first and insists later; settles when the process is gone. */
async function stop(child, exited) {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM');
    const insist = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await exited;
    clearTimeout(insist);
  }
}
