import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startNodeRed } from '../../scripts/demo/node-red.mjs';

const directory = join(import.meta.dirname, '..', '..', '.cache', 'bench-opcua');
const PACKAGE = 'node-red-contrib-opcua';
const VERSION = '0.2.354';
const CONNECT_ATTEMPTS = 40;

/** One message for each node, or all nodes in one; the cycle ends when the last value is there. */
const ASK = `
const nodes = JSON.parse(msg.payload);
const isOne = msg.req.query.way === 'one';
flow.set('cycle', { begin: process.hrtime.bigint(), wanted: nodes.length, values: {}, req: msg.req, res: msg.res });
if (isOne) node.send([null, { topic: 'readmultiple', payload: nodes }]);
else for (const id of nodes) node.send([{ topic: id, payload: '' }, null]);
`;
const COLLECT = `
const cycle = flow.get('cycle');
if (!cycle || typeof msg.payload !== 'number') return;
cycle.values[String(msg.topic)] = msg.payload;
if (Object.keys(cycle.values).length < cycle.wanted) return;
flow.set('cycle', undefined);
const elapsed = Number(process.hrtime.bigint() - cycle.begin) / 1e6;
return { req: cycle.req, res: cycle.res, payload: { elapsed } };
`;

const client = (id, action) => ({
  ...{ id, z: 'tab', type: 'OpcUa-Client', name: '', endpoint: 'endpoint', action },
  ...{
    deadbandtype: 'a',
    deadbandvalue: 1,
    time: 10,
    timeUnit: 's',
    certificate: 'n',
    localfile: '',
    localkeyfile: '',
  },
  ...{ securitymode: 'None', securitypolicy: 'None', useTransport: false, maxChunkCount: 1, maxMessageSize: 8192 },
  ...{ receiveBufferSize: 8192, sendBufferSize: 8192, setstatusandtime: false, keepsessionalive: false },
  ...{ applicationName: '', applicationUri: '', wires: [['collect'], [], []] },
});

const aFunction = (id, func, outputs, wires) => ({
  ...{ id, z: 'tab', type: 'function', func, outputs, wires },
  libs: [{ var: 'process', module: 'process' }],
});

const flowFor = (endpoint) => [
  { id: 'tab', type: 'tab', label: 'bench' },
  {
    ...{ id: 'endpoint', type: 'OpcUa-Endpoint', name: '', endpoint, secpol: 'None', secmode: 'None' },
    ...{ none: true, login: false, usercert: false, usercertificate: '', userprivatekey: '' },
  },
  { id: 'in', z: 'tab', type: 'http in', url: '/cycle', method: 'post', wires: [['ask']] },
  aFunction('ask', ASK, 2, [['each'], ['all']]),
  client('each', 'read'),
  client('all', 'readmultiple'),
  aFunction('collect', COLLECT, 1, [['out']]),
  { id: 'out', z: 'tab', type: 'http response', wires: [] },
];

const SETTINGS = `module.exports = {
  uiHost: '127.0.0.1',
  uiPort: 0,
  credentialSecret: 'bench',
  telemetry: { enabled: false, updateNotification: false },
  editorTheme: { tours: false, projects: { enabled: false } },
  functionExternalModules: true,
  logging: { console: { level: 'info', metrics: false, audit: false } },
};

// Where node-opcua puts its certificates: not into the home directory of whoever measures.
process.env.XDG_CONFIG_HOME = __dirname;
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
`;

/** Installs the package under .cache (ignored by git) unless it is there. */
export function installRival() {
  if (existsSync(join(directory, 'node_modules', PACKAGE))) return;
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefix', directory, `${PACKAGE}@${VERSION}`]);
}

/**
 * A real Node-RED with node-red-contrib-opcua reading `nodes` of `endpoint`.
 * @returns `{ ways: { name, read(): Promise<ms> }[], stop }`, the usual way last
 */
export async function startRival(endpoint, nodes) {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'settings.js'), SETTINGS);
  await writeFile(join(directory, 'flows.json'), JSON.stringify(flowFor(endpoint)));
  const nodeRed = await startNodeRed({ userDirectory: directory });
  const cycle = (way, ids, patienceMs) => readOnce(`${nodeRed.url}/cycle?way=${way}`, ids, patienceMs);
  try {
    for (const way of ['one', 'each']) await untilConnected(() => cycle(way, nodes.slice(0, 1), 500));
  } catch (error) {
    await nodeRed.stop();
    throw error;
  }
  return {
    ways: [
      { name: `${PACKAGE} ${VERSION}, one message`, read: () => cycle('one', nodes, 60_000) },
      { name: `${PACKAGE} ${VERSION}, a message a node`, read: () => cycle('each', nodes, 60_000) },
    ],
    stop: () => nodeRed.stop(),
  };
}

/** One cycle; answers how long it took inside Node-RED, in ms. */
async function readOnce(url, nodes, patienceMs) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'text/plain' },
    body: JSON.stringify(nodes),
    signal: AbortSignal.timeout(patienceMs),
  });
  return (await answer.json()).elapsed;
}

/** What it is asked before it has connected is lost. */
async function untilConnected(attempt) {
  for (let left = CONNECT_ATTEMPTS; ; left -= 1) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}
