import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const START_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 8_000;
/** Only what was printed last is kept, to say why a start failed. */
const KEPT_LINES = 40;

/** What every new user directory makes Node-RED say. */
const EXPECTED_WARNING = /Projects disabled|Encrypted credentials not found/;

const require = createRequire(import.meta.url);

/**
 * Node-RED as a child process with this Node, on a free loopback port, once its flows are started.
 * Its end is tied to this process: it stops by itself when the channel between them closes.
 *
 * @param options.userDirectory as made by `makeUserDirectory`
 * @param options.onWarning called with each line it prints that is not mere information
 * @param options.onLine called with each line
 * @param options.nodeRed `node-red`, or `node-red-4` for the version before
 * @param options.nodeArguments for Node itself
 * @param options.nodeRedArguments for Node-RED
 * @param options.patienceMs for its start; 30 s
 * @throws when it ends or has not started by then; the message has its last words
 */
export async function startNodeRed({
  userDirectory,
  onWarning = () => {},
  onLine = () => {},
  nodeRed = 'node-red',
  nodeArguments = [],
  nodeRedArguments = [],
  patienceMs = START_DEADLINE_MS,
}) {
  const script = require.resolve(`${nodeRed}/red.js`);
  const given = [...nodeArguments, script, '--userDir', userDirectory, ...nodeRedArguments, 'flows.json'];
  const child = spawn(process.execPath, given, {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const exited = once(child, 'exit');
  const stopped = () => stop(child, exited);
  try {
    const url = await untilStarted(child, { onWarning, onLine, patienceMs });
    return { url, pid: child.pid, process: child, exited, stop: stopped };
  } catch (error) {
    await stopped();
    throw error;
  }
}

/** Reads what it prints, now and later; settles with the editor's address once the flows are started. */
function untilStarted(child, { onWarning, onLine, patienceMs }) {
  return new Promise((resolve, reject) => {
    const lastWords = [];
    let url;
    let isStarted = false;
    const fail = (why) => reject(new Error(`${why}:\n${lastWords.join('\n')}`));
    const patience = setTimeout(() => fail(`Node-RED did not start within ${patienceMs / 1000} s`), patienceMs);
    child.once('close', () => {
      clearTimeout(patience);
      fail('Node-RED ended while starting');
    });
    forEachLine(child, (line) => {
      onLine(line);
      lastWords.push(line);
      if (lastWords.length > KEPT_LINES) lastWords.shift();
      url ??= /Server now running at (http:\/\/[^\s/]+)/.exec(line)?.[1];
      isStarted ||= /Started flows|Waiting for missing types/.test(line);
      if (url !== undefined && isStarted) {
        clearTimeout(patience);
        resolve(url);
      }
      if (/ - \[(warn|error|fatal)\]/.test(line) && !EXPECTED_WARNING.test(line)) onWarning(line);
    });
  });
}

function forEachLine(child, onLine) {
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine);
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
