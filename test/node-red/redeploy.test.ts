import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServerTCP } from 'modbus-serial';
import { CountingProxy } from '../support/mqtt/counting-proxy.ts';
import { freePort } from '../support/system/free-port.ts';
import { MosquittoSubscriber } from '../support/mqtt/mosquitto-clients.ts';
import { Mosquitto, mosquittoAvailable } from '../support/mqtt/mosquitto.ts';
import { NodeRedProcess, type FlowNode } from '../support/node-red/node-red-process.ts';

const DEPLOYS = 20;

/** Answers what keeps the process busy, and how many listeners the process object has. */
const RESOURCES = `
  settings.httpAdminMiddleware = (request, response, next) => {
    if (request.path !== '/test/resources') return next();
    const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout' || name === 'Immediate').length;
    const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
    response.json({ timers, listeners });
  };`;

interface ListedDevice {
  id: string;
  state: string;
  properties: unknown[];
  mqtt?: { connected: boolean };
}

const TAB: FlowNode = { id: 'f1', type: 'tab' };

describe.runIf(mosquittoAvailable())('redeploys', () => {
  let broker: Mosquitto;
  let modbus: ServerTCP;
  let brokerProxy: CountingProxy;
  let modbusProxy: CountingProxy;
  let nodeRed: NodeRedProcess;

  beforeAll(async () => {
    broker = await Mosquitto.start();
    const port = await freePort();
    modbus = new ServerTCP(
      { getHoldingRegister: (address: number) => address },
      { host: '127.0.0.1', port, unitID: 1 },
    );
    await new Promise<void>((resolve) => modbus.once('initialized', () => resolve()));
    brokerProxy = await CountingProxy.start(broker.port);
    modbusProxy = await CountingProxy.start(port);
    nodeRed = await NodeRedProcess.start({ flows: [TAB], settingsScript: RESOURCES });
  });

  afterAll(async () => {
    await nodeRed.stop();
    await brokerProxy.stop();
    await modbusProxy.stop();
    await new Promise<void>((resolve) => modbus.close(() => resolve()));
    await broker.remove();
  });

  function flow(round: number): FlowNode[] {
    const common = {
      z: 'f1',
      x: 100,
      y: 100,
      mqtt: 'ext',
      parameters: { syncInterval: '50ms', timeout: '2s' },
      wires: [],
    };
    const publish = { when: 'sync', perProperty: true, availability: true, commands: true };
    return [
      TAB,
      {
        id: 'ext',
        type: 'mqtt-extension',
        client: { server: `tcp://127.0.0.1:${brokerProxy.port}`, clientID: 'redeploy' },
        message: { topic: { prefix: 'plant', with: 'nn' }, qos: 1 },
      },
      { ...common, id: 'dummy', type: 'dummy-device', name: `fan-${round}`, kind: 'special', publish },
      {
        ...common,
        id: 'modbus',
        type: 'modbus-device',
        name: 'plc',
        publish,
        protocol: { tcp: { endpoint: `127.0.0.1:${modbusProxy.port}`, workerID: 1 } },
        properties: [
          {
            name: `r${round}`,
            type: 'uint16',
            accessMode: 'ReadOnly',
            visitor: { register: 'HoldingRegister', offset: round, quantity: 1 },
          },
        ],
      },
    ];
  }

  async function devices(): Promise<ListedDevice[]> {
    return (await nodeRed.request('GET', '/devicelink/devices')).body as ListedDevice[];
  }

  async function healthy(round: number): Promise<void> {
    await expect
      .poll(async () => (await devices()).map(({ id, state, mqtt }) => [id, state, mqtt?.connected]).sort(), {
        timeout: 10_000,
        interval: 20,
      })
      .toEqual([
        ['dummy', 'healthy', true],
        ['modbus', 'healthy', true],
      ]);
    const properties = (await devices()).find(({ id }) => id === 'modbus')!.properties;
    expect(properties).toMatchObject([{ name: `r${round}`, value: round, quality: 'good' }]);
  }

  it(`${DEPLOYS} times, full and partial, leave no connection, timer or listener behind`, async () => {
    await nodeRed.deploy([TAB]);
    const before = (await nodeRed.request('GET', '/test/resources')).body;
    for (let round = 1; round <= DEPLOYS; round += 1) {
      await nodeRed.deploy(flow(round), (['full', 'nodes', 'flows'] as const)[round % 3]);
      await healthy(round);
      expect([brokerProxy.open, modbusProxy.open], `after deploy ${round}`).toEqual([1, 1]);
    }
    const started = Date.now();
    await nodeRed.deploy([TAB]);
    expect(Date.now() - started).toBeLessThan(5000);
    await expect.poll(() => [brokerProxy.open, modbusProxy.open], { timeout: 2000 }).toEqual([0, 0]);
    expect(await devices()).toEqual([]);
    await expect
      .poll(async () => (await nodeRed.request('GET', '/test/resources')).body, { timeout: 5000 })
      .toEqual(before);
    expect(nodeRed.warnings.filter((line) => /MaxListeners|Close timed out|Closing:/.test(line))).toEqual([]);
    expect(brokerProxy.accepted).toBeGreaterThan(0);
  });

  it('of one device alone leave the shared connection as it is', async () => {
    await nodeRed.deploy(flow(1));
    await healthy(1);
    const accepted = brokerProxy.accepted;
    const changed = flow(1).map((node) => (node.id === 'dummy' ? { ...node, gear: 'fast' } : node));
    await nodeRed.deploy(changed, 'nodes');
    await healthy(1);
    expect(brokerProxy.accepted).toBe(accepted);
  });

  it('tolerate a config node that is disabled or gone', async () => {
    await nodeRed.deploy(flow(1));
    await healthy(1);
    const disabled = flow(1).map((node) => (node.id === 'ext' ? { ...node, d: true } : node));
    await nodeRed.deploy(disabled, 'nodes');
    const states = async () => (await devices()).map(({ id, state, mqtt }) => [id, state, mqtt]).sort();
    const polling = [
      ['dummy', 'healthy', undefined],
      ['modbus', 'healthy', undefined],
    ];
    await expect.poll(states, { timeout: 5000 }).toEqual(polling);
    await expect.poll(() => brokerProxy.open, { timeout: 5000 }).toBe(0);
    await nodeRed.deploy(
      flow(1).filter(({ id }) => id !== 'ext'),
      'full',
    );
    await expect.poll(states, { timeout: 5000 }).toEqual(polling);
    await nodeRed.deploy(flow(1));
    await healthy(1);
  });

  it('leave every device told offline when the process is stopped, in time', async () => {
    const started = Date.now();
    expect(await nodeRed.stop()).toBe(0);
    expect(Date.now() - started).toBeLessThan(8000);
    expect(nodeRed.log).not.toMatch(/Close timed out/);
    await expect.poll(() => [brokerProxy.open, modbusProxy.open], { timeout: 2000 }).toEqual([0, 0]);
    const witness = await MosquittoSubscriber.start(broker.plain, 'plant/+/+/$availability');
    try {
      // One topic for each name the dummy device ever had, and that of the Modbus device.
      const seen = await witness.waitFor(DEPLOYS + 1);
      expect(seen.filter(({ payload }) => payload.toString() !== 'offline')).toEqual([]);
    } finally {
      await witness.stop();
    }
  });
});
