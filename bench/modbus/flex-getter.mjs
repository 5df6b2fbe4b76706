import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startNodeRed } from '../../scripts/demo/node-red.mjs';
import { median } from '../lib/statistics.mjs';

const directory = join(import.meta.dirname, '..', '..', '.cache', 'bench-modbus');
const PACKAGE = 'node-red-contrib-modbus';
/** The last one that installs from npm alone. */
const VERSION = '5.23.3';

/** Every property is one message to the flex-getter; the cycle ends when the last value is there. */
const ASK = `
const offsets = JSON.parse(msg.req.query.offsets);
flow.set('cycle', { begin: process.hrtime.bigint(), offsets, values: [], req: msg.req, res: msg.res });
for (const address of offsets) node.send({ topic: String(address), payload: { fc: 3, unitid: 1, address, quantity: 1 } });
`;
const COLLECT = `
const cycle = flow.get('cycle');
cycle.values.push(msg.payload[0]);
if (cycle.values.length < cycle.offsets.length) return;
const elapsed = Number(process.hrtime.bigint() - cycle.begin) / 1e6;
return { req: cycle.req, res: cycle.res, payload: { elapsed, values: cycle.values } };
`;

const flowFor = (port) => [
  { id: 'tab', type: 'tab', label: 'bench' },
  {
    ...{
      id: 'client',
      type: 'modbus-client',
      name: '',
      clienttype: 'tcp',
      tcpHost: '127.0.0.1',
      tcpPort: String(port),
    },
    ...{ tcpType: 'DEFAULT', unit_id: '1', commandDelay: '1', clientTimeout: '5000', reconnectOnTimeout: true },
    ...{ reconnectTimeout: '2000', bufferCommands: true, parallelUnitIdsAllowed: true, stateLogEnabled: false },
    ...{ queueLogEnabled: false, failureLogEnabled: true },
  },
  { id: 'in', z: 'tab', type: 'http in', url: '/cycle', method: 'get', wires: [['ask']] },
  {
    id: 'ask',
    z: 'tab',
    type: 'function',
    func: ASK,
    outputs: 1,
    libs: [{ var: 'process', module: 'process' }],
    wires: [['get']],
  },
  {
    ...{ id: 'get', z: 'tab', type: 'modbus-flex-getter', name: '', server: 'client', showErrors: true },
    ...{ useIOFile: false, ioFile: '', useIOForPayload: false, emptyMsgOnFail: false, keepMsgProperties: false },
    wires: [['collect'], []],
  },
  {
    id: 'collect',
    z: 'tab',
    type: 'function',
    func: COLLECT,
    outputs: 1,
    libs: [{ var: 'process', module: 'process' }],
    wires: [['out']],
  },
  { id: 'out', z: 'tab', type: 'http response', wires: [] },
];

const SETTINGS = `module.exports = {
  uiHost: '127.0.0.1',
  uiPort: 0,
  credentialSecret: 'bench',
  telemetry: { enabled: false, updateNotification: false },
  editorTheme: { tours: false, projects: { enabled: false } },
  functionExternalModules: true,
};

process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
`;

/** Installs the package under .cache (ignored by git) unless it is there. */
export function installFlexGetter() {
  if (existsSync(join(directory, 'node_modules', PACKAGE))) return;
  execFileSync('npm', [
    'install',
    '--omit=optional',
    '--no-audit',
    '--no-fund',
    '--prefix',
    directory,
    `${PACKAGE}@${VERSION}`,
  ]);
}

/** A real Node-RED with the flex-getter on `port`; `measure(cycles)` answers ms a cycle. */
export async function startFlexGetter(port, offsets) {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'settings.js'), SETTINGS);
  await writeFile(join(directory, 'flows.json'), JSON.stringify(flowFor(port)));
  const nodeRed = await startNodeRed({
    userDirectory: directory,
    onWarning: (line) => process.stderr.write(`${line}\n`),
  });
  const cycle = (wanted, patienceMs) => readOnce(nodeRed.url, wanted, patienceMs);
  try {
    await untilConnected(() => cycle(offsets.slice(0, 1), 500));
  } catch (error) {
    await nodeRed.stop();
    throw error;
  }
  return {
    async measure(cycles) {
      const times = [];
      for (let run = 0; run < cycles; run += 1) times.push(await cycle(offsets, 30_000));
      return median(times);
    },
    close: () => nodeRed.stop(),
  };
}

/** One cycle; answers how long it took inside Node-RED, in ms. */
async function readOnce(url, offsets, patienceMs) {
  const address = `${url}/cycle?offsets=${encodeURIComponent(JSON.stringify(offsets))}`;
  const { elapsed, values } = await (await fetch(address, { signal: AbortSignal.timeout(patienceMs) })).json();
  if (values.some((value, index) => value !== offsets[index])) throw new Error('the flex-getter gave wrong values');
  return elapsed;
}

/** What it is asked before it has connected is lost. */
async function untilConnected(attempt) {
  for (let left = 30; ; left -= 1) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}
