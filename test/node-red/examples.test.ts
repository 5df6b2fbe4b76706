import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DebugSidebar } from '../support/node-red/debug-sidebar.ts';
import {
  readExample,
  readRetained,
  startBroker,
  startPlant,
  watchBroker,
  type Plant,
  type Watch,
} from '../support/node-red/demo-parts.ts';
import { NodeRedProcess, type FlowNode } from '../support/node-red/node-red-process.ts';

const FILES = readdirSync(join(import.meta.dirname, '..', '..', 'examples')).sort();
const EXAMPLE_ADDRESSES = {
  broker: 'tcp://127.0.0.1:1883',
  modbusEndpoint: '127.0.0.1:5020',
  opcuaEndpoint: 'opc.tcp://127.0.0.1:4840',
};

/** Everything the examples talk to; stopped in the opposite order. */
const parts: { stop(): unknown }[] = [];
let nodeRed: NodeRedProcess;
let debug: DebugSidebar;
let plant: Plant;
let watch: Watch;
let addresses = EXAMPLE_ADDRESSES;

beforeAll(async () => {
  const broker = await startBroker();
  parts.push(broker);
  const server = await startPlant();
  parts.push(server);
  plant = server.plant;
  addresses = { ...EXAMPLE_ADDRESSES, broker: broker.url, modbusEndpoint: server.endpoint };
  watch = await watchBroker(broker.url);
  parts.push(watch);
  nodeRed = await NodeRedProcess.start();
  parts.push(nodeRed);
  debug = await DebugSidebar.open(nodeRed.url);
  parts.push({ stop: () => debug.close() });
});

afterAll(async () => {
  for (const part of parts.reverse()) await part.stop();
});

beforeEach(() => debug.clear());

describe('every example file', () => {
  it('has a comment, a title and ids that no other file has', async () => {
    const flows = await Promise.all(FILES.map((file) => readExample(file, EXAMPLE_ADDRESSES)));
    for (const flow of flows) {
      expect(flow.filter(({ type }) => type === 'comment')).toHaveLength(1);
      expect(flow.find(({ type }) => type === 'tab')?.['info']).toMatch(/\w/);
    }
    const ids = flows.flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('holds no secret', async () => {
    for (const file of FILES) {
      const text = JSON.stringify(await readExample(file, EXAMPLE_ADDRESSES));
      expect(text).not.toMatch(/credentials|password|BEGIN [A-Z ]*PRIVATE KEY/i);
    }
  });

  it('wires only to nodes of its own', async () => {
    for (const file of FILES) {
      const flow = await readExample(file, EXAMPLE_ADDRESSES);
      const ids = new Set(flow.map(({ id }) => id));
      const targets = flow.flatMap(({ wires, mqtt, broker, scope }) => [
        wires ?? [],
        mqtt ?? [],
        broker ?? [],
        scope ?? [],
      ]);
      for (const target of (targets as unknown[]).flat(3).filter((id) => id !== '' && !String(id).includes('://'))) {
        expect(ids, `${file}: ${String(target)}`).toContain(target);
      }
    }
  });
});

describe('01-dummy-to-debug', () => {
  it('shows the fan, which speeds up when told so, and three random values', async () => {
    const flow = await deploy('01-dummy-to-debug.json');
    await debug.next(debugNode(flow, 'fan values'), (payload) => field(payload, 'gear') === 'slow');
    await press(flow, 'gear fast');
    const fast = await debug.next(
      debugNode(flow, 'fan values'),
      (payload) => Number(field(payload, 'rotatingSpeed')) >= 200,
    );
    expect(fast).toMatchObject({ gear: 'fast' });
    await press(flow, 'switch off');
    await debug.next(debugNode(flow, 'fan values'), (payload) => field(payload, 'on') === false);
    await press(flow, 'read now');
    const robot = await debug.next(debugNode(flow, 'robot values'));
    expect(robot).toEqual({ steps: expect.any(Number), balance: expect.any(Number), greeting: expect.any(String) });
  });
});

describe('02-modbus-to-mqtt', () => {
  it('brings the values into the flow and, as they change, to the broker', async () => {
    const flow = await deploy('02-modbus-to-mqtt.json');
    const values = await debug.next(debugNode(flow, 'values'));
    expect(values).toEqual({
      temperature: expect.closeTo(324, -2),
      humidity: expect.any(Number),
      threshold: 324,
      battery: 100,
      nameplate: 'DeviceLink demo plant',
      alarm: expect.any(Boolean),
      running: true,
    });
    const isPart = (names: unknown) => names instanceof Array && names.length < 7 && names.includes('temperature');
    await debug.next(debugNode(flow, 'changed names'), isPart);
    await expect.poll(() => watch.last('plant/default/oven')).toMatch(/"nameplate":"DeviceLink demo plant"/);
    await expect.poll(() => watch.last('plant/default/oven/temperature')).toMatch(/^3[0-9.]+$/);
    await expect
      .poll(() => readRetained(addresses.broker, 'plant/default/oven/$availability'), { timeout: 10_000 })
      .toBe('online');
  });
});

describe('50-tasmota-plug', () => {
  it('has the values of the plug, writes its switch with confirmation, and knows when it is away', async () => {
    const flow = await deploy('50-tasmota-plug.json');
    const values = debugNode(flow, 'plug values');
    await debug.next(values, (payload) => field(payload, 'power') === 21 && field(payload, 'switch') === false);
    await press(flow, 'on');
    expect(await debug.next(values, (payload) => field(payload, 'switch') === true)).toMatchObject({ switch: true });
    const state = async () => {
      const { body } = await nodeRed.request('GET', '/devicelink/devices');
      return (body as { name: string; state: string }[]).find(({ name }) => name === 'plug')?.state;
    };
    await press(flow, 'the plug goes away');
    await expect.poll(state).toBe('unhealthy');
    await press(flow, 'the plug is back');
    await expect.poll(state, { timeout: 15_000 }).toBe('healthy');
  });
});

describe('03-write-to-modbus-coil', () => {
  it('writes the coil, reports done after the answer, and hands a refused write to the catch node', async () => {
    const flow = await deploy('03-write-to-modbus-coil.json');
    await debug.next(debugNode(flow, 'values'));
    await press(flow, 'halt');
    expect(await debug.next(debugNode(flow, 'done'))).toEqual({ running: false });
    expect(plant.isRunning).toBe(false);
    debug.clear();
    await press(flow, 'run');
    await debug.next(debugNode(flow, 'done'));
    expect(plant.isRunning).toBe(true);
    await press(flow, 'refused');
    expect(await debug.next(debugNode(flow, 'error'))).toMatchObject({ code: 'READ_ONLY' });
  });

  it('shows degrees Celsius', async () => {
    const flow = await deploy('03-write-to-modbus-coil.json');
    const values = await debug.next(debugNode(flow, 'values'));
    expect(field(values, 'temperature')).toBeCloseTo(50.85, -2);
    expect(Number(field(values, 'temperature'))).toBeLessThan(100);
  });
});

describe('04-commands-from-mqtt', () => {
  it('writes what comes over the broker and publishes the outcome', async () => {
    const flow = await deploy('04-commands-from-mqtt.json');
    await debug.next(debugNode(flow, 'values'));
    await press(flow, 'threshold 330');
    await debug.next(debugNode(flow, 'outcome'));
    expect(plant.threshold).toBe(330);
    await debug.next(debugNode(flow, 'values'), (payload) => field(payload, 'threshold') === 330);
    debug.clear();
    await press(flow, 'above its range');
    expect(JSON.stringify(await debug.next(debugNode(flow, 'outcome')))).toContain('BAD_VALUE');
    expect(plant.threshold).toBe(330);
  });
});

async function deploy(file: string): Promise<FlowNode[]> {
  const flow = await readExample(file, addresses);
  await nodeRed.deploy(flow);
  return flow;
}

/** As a click on an inject node's button. */
async function press(flow: readonly FlowNode[], name: string): Promise<void> {
  const { status, text } = await nodeRed.request('POST', `/inject/${nodeNamed(flow, 'inject', name).id}`);
  expect(status, text).toBe(200);
}

const debugNode = (flow: readonly FlowNode[], name: string) => nodeNamed(flow, 'debug', name).id;

function nodeNamed(flow: readonly FlowNode[], type: string, name: string): FlowNode {
  const found = flow.find((node) => node.type === type && node['name'] === name);
  if (found === undefined) throw new Error(`the example has no ${type} node "${name}"`);
  return found;
}

const field = (payload: unknown, name: string): unknown => (payload as Record<string, unknown> | null)?.[name];
