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

/** The longest time for which nothing else had its turn, of a timer that wants one every millisecond. */
const GAPS = `
let last = performance.now();
let longest = 0;
setInterval(() => {
  const now = performance.now();
  longest = Math.max(longest, now - last);
  last = now;
}, 1).unref();
`;
const ALL_AT_ONCE = `Promise.all(['node-opcua-client', 'node-opcua-certificate-manager'].map((name) => import(name)))`;
const CONNECT = `${MAKE_DRIVER}driver.connect(new AbortController().signal).catch(() => undefined)`;

it('loads what an import of node-opcua would, but in many turns', async () => {
  const measure = async (load: string): Promise<{ files: string[]; longest: number }> => {
    const report = `console.log(JSON.stringify({ files: loaded, longest }))`;
    const { stdout } = await run(
      process.execPath,
      ['-e', `${WATCH}${GAPS}${load}.then(() => setImmediate(() => ${report}))`],
      {
        cwd: PACKAGE,
      },
    );
    return JSON.parse(stdout) as { files: string[]; longest: number };
  };
  const once = await measure(ALL_AT_ONCE);
  const sliced = await measure(CONNECT);
  const foreign = ({ files }: { files: string[] }) =>
    new Set(files.filter((url) => url.includes('/node_modules/') && !url.includes('/@devicelink/')));
  const [few, all] = [foreign(once), foreign(sliced)];
  expect([...few].filter((url) => !all.has(url))).toEqual([]);
  // A package may name another that it does not load itself.
  expect(all.size).toBeLessThan(few.size * 1.02);
  expect(sliced.longest).toBeLessThan(once.longest / 2);
});
