import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import mqtt from 'mqtt';
import { deviceName, registerName, REQUEST_REGISTERS } from './sizes.mjs';

export const VERSION = '3.8.5';

const directory = join(import.meta.dirname, '..', '..', '.cache', 'bench-gateway');
const environment = join(directory, 'thingsboard');
const python = join(environment, 'bin', 'python');
/** It would install the last three by itself, when it first meets a Modbus device. */
const REQUIREMENTS = [`thingsboard-gateway==${VERSION}`, 'pymodbus==3.9.2', 'pyserial', 'pyserial-asyncio'];
const INSTALL_MS = 240_000;

/** Installs it under .cache (ignored by git) unless it is there; answers why it cannot be had, if so. */
export function installThingsBoard() {
  if (isInstalled()) return undefined;
  try {
    execFileSync('python3', ['-m', 'venv', environment], { stdio: 'pipe', timeout: INSTALL_MS });
    const install = ['-m', 'pip', 'install', '--quiet', ...REQUIREMENTS];
    execFileSync(python, install, { stdio: 'pipe', timeout: INSTALL_MS });
    return undefined;
  } catch (error) {
    return String(error).split('\n')[0];
  }
}

function isInstalled() {
  if (!existsSync(python)) return false;
  try {
    execFileSync(python, ['-c', 'import thingsboard_gateway, pymodbus, serial_asyncio'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * The gateway with a device at each of `ports`; rate limits, statistics and logs off.
 * @param options.way `tags`: each register a tag of its own, as its dialog and its examples have them. `ranges`: all registers of
 * a device as one range of addresses, in as few requests as Modbus allows, which is the best it can do
 * @returns `{ begunAt, probe(): Promise<Usage>, stop() }`
 */
export async function startThingsBoard({ ports, broker, registers, way }) {
  const run = join(directory, `run-${process.pid}`);
  await mkdir(join(run, 'config'), { recursive: true });
  const write = (name, content) => writeFile(join(run, 'config', name), JSON.stringify(content));
  await write('tb_gateway.json', gatewayConfig(broker));
  await write('modbus.json', modbusConfig(ports, registers, way));
  await write('logs.json', LOGS);
  const responder = await startResponder(broker);
  const begunAt = performance.now();
  const child = spawn(python, [join(import.meta.dirname, 'thingsboard.py')], {
    cwd: run,
    env: { ...process.env, TB_GW_CONFIG_DIR: join(run, 'config') },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  let before;
  return {
    begunAt,
    async probe() {
      const usage = usageLine(lines);
      child.stdin.write('probe\n');
      const now = { ...(await usage), at: performance.now() };
      const since = before ?? { cpuMs: 0, at: begunAt };
      before = now;
      return { cpuMs: now.cpuMs - since.cpuMs, wallMs: now.at - since.at, rssBytes: now.rssBytes };
    },
    async stop() {
      child.stdin.end();
      await exited;
      await responder.stop();
      await rm(run, { recursive: true, force: true });
    },
  };
}

async function usageLine(lines) {
  for (;;) {
    const [line] = await once(lines, 'line');
    if (line.startsWith('USAGE ')) return JSON.parse(line.slice('USAGE '.length));
  }
}

/**
 * The gateway publishes nothing until its platform has told it the limits of the session: none here, and the platform's own
 * defaults for what has to be something.
 */
async function startResponder(broker) {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker}`);
  const limits = { rateLimits: {}, gatewayRateLimits: {}, maxPayloadSize: 65_536, maxInflightMessages: 100 };
  client.on('message', (topic, payload) => {
    if (JSON.parse(payload).method !== 'getSessionLimits') return;
    client.publish(topic.replace('/request/', '/response/'), JSON.stringify(limits), { qos: 1 });
  });
  await client.subscribeAsync('v1/devices/me/rpc/request/+');
  return { stop: () => client.endAsync(true) };
}

const NO_LIMIT = '0:0,';

const gatewayConfig = (broker) => ({
  thingsboard: {
    ...{ host: '127.0.0.1', port: broker, qos: 1, security: { type: 'accessToken', accessToken: 'bench' } },
    ...{ remoteShell: false, remoteConfiguration: false, statistics: { enable: false, enableCustom: false } },
    ...{ checkConnectorsConfigurationInSeconds: 3600, checkingDeviceActivity: { checkDeviceInactivity: false } },
    ...{ rateLimits: NO_LIMIT, dpRateLimits: NO_LIMIT, messagesRateLimits: NO_LIMIT },
    ...{ deviceRateLimits: NO_LIMIT, deviceDpRateLimits: NO_LIMIT, deviceMessagesRateLimits: NO_LIMIT },
    reportStrategy: { type: 'ON_RECEIVED' },
  },
  storage: { type: 'memory', read_records_count: 100, max_records_count: 100_000 },
  grpc: { enabled: false },
  connectors: [{ type: 'modbus', name: 'modbus', configuration: 'modbus.json' }],
});

const modbusConfig = (ports, registers, way) => ({
  name: 'modbus',
  logLevel: 'ERROR',
  master: {
    slaves: ports.map((port, index) => ({
      ...{ host: '127.0.0.1', port, type: 'tcp', method: 'socket', unitId: 1, timeout: 5 },
      ...{ deviceName: deviceName(index), deviceType: 'default', byteOrder: 'BIG', wordOrder: 'BIG' },
      ...{ retries: 0, pollPeriod: 1000, attributes: [], attributeUpdates: [], rpc: [] },
      timeseries: way === 'tags' ? tags(registers) : [range(registers)],
    })),
  },
});

const TAG = { type: '16uint', functionCode: 3, objectsCount: 1 };

const tags = (registers) =>
  Array.from({ length: registers }, (_, address) => ({ ...TAG, tag: registerName(address), address }));

const range = (registers) => ({
  ...TAG,
  tag: registerName('${address}'),
  address: `0-${registers - 1}`,
  maxRegistersPerRequest: REQUEST_REGISTERS,
});

const LOGS = { version: 1, disable_existing_loggers: false, handlers: {}, loggers: {}, root: { level: 'ERROR' } };
