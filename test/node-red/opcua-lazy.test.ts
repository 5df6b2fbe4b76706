import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, it } from 'vitest';

const run = promisify(execFile);
/** As npm installed it. */
const PACKAGE = join(inject('userDirTemplate'), 'node_modules', '@devicelink', 'node-red-devices');

/** Runs in a process of its own: notes every module that is loaded, CommonJS or ESM. */
const WATCH = `
const { join } = require('node:path');
const loaded = [];
require('node:module').registerHooks({
  load(url, context, next) {
    loaded.push(url);
    return next(url, context);
  },
});
const opcua = () => loaded.filter((url) => url.includes('/node_modules/node-opcua'));
const dist = join(process.cwd(), 'dist');
`;

/** What Node-RED does with the package, as far as loading goes. */
const LOAD_NODES = `
const anything = new Proxy(function () {}, {
  get: (_target, name) => (name === Symbol.toPrimitive ? () => '' : anything),
  apply: () => anything,
});
const RED = new Proxy({ settings: { userDir: '/nowhere' } }, { get: (target, name) => target[name] ?? anything });
const files = Object.values(require(join(process.cwd(), 'package.json'))['node-red'].nodes);
for (const file of files) {
  const module = require(join(process.cwd(), file));
  (module.default ?? module)(RED);
}
`;

const MAKE_DRIVER = `
const { kind } = require(join(dist, 'runtime/opcua-device.js'));
const properties = [{ name: 'time', visitor: { nodeID: 'i=2258' } }];
const parsed = kind.parse({ protocol: { endpoint: 'opc.tcp://127.0.0.1:1' }, properties }, {});
const log = { debug() {}, info() {}, warn() {}, error() {} };
const clock = { now: Date.now, setTimeout, clearTimeout };
const surroundings = { clock, log, random: Math.random, userDirectory: require('node:os').tmpdir() };
const driver = kind.createDriver(parsed.value, surroundings);
`;

const REPORT = `console.log(JSON.stringify({ files: typeof files === 'undefined' ? [] : files, opcua: opcua().length }))`;

async function inNode(script: string): Promise<{ files: string[]; opcua: number }> {
  const { stdout } = await run(process.execPath, ['-e', WATCH + script], { cwd: PACKAGE });
  return JSON.parse(stdout) as { files: string[]; opcua: number };
}

it('loads nothing of node-opcua with the nodes of the package', async () => {
  const { files, opcua } = await inNode(`${LOAD_NODES}${REPORT}`);
  expect(files).toContainEqual(expect.stringMatching(/\bopcua-device\.js$/));
  expect(opcua).toBe(0);
});

it('loads nothing of node-opcua with a device that has not connected', async () => {
  expect(await inNode(`${MAKE_DRIVER}${REPORT};`)).toMatchObject({ opcua: 0 });
});

it('loads it when a device connects', async () => {
  const { opcua } = await inNode(`${MAKE_DRIVER}driver.connect(new AbortController().signal).catch(() => ${REPORT})`);
  expect(opcua).toBeGreaterThan(10);
});
