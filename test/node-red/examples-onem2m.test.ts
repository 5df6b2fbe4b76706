import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DebugSidebar } from '../support/node-red/debug-sidebar.ts';
import {
  readExample,
  startBroker,
  startCses,
  startPlant,
  watchBroker,
  type Addresses,
  type Plant,
  type Watch,
} from '../support/node-red/demo-parts.ts';
import { NodeRedProcess, type FlowNode } from '../support/node-red/node-red-process.ts';

const FILES = readdirSync(join(import.meta.dirname, '..', '..', 'examples')).filter((file) => /onem2m/.test(file));

/** Everything the examples talk to; stopped in the opposite order. */
const parts: { stop(): unknown }[] = [];
let addresses: Addresses & { inCse: string; mnCse: string };
let nodeRed: NodeRedProcess;
let debug: DebugSidebar;
let plant: Plant;
let watch: Watch;

beforeAll(async () => {
  const broker = await startBroker();
  parts.push(broker);
  const cses = await startCses(broker.url);
  parts.push(cses);
  const server = await startPlant();
  parts.push(server);
  plant = server.plant;
  const opcuaEndpoint = 'opc.tcp://127.0.0.1:4840';
  const { inCse, mnCse } = cses;
  addresses = { broker: broker.url, modbusEndpoint: server.endpoint, opcuaEndpoint, inCse, mnCse };
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

describe('the oneM2M examples together', () => {
  it('give each application entity a name and an originator of its own', async () => {
    const flows = await Promise.all(FILES.map((file) => readExample(file, addresses)));
    const entities = flows.flat().filter(({ type }) => type === 'onem2m-ae');
    expect(entities).toHaveLength(10);
    for (const member of ['name', 'originator']) {
      expect(new Set(entities.map(({ ae }) => field(ae, member))).size).toBe(entities.length);
    }
  });
});

describe('30-onem2m-first-steps', () => {
  it('does the same over MQTT and over HTTP, with equal messages', async () => {
    const flow = await deploy('30-onem2m-first-steps.json');
    const registered = { mqtt: 'first-steps-mqtt', http: 'first-steps-http' };
    for (const binding of ['MQTT', 'HTTP']) {
      await debug.next(debugNode(flow, `${binding} life`), (info) => field(info, 'event') === 'registered');
    }
    expect(await retrieve(addresses.mnCse, `onem2m/${registered.mqtt}`)).toMatchObject({
      poa: [expect.stringMatching(/^mqtt:/)],
    });
    expect(await retrieve(addresses.mnCse, `onem2m/${registered.http}`)).toMatchObject({
      poa: [expect.stringMatching(/^http:/)],
    });

    const step = async (name: string, op: string): Promise<unknown> => {
      await press(flow, name);
      const isAnswer = (msg: unknown) => field(field(msg, 'onem2m'), 'op') === op;
      const [overMqtt, overHttp] = await Promise.all(
        ['MQTT', 'HTTP'].map((binding) => debug.next(debugNode(flow, `${binding} result`), isAnswer)),
      );
      expect(comparable(overMqtt)).toEqual(comparable(overHttp));
      return overMqtt;
    };
    expect(await step('CSEBase', 'retrieve')).toMatchObject({ payload: { rn: 'onem2m', csi: '/mn-cse-1' } });
    expect(await step('container', 'create')).toMatchObject({ payload: { rn: 'measurements' }, onem2m: { rsc: 2001 } });
    await step('subscribe', 'subscribe');
    await step('content 21.5', 'push');
    for (const binding of ['MQTT', 'HTTP']) {
      expect(await debug.next(debugNode(flow, `${binding} notification`))).toBe(21.5);
    }
    expect(await step('latest', 'latest')).toMatchObject({ payload: 21.5 });
    expect(await step('discover', 'discover')).toMatchObject({ payload: ['onem2m/first-steps-mqtt/measurements'] });
    await step('change labels', 'update');
    expect(await retrieve(addresses.mnCse, 'onem2m/first-steps-http')).toMatchObject({ lbl: ['first', 'steps'] });
    await press(flow, 'container');
    const refusal = await debug.next(debugNode(flow, 'error'));
    expect(refusal).toMatchObject({ code: 'ONEM2M_4105', message: expect.stringContaining('exist') as unknown });
    await step('delete', 'delete');
    for (const binding of ['MQTT', 'HTTP']) {
      await debug.next(debugNode(flow, `${binding} life`), (info) => field(info, 'event') === 'subscriptionDeleted');
      expect(debug.all(debugNode(flow, `${binding} notification`))).toEqual([21.5]);
    }
    await step('deregister', 'deregister');
    expect(await retrieve(addresses.mnCse, 'onem2m/first-steps-mqtt')).toBeUndefined();
    await step('register', 'register');
    expect(await retrieve(addresses.mnCse, 'onem2m/first-steps-mqtt')).toMatchObject({ aei: 'CfirstStepsMqtt' });
  });
});

describe('31-onem2m-device', () => {
  it('makes a Modbus meter a oneM2M device, which a command from the backend is written to', async () => {
    const flow = await deploy('31-onem2m-device.json');
    const device = 'onem2m/plant-devices/meter';
    // It drifts, by hardly more than a kelvin a second.
    const isNear = (value: unknown) => Math.abs(Number(value) - plant.temperature) < 4;
    await expect
      .poll(async () => isNear(field(await latest(`${device}/temperature`), 'con')), { timeout: 15_000 })
      .toBe(true);
    const labels = field(await retrieve(addresses.mnCse, `${device}/temperature`), 'lbl');
    expect(labels).toEqual(expect.arrayContaining(['unit:K', 'plant']));
    await expect.poll(() => retrieve(addresses.mnCse, `${device}/threshold/commands`)).toMatchObject({ ty: 3 });
    await expect.poll(() => retrieve(addresses.mnCse, 'onem2m/plant-devices/blower/gear/commands')).toBeDefined();

    const answer = debugNode(flow, 'answer');
    await press(flow, 'devices');
    const found = ['meter', 'blower'].map((name) => `/mn-cse-1/onem2m/plant-devices/${name}`);
    const list = await debug.next(answer, (payload) => payload instanceof Array);
    expect(list).toEqual(expect.arrayContaining(found));
    await press(flow, 'temperature');
    await debug.next(answer, (payload) => typeof payload === 'number' && isNear(payload));

    await expect.poll(() => subscriptionsOf(`${device}/threshold/commands`)).toHaveLength(1);
    await press(flow, 'threshold 330');
    await expect.poll(() => plant.threshold, { timeout: 5000 }).toBe(330);
    const isWritten = (msg: unknown) => field(field(msg, 'onem2m'), 'event') === 'command';
    const written = await debug.next(debugNode(flow, 'life and commands'), isWritten);
    expect(written).toMatchObject({ payload: 330, onem2m: { device: 'meter', property: 'threshold', ok: true } });
    await expect.poll(async () => field(await latest(`${device}/threshold`), 'con'), { timeout: 5000 }).toBe('330');

    await press(flow, 'above its range');
    const refusal = await debug.next(debugNode(flow, 'error'));
    expect(field(refusal, 'message')).toMatch(/command for "threshold" of "meter" failed/);
    expect(plant.threshold).toBe(330);

    await press(flow, 'gear fast');
    await expect
      .poll(async () => field(await latest('onem2m/plant-devices/blower/gear'), 'con'), { timeout: 5000 })
      .toBe('fast');
  });
});

describe('32-onem2m-sensor-ipe and 34-onem2m-gui-sensors', () => {
  it('bring a value from the sensor at the gateway to the GUI at the backend, through the broker', async () => {
    const ipe = await read('32-onem2m-sensor-ipe.json');
    const gui = await read('34-onem2m-gui-sensors.json');
    await nodeRed.deploy([...ipe, ...gui]);
    const values = debugNode(gui, 'values');
    const temperature = await debug.next(values, (text) => /^Temp-1: [\d.]+ °C$/.test(String(text)));
    await debug.next(values, (text) => /^Humi-1: [\d.]+ %$/.test(String(text)));
    const measured = { value: Number(/[\d.]+(?= )/.exec(String(temperature))?.[0]), unit: '°C' };
    await debug.next(debugNode(ipe, 'pushed'), (payload) => JSON.stringify(payload) === JSON.stringify(measured));

    const container = 'onem2m/sensor-ipe/devices/Temp-1/measurements';
    expect(await retrieve(addresses.mnCse, container)).toMatchObject({ lbl: ['measurements'], mni: 10 });
    expect(await retrieve(addresses.inCse, 'onem2m/gui-sensors')).toMatchObject({ aei: 'CguiSensors' });
    expect(await retrieve(addresses.mnCse, 'onem2m/gui-sensors')).toBeUndefined();
    expect(await subscriptionsOf(container)).toEqual([expect.stringMatching(/\/devicelink-gui-sensors-/)]);
    expect(watch.last('/oneM2M/req/mn-cse-1/in-cse-1/json')).toMatch(/"to":"\/in-cse-1\/CguiSensors"/);
    expect(watch.last('/oneM2M/req/in-cse-1/CguiSensors/json')).toMatch(/"m2m:sgn"/);

    // The sensor goes and comes back, while the GUI stays as it is.
    await nodeRed.deploy(gui, 'nodes');
    await debug.next(debugNode(gui, 'gone'), (address) => address === `/mn-cse-1/${container}`);
    debug.clear();
    await nodeRed.deploy([...ipe, ...gui], 'nodes');
    await debug.next(values, (text) => /^Temp-1: /.test(String(text)));
  });
});

describe('33-onem2m-sensor-actuator-ipe and 35-onem2m-gui-actuators', () => {
  it('let the GUI at the backend switch the fan at the gateway when a threshold is crossed', async () => {
    const ipe = await read('33-onem2m-sensor-actuator-ipe.json');
    const gui = await read('35-onem2m-gui-actuators.json');
    await nodeRed.deploy(gui);
    await press(gui, 'fan on');
    expect(await debug.next(debugNode(gui, 'not found'))).toMatch(/the fan has not been found yet/);
    await nodeRed.deploy([...ipe, ...gui]);
    const pushed = debugNode(ipe, 'pushed');
    const command = debugNode(ipe, 'command');
    await debug.next(debugNode(gui, 'value'), (payload) => Number(field(payload, 'value')) >= 26);
    await debug.next(command, (payload) => payload === 'ON');
    expect(await latest('onem2m/kitchen-ipe/devices/fan/commands')).toMatchObject({ con: 'ON' });
    await debug.next(pushed, (payload) => Number(field(payload, 'value')) <= 22);
    await debug.next(command, (payload) => payload === 'OFF');
    debug.clear();
    await press(gui, 'fan on');
    await debug.next(command, (payload) => payload === 'ON');
  });
});

describe('36-onem2m-through-a-gateway', () => {
  it('reaches the gateway through the backend, and the backend through the gateway', async () => {
    const flow = await deploy('36-onem2m-through-a-gateway.json');
    const backend = debugNode(flow, 'backend result');
    const did = (op: string) => (msg: unknown) => field(field(msg, 'onem2m'), 'op') === op;
    await press(flow, 'gateway');
    expect(await debug.next(backend, did('retrieve'))).toMatchObject({ payload: { csi: '/mn-cse-1', rn: 'onem2m' } });
    await press(flow, 'container there');
    expect(await debug.next(backend, did('create'))).toMatchObject({ onem2m: { to: '/mn-cse-1/onem2m', rsc: 2001 } });
    expect(await retrieve(addresses.mnCse, 'onem2m/from-the-backend')).toMatchObject({ mni: 10 });
    expect(await retrieve(addresses.inCse, 'onem2m/from-the-backend')).toBeUndefined();

    const gateway = debugNode(flow, 'gateway result');
    await press(flow, 'listen');
    await debug.next(gateway, did('subscribe'));
    await press(flow, 'content there');
    expect(await debug.next(debugNode(flow, 'gateway notification'))).toEqual({ hello: 'gateway' });
    await press(flow, 'latest there');
    expect(await debug.next(backend, did('latest'))).toMatchObject({ payload: { hello: 'gateway' } });
    await press(flow, 'backend');
    expect(await debug.next(gateway, did('retrieve'))).toMatchObject({ payload: { csi: '/in-cse-1' } });

    await press(flow, 'nobody');
    const refusal = await debug.next(debugNode(flow, 'error'));
    expect(refusal).toMatchObject({ code: expect.stringMatching(/^ONEM2M_/) as unknown });
    await press(flow, 'delete there');
    await debug.next(backend, did('delete'));
    expect(await retrieve(addresses.mnCse, 'onem2m/from-the-backend')).toBeUndefined();
  });
});

const read = (file: string): Promise<FlowNode[]> => readExample(file, addresses);

async function deploy(file: string): Promise<FlowNode[]> {
  const flow = await read(file);
  await nodeRed.deploy(flow);
  return flow;
}

/** As a click on an inject node's button. */
async function press(flow: readonly FlowNode[], name: string): Promise<void> {
  const path = `/inject/${nodeNamed(flow, 'inject', name).id}`;
  // A deploy is answered before the new nodes are there.
  await expect.poll(async () => (await nodeRed.request('POST', path)).status).toBe(200);
}

/** A resource's attributes, as any outsider sees them over plain HTTP; undefined where there is none. */
async function retrieve(cse: string, path: string, query = ''): Promise<unknown> {
  const headers = { 'X-M2M-Origin': 'Coutsider', 'X-M2M-RI': 'look', 'X-M2M-RVI': '3', Accept: 'application/json' };
  const answer = await fetch(`${cse}/${path}${query}`, { headers });
  const body: unknown = await answer.json();
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new Error(`GET ${path} answered ${answer.status}: ${JSON.stringify(body)}`);
  return Object.values(body as object)[0];
}

const latest = (container: string): Promise<unknown> => retrieve(addresses.mnCse, `${container}/la`);

const subscriptionsOf = (container: string): Promise<unknown> => retrieve(addresses.mnCse, container, '?fu=1&ty=23');

/** What two bindings must have in common: all but the ids and times that differ between requests, and where they are reached. */
function comparable(msg: unknown): unknown {
  const { payload, onem2m, topic } = msg as Record<string, unknown>;
  const { rqi, raw, durationMs, ...info } = onem2m as Record<string, unknown>;
  const text = JSON.stringify({ payload, topic, info, kinds: [typeof rqi, typeof raw, typeof durationMs] });
  // Names of subscriptions end with 128 random bits.
  const alike = text.replaceAll(/first-?steps-?(?:mqtt|http)/gi, 'own').replaceAll(/-[0-9a-f]{32}\b/g, '-<drawn>');
  return JSON.parse(alike, (key, value: unknown) =>
    ['ri', 'pi', 'ct', 'lt', 'et', 'expiresAt', 'poa'].includes(key) ? typeof value : value,
  );
}

const debugNode = (flow: readonly FlowNode[], name: string) => nodeNamed(flow, 'debug', name).id;

function nodeNamed(flow: readonly FlowNode[], type: string, name: string): FlowNode {
  const found = flow.find((node) => node.type === type && node['name'] === name);
  if (found === undefined) throw new Error(`the example has no ${type} node "${name}"`);
  return found;
}

const field = (payload: unknown, name: string): unknown =>
  (payload as Record<string, unknown> | null | undefined)?.[name];
