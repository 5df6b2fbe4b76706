import { tmpdir } from 'node:os';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DebugSidebar } from '../support/node-red/debug-sidebar.ts';
import {
  makeMachine,
  readExample,
  readRetained,
  startBroker,
  startMachineServer,
  watchBroker,
  type Addresses,
  type Machine,
  type Watch,
} from '../support/node-red/demo-parts.ts';
import { NodeRedProcess, type FlowNode } from '../support/node-red/node-red-process.ts';

/** Everything the examples talk to; stopped in the opposite order. */
const parts: { stop(): unknown }[] = [];
let addresses: Addresses;
let nodeRed: NodeRedProcess;
let debug: DebugSidebar;
let machine: Machine;
let watch: Watch;

beforeAll(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'devicelink-examples-'));
  parts.push({ stop: () => rm(directory, { recursive: true, force: true }) });
  const broker = await startBroker();
  parts.push(broker);
  ({ machine } = await makeMachine());
  const server = await startMachineServer(machine, directory);
  parts.push(server);
  addresses = { broker: broker.url, modbusEndpoint: '127.0.0.1:5020', opcuaEndpoint: server.endpoint };
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

describe('20-opcua-to-debug', () => {
  it('shows values of every kind, whose types it was not told', async () => {
    const flow = await deploy('20-opcua-to-debug.json');
    const values = await debug.next(debugNode(flow, 'values'), (payload) => field(payload, 'zones') !== undefined);
    expect(values).toMatchObject({
      answer: 42,
      boolean: expect.any(Boolean),
      int16: expect.any(Number),
      uint32: expect.any(Number),
      double: expect.any(Number),
      string: expect.stringMatching(/^[0-9a-f]{8}$/),
      zones: [expect.any(Number), expect.any(Number), expect.any(Number)],
    });
    await debug.next(debugNode(flow, 'changed names'), (names) => names instanceof Array && names.includes('double'));
    debug.clear();
    await press(flow, 'read now');
    const two = await debug.next(debugNode(flow, 'values'), (payload) => field(payload, 'zones') === undefined);
    expect(two).toEqual({ answer: 42, double: expect.any(Number) });
  });
});

describe('21-opcua-to-mqtt', () => {
  it('brings the values into the flow and, as they change, to the broker', async () => {
    const flow = await deploy('21-opcua-to-mqtt.json');
    const values = await debug.next(debugNode(flow, 'values'), (payload) => field(payload, 'recipe') !== undefined);
    expect(values).toMatchObject({
      temperature: expect.any(Number),
      setpoint: expect.any(Number),
      speed: expect.any(Number),
      recipe: expect.objectContaining({ Name: 'Tomato soup' }) as unknown,
    });
    await expect.poll(() => watch.last('plant/default/mixer/temperature'), { timeout: 10_000 }).toMatch(/^[0-9.]+$/);
    await expect.poll(() => watch.last('plant/default/mixer')).toMatch(/"recipe":\{"Name":"Tomato soup"/);
    await expect
      .poll(() => readRetained(addresses.broker, 'plant/default/mixer/$availability'), { timeout: 15_000 })
      .toBe('online');
  });
});

describe('22-write-to-opcua', () => {
  it('keeps a desired value, changes one member of a structure, and tells what the server refused', async () => {
    const flow = await deploy('22-write-to-opcua.json');
    await expect.poll(() => machine.setpoint, { timeout: 10_000 }).toBe(65);
    await press(flow, 'hotter');
    await debug.next(debugNode(flow, 'done'), (payload) => field(payload, 'setpoint') === 75);
    expect(machine.setpoint).toBe(75);
    await press(flow, 'longer');
    const isLonger = (recipe: unknown) => field(recipe, 'Minutes') === 50 && field(recipe, 'Name') === 'Tomato soup';
    await debug.next(debugNode(flow, 'values'), (payload) => isLonger(field(payload, 'recipe')));
    await press(flow, 'refused');
    expect(await debug.next(debugNode(flow, 'error'))).toMatchObject({ code: 'OPCUA_BadOutOfRange' });
    expect(machine.setpoint).toBe(75);
  });
});

describe('23-opcua-browse-and-call', () => {
  it('browses the machine and calls its methods', async () => {
    const flow = await deploy('23-opcua-browse-and-call.json');
    await debug.next(debugNode(flow, 'values'));
    await press(flow, 'browse');
    const { nodes } = (await debug.next(debugNode(flow, 'answers'))) as { nodes: Record<string, unknown>[] };
    expect(nodes).toContainEqual(expect.objectContaining({ browseName: '1:SetSpeed', nodeClass: 'Method' }));
    expect(nodes).toContainEqual(expect.objectContaining({ nodeID: 'ns=1;s=machine.speed', builtInType: 'UInt32' }));
    debug.clear();
    const before = machine.speedSetpoint;
    await press(flow, 'set speed');
    expect(await debug.next(debugNode(flow, 'answers'))).toMatchObject({
      status: 'Good',
      outputs: { previous: before },
    });
    expect(machine.speedSetpoint).toBe(900);
    machine.stop();
    await press(flow, 'stop');
    expect(await debug.next(debugNode(flow, 'error'))).toMatchObject({ code: 'OPCUA_BadInvalidState' });
    await press(flow, 'start');
    await debug.next(debugNode(flow, 'values'), (payload) => field(payload, 'speed') === 900);
  });
});

describe('24-opcua-history', () => {
  it('answers raw values, and averages', async () => {
    const flow = await deploy('24-opcua-history.json');
    await press(flow, 'last minute');
    const { values } = (await debug.next(debugNode(flow, 'values and times'))) as { values: unknown[] };
    expect(values.length).toBeGreaterThan(2);
    expect(values).toContainEqual(
      expect.objectContaining({ value: expect.any(Number) as unknown, quality: 'good', status: 'Good' }),
    );
    debug.clear();
    await press(flow, 'averages');
    const averages = (await debug.next(debugNode(flow, 'values and times'))) as { values: { value?: unknown }[] };
    expect(averages.values.some(({ value }) => typeof value === 'number')).toBe(true);
  });
});

describe('25-opcua-events-and-alarms', () => {
  it('tells an alarm, lists it, and acknowledges it', { timeout: 60_000 }, async () => {
    machine.start();
    const flow = await deploy('25-opcua-events-and-alarms.json');
    const answers = debugNode(flow, 'answers');
    await debug.next(answers, (payload) => field(payload, 'subscription') === 'events');
    await press(flow, 'overheat');
    const isActive = (event: unknown) => field(event, 'ActiveState') === true;
    const event = await debug.next(debugNode(flow, 'events'), isActive, 40_000);
    expect(event).toMatchObject({ subscription: 'events', ConditionName: 'Overheated', AckedState: false });
    await press(flow, 'alarms');
    const list = await debug.next(answers, (payload) => field(payload, 'alarms') !== undefined);
    expect(list).toMatchObject({ alarms: [expect.objectContaining({ ConditionName: 'Overheated' })] });
    await press(flow, 'acknowledge');
    await debug.next(answers, (payload) => field(payload, 'status') === 'Good');
    await debug.next(debugNode(flow, 'events'), (payload) => field(payload, 'AckedState') === true);
    await press(flow, 'cool down');
    await expect.poll(() => machine.setpoint).toBe(60);
  });
});

async function deploy(file: string): Promise<FlowNode[]> {
  const flow = await readExample(file, addresses);
  await nodeRed.deploy(flow);
  return flow;
}

/** As a click on an inject node's button. */
async function press(flow: readonly FlowNode[], name: string): Promise<void> {
  const path = `/inject/${nodeNamed(flow, 'inject', name).id}`;
  // A deploy is answered before the new nodes are there.
  await expect.poll(async () => (await nodeRed.request('POST', path)).status).toBe(200);
}

const debugNode = (flow: readonly FlowNode[], name: string) => nodeNamed(flow, 'debug', name).id;

function nodeNamed(flow: readonly FlowNode[], type: string, name: string): FlowNode {
  const found = flow.find((node) => node.type === type && node['name'] === name);
  if (found === undefined) throw new Error(`the example has no ${type} node "${name}"`);
  return found;
}

const field = (payload: unknown, name: string): unknown =>
  (payload as Record<string, unknown> | null | undefined)?.[name];
