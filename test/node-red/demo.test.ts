import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, it } from 'vitest';
import { processesMarked } from '../support/system/marked-processes.ts';

const run = promisify(execFile);
const ROOT = dirname(dirname(import.meta.dirname));
const NODE = join(ROOT, 'node_modules', '.bin', 'node');
const DEMO = join(ROOT, 'scripts', 'demo', 'main.mjs');

/** The demo under test; a failed test must not leave it behind. */
let demo: ChildProcess | undefined;

afterEach(() => {
  demo?.kill('SIGKILL');
  demo = undefined;
});

it('--check tells the values of all devices and ends with 0, leaving no process and no file', async () => {
  const before = await workingTree();
  const { code, output, mark, directoryPrefix } = await runDemo(['--check', '--deadline', '40']);
  expect(output).toMatch(/oven \(modbus-device\): healthy; temperature 3\d\d/);
  expect(output).toMatch(/plant\/default\/oven \{"temperature":3/);
  expect(output).toMatch(/mixer \(opcua-device\): healthy; temperature \d/);
  expect(output).toMatch(/plant\/default\/mixer \{"temperature":\d/);
  expect(output).toMatch(/plant-devices \(onem2m-ae\): registered with \/mn-cse-1 as CplantDevices/);
  expect(output).toMatch(/gui-sensors \(onem2m-ae\): registered with \/in-cse-1 as CguiSensors/);
  expect(output).toMatch(/, 10 application entities registered, .*all is well\n$/);
  expect(code).toBe(0);
  expect(await processesMarked(mark)).toEqual([]);
  expect(await userDirectoriesOf(directoryPrefix)).toEqual([]);
  expect(await workingTree()).toBe(before);
});

it('--check without the Modbus server says what is missing and ends with 1', async () => {
  const { code, output } = await runDemo(['--check', '--without-modbus', '--deadline', '4']);
  expect(output).toMatch(/missing:\n.*device "oven" \(modbus-device\) is \w+: .*\(CONNECT_FAILED\)/);
  expect(output).toMatch(/device "line" \(modbus-device\)/);
  expect(output).not.toMatch(/device "fan"/);
  expect(code).toBe(1);
});

it('shows live values until Ctrl-C, then ends with 0 and leaves no process', async () => {
  const { code, mark, whileRunning, directoryPrefix } = await runDemo([], /temperature 3\d\d/);
  expect(whileRunning).toHaveLength(2);
  expect(code).toBe(0);
  expect(await processesMarked(mark)).toEqual([]);
  expect(await userDirectoriesOf(directoryPrefix)).toEqual([]);
});

it('offers the examples for import, with the addresses of its own servers', async () => {
  const imported = '/library/examples/flows/@devicelink/node-red-devices/02-modbus-to-mqtt';
  let text = '';
  const { output } = await runDemo([], /MQTT messages/, 'SIGINT', async (url) => {
    text = await (await fetch(url + imported)).text();
  });
  const [, broker = '?'] = /MQTT broker +(\S+)/.exec(output) ?? [];
  const [, endpoint = '?'] = /Modbus TCP +(\S+)/.exec(output) ?? [];
  const nodes = JSON.parse(text) as Record<string, unknown>[];
  expect(nodes).toContainEqual(expect.objectContaining({ client: expect.objectContaining({ server: broker }) }));
  expect(nodes).toContainEqual(
    expect.objectContaining({ protocol: { tcp: expect.objectContaining({ endpoint }) as unknown } }),
  );
});

it('takes Node-RED with it when it is killed without a chance to tidy up', async () => {
  const { mark, whileRunning } = await runDemo([], /temperature 3\d\d/, 'SIGKILL');
  expect(whileRunning).toHaveLength(2);
  await expect.poll(() => processesMarked(mark), { timeout: 10_000 }).toEqual([]);
});

it('refuses an option it does not know', async () => {
  await expect(run(NODE, [DEMO, '--chekc'])).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('--chekc'),
  });
});

/** Runs the demo to its end; with `until`, looks at it once its output matches and then sends it the signal. */
async function runDemo(
  options: string[],
  until?: RegExp,
  signal: NodeJS.Signals = 'SIGINT',
  look: (editorUrl: string) => Promise<void> = async () => {},
) {
  const mark = `DEMO_TEST_RUN=${randomUUID()}`;
  const [name = '', value] = mark.split('=');
  const child = spawn(NODE, [DEMO, ...options], {
    cwd: ROOT,
    env: { ...process.env, [name]: value },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  demo = child;
  const exited = once(child, 'exit') as Promise<[number | null]>;
  let output = '';
  let whileRunning: number[] = [];
  let isSignalled = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (until === undefined || isSignalled || !until.test(output)) return;
      isSignalled = true;
      void processesMarked(mark)
        .then((pids) => (whileRunning = pids))
        .then(() => look(/editor +(\S+)/.exec(output)?.[1] ?? ''))
        .finally(() => child.kill(signal));
    });
  }
  const [code] = await exited;
  return { code, output, mark, whileRunning, directoryPrefix: `run-${child.pid}-` };
}

async function userDirectoriesOf(prefix: string): Promise<string[]> {
  return (await readdir(join(ROOT, '.demo'))).filter((name) => name.startsWith(prefix));
}

/** What git sees: changed and new files, not the ignored ones. */
async function workingTree(): Promise<string> {
  return (await run('git', ['status', '--porcelain'], { cwd: ROOT })).stdout;
}
