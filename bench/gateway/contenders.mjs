import { join } from 'node:path';
import { startProbedNodeRed } from '../lib/node-red.mjs';
import { startProgram } from '../lib/program.mjs';
import { THINGSBOARD } from './counter.mjs';
import { deviceName, registerName, REQUEST_REGISTERS } from './sizes.mjs';
import { startThingsBoard, VERSION } from './thingsboard.mjs';

/** What the README advises for less memory. */
const SMALL_YOUNG_GENERATION = '--max-semi-space-size=4';

/**
 * `start({ ports, broker, registers, who })` answers `{ begunAt, probe, stop }`. `who(size)`: under which name the counter is to
 * take its messages, absent where it publishes nothing.
 */
export const NODE_RED_ALONE = { name: 'Node-RED with the package, no devices', start: () => startProbedNodeRed([]) };

export const OURS = {
  name: 'modbus-device',
  who: (size) => `ours-${size}`,
  start: (job) => startProbedNodeRed(flowsOf(job)),
};

export const OURS_SMALL = {
  name: `modbus-device, NODE_OPTIONS=${SMALL_YOUNG_GENERATION}`,
  who: (size) => `ours-small-${size}`,
  start: (job) => startProbedNodeRed(flowsOf(job), { nodeArguments: [SMALL_YOUNG_GENERATION] }),
};

export const BARE = { name: 'bare Node program', who: (size) => `bare-${size}`, start: startBare };

export const THINGSBOARD_TAGS = {
  name: `ThingsBoard IoT Gateway ${VERSION}, tag by tag`,
  who: () => THINGSBOARD,
  start: (job) => startThingsBoard({ ...job, way: 'tags' }),
};

export const THINGSBOARD_RANGES = {
  name: `ThingsBoard IoT Gateway ${VERSION}, ranges of ${REQUEST_REGISTERS}`,
  who: () => THINGSBOARD,
  start: (job) => startThingsBoard({ ...job, way: 'ranges' }),
};

async function startBare(job) {
  const begunAt = performance.now();
  const program = startProgram(join(import.meta.dirname, 'bare.mjs'), [JSON.stringify(job)]);
  return { begunAt, probe: () => program.ask('probe'), stop: program.stop };
}

/**
 * A device at each of `ports`, each register a property; published at `bench/<who>/default/<device>` each second. `rows`: how
 * the table of properties is kept, `texts` as the editor writes it, or `objects`.
 */
export function flowsOf({ ports, broker, registers, who, rows = 'texts' }) {
  const extension = {
    id: 'bench00000000mqtt',
    type: 'mqtt-extension',
    name: 'bench',
    client: { server: `tcp://127.0.0.1:${broker}`, clientID: `bench-${who}` },
    message: { topic: { prefix: `bench/${who}`, with: 'nn' }, qos: 1 },
    publish: { payload: 'values', when: 'sync' },
  };
  const tab = { id: 'bench0000000tab', type: 'tab', label: 'bench' };
  const properties = Array.from({ length: registers }, (_, offset) => ({
    name: registerName(offset),
    type: 'uint16',
    accessMode: 'ReadOnly',
    visitor: { register: 'HoldingRegister', offset },
  })).map((row) => (rows === 'texts' ? JSON.stringify(row) : row));
  const devices = ports.map((port, index) => ({
    id: `bench${String(index).padStart(11, '0')}`,
    type: 'modbus-device',
    z: tab.id,
    name: deviceName(index),
    namespace: 'default',
    mqtt: extension.id,
    parameters: { syncInterval: '1s', timeout: '1s' },
    protocol: { tcp: { endpoint: `127.0.0.1:${port}`, workerID: 1 } },
    properties,
    x: 100,
    y: 100,
    wires: [[]],
  }));
  return [tab, extension, ...devices];
}
