import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Device } from '../../../../src/device/engine/device.ts';
import type { ModbusProperty } from '../../../../src/drivers/modbus/config/property.ts';
import { countHandles, expectNoNewHandles, type HandleCount } from '../../../support/system/active-handles.ts';
import { FakeClock } from '../../../support/fakes/fake-clock.ts';
import { configOf, driverFor, never, property, realPorts } from '../../../support/modbus/modbus-device.ts';
import { ModbusServer, type ServerRequest } from '../../../support/modbus/modbus-server.ts';

const identity = { uid: '00000000-0000-4000-8000-000000000001', name: 'x', namespace: 'n', protocol: 'modbus' };
const level = property('level', 0, { accessMode: 'ReadOnly' });
const setpoint = property('setpoint', 10, { value: 42 });

/** Writes that arrived: function and offset. */
const writesOf = (requests: readonly ServerRequest[]): string[] =>
  requests.filter(({ function: code }) => code > 4).map(({ function: code, offset }) => `${code}@${offset}`);

/** Devices close connections that are not broken at all. A device that answers is in service, however often it does so. */
describe('a device that closes connections', () => {
  let server: ModbusServer;
  let device: Device<ModbusProperty>;
  let states: string[];
  let handles: HandleCount;

  beforeEach(async () => {
    handles = countHandles();
    server = await new ModbusServer().start();
    server.registers[0] = 7;
    states = [];
  });
  afterEach(async () => {
    await device.close();
    await server.stop();
    await expectNoNewHandles(handles);
  });

  function make(properties: readonly ModbusProperty[], syncInterval = '40ms', tcp = {}): Device<ModbusProperty> {
    const config = configOf(server.endpoint, properties, tcp, { timeout: '2s', syncInterval });
    device = new Device({ identity, config, driver: driverFor(config), ports: realPorts });
    device.events.on('state', ({ state }) => states.push(state));
    return device;
  }
  const syncs = async (count: number): Promise<void> => {
    let seen = 0;
    await new Promise<void>((resolve) => device.events.on('sync', () => ++seen === count && resolve()));
  };

  it.each(['FIN', 'RST'] as const)(
    'while nothing is in flight (%s) is not lost, and gets no desired value twice',
    async (how) => {
      await make([level, setpoint]).connect();
      for (let round = 1; round <= 3; round++) {
        server.closeConnections(how);
        await expect.poll(() => server.accepted).toBe(1 + round);
        await syncs(1);
      }
      expect(states).toEqual(['connecting', 'healthy']);
      expect(device.snapshot().properties.map(({ value, quality }) => [value, quality])).toEqual([
        [7, 'good'],
        [42, 'good'],
      ]);
      expect(writesOf(server.requests)).toEqual(['6@10']);
      expect(device.snapshot().missedBeats).toBe(0);
    },
  );

  it.each(['FIN', 'RST'] as const)(
    'in the very moment of a request after a rest (%s) is not lost either: a read is sent again, a write is not',
    async (how) => {
      const clock = new FakeClock();
      const config = configOf(server.endpoint, [level, setpoint], {}, { timeout: '2s', syncInterval: '1h' });
      device = new Device({ identity, config, driver: driverFor(config, { ...realPorts, clock }), ports: realPorts });
      device.events.on('state', ({ state }) => states.push(state));
      await device.connect();
      const crossed = (act: () => Promise<unknown>): Promise<unknown> => {
        server.handler = ({ socket }) => {
          server.handler = undefined;
          if (how === 'FIN') socket.end();
          else socket.resetAndDestroy();
        };
        return act();
      };
      await clock.advance(10_000);
      expect(await crossed(() => device.read(['level']))).toMatchObject([{ value: 7, quality: 'good' }]);
      await clock.advance(10_000);
      server.requests.length = 0;
      expect(await crossed(() => device.write({ setpoint: 5 }))).toMatchObject([
        { error: { code: 'LINK_LOST', message: expect.stringContaining('may have been carried out') } },
      ]);
      expect(writesOf(server.requests)).toEqual(['6@10']);
      expect(await device.write({ setpoint: 6 })).toEqual([{ name: 'setpoint' }]);
      expect(states).toEqual(['connecting', 'healthy']);
      expect(server.accepted).toBe(3);
    },
  );

  it('while nothing is in flight, and is deaf on each new one, is asked again on it until it hears', async () => {
    const properties = [level, property('far', 500), setpoint];
    const config = configOf(
      server.endpoint,
      properties,
      { responseTimeout: '60ms' },
      { timeout: '5s', syncInterval: '1h' },
    );
    device = new Device({ identity, config, driver: driverFor(config), ports: realPorts });
    device.events.on('state', ({ state }) => states.push(state));
    await device.connect();
    server.deafMs = 300;
    server.closeConnections('FIN');
    await expect.poll(() => server.sockets.size).toBe(0);
    expect(await device.read(['level', 'far'])).toMatchObject([{ quality: 'good' }, { quality: 'good' }]);
    expect(states).toEqual(['connecting', 'healthy']);
    expect(server.accepted).toBe(2);
    expect(writesOf(server.requests)).toEqual(['6@10']);
  });

  it('and is not asked again is left in peace: nobody connects for nothing', async () => {
    await make([level], '1h').connect();
    server.closeConnections('FIN');
    await expect.poll(() => server.sockets.size).toBe(0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(server.accepted).toBe(1);
    expect((await device.read(['level']))[0]).toMatchObject({ value: 7, quality: 'good' });
    expect(server.accepted).toBe(2);
  });

  it('and then does not take a new one is lost after all, with the reason', async () => {
    await make([level]).connect();
    await server.stop();
    await expect.poll(() => states).toContain('unhealthy');
    expect(device.snapshot().lastError).toMatchObject({
      code: 'CONNECT_FAILED',
      message: expect.stringContaining('connection refused'),
    });
  });

  it.each([1, 4])('after each answer works, and each write arrives once (pipelining %i)', async (pipelining) => {
    server.closesAfterAnswer = true;
    const far = [100, 300, 500].map((offset) => property(`far${offset}`, offset, { value: offset }));
    await make([level, setpoint, ...far], '40ms', { pipelining }).connect();
    expect(writesOf(server.requests)).toEqual(['6@10', '6@100', '6@300', '6@500']);
    server.requests.length = 0;
    const results = await device.write({ setpoint: 1, far100: 2, far300: 3 });
    expect(results).toEqual([{ name: 'setpoint' }, { name: 'far100' }, { name: 'far300' }]);
    expect(writesOf(server.requests)).toEqual(['6@10', '6@100', '6@300']);
    await syncs(3);
    expect(states).toEqual(['connecting', 'healthy']);
    expect(device.snapshot().properties.map(({ value }) => value)).toEqual([7, 1, 2, 3, 500]);
  });

  it('after each answer may stop doing so', async () => {
    server.closesAfterAnswer = true;
    await make([level, setpoint]).connect();
    server.closesAfterAnswer = false;
    await syncs(1);
    const before = server.accepted;
    await syncs(4); // within them the time is up for which the end of a connection is awaited
    expect(server.accepted).toBeLessThanOrEqual(before + 1);
    expect(states).toEqual(['connecting', 'healthy']);
  });

  it('behind an answer does not get a write again that may have been carried out', async () => {
    const only = [10, 20].map((offset) => property(`only${offset}`, offset, { accessMode: 'WriteOnly' }));
    const config = configOf(server.endpoint, only, {}, { timeout: '2s' });
    const driver = driverFor(config);
    device = make(only, '1h');
    await driver.connect(never());
    // Takes both writes, answers the first, and closes.
    server.handler = (request, answer) => {
      if (request.offset === 10) answer(server.reply(request));
      else request.socket.end();
    };
    const lost: string[] = [];
    driver.events.on('lost', ({ message }) => lost.push(message));
    const results = await driver.write(
      only.map((target) => ({ property: target, value: 1 })),
      never(),
    );
    expect(results.map(({ error }) => error?.code)).toEqual([undefined, 'LINK_LOST']);
    expect(results[1]?.error?.message).toMatch(/write of holding register 20 of unit 1: .*may have been carried out/);
    expect(lost).toEqual([]);
    expect(writesOf(server.requests)).toEqual(['6@10', '6@20']);
    await driver.close();
  });
});
