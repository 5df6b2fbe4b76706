import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModbusDriver } from '../../../../../src/drivers/modbus/driver.ts';
import type { ModbusProperty } from '../../../../../src/drivers/modbus/config/property.ts';
import { countHandles, expectNoNewHandles } from '../../../../support/system/active-handles.ts';
import { configOf, driverFor, never, property } from '../../../../support/modbus/modbus-device.ts';
import { ModbusServer, type ServerRequest } from '../../../../support/modbus/modbus-server.ts';

const many = Array.from({ length: 6 }, (_, index) => property(`p${index}`, index * 200));

describe('several devices on one endpoint', () => {
  let server: ModbusServer;
  let drivers: ModbusDriver[];

  beforeEach(async () => {
    server = await new ModbusServer().start();
    drivers = [];
  });
  afterEach(async () => {
    await Promise.all(drivers.map((driver) => driver.close()));
    await server.stop();
  });

  function deviceOf(workerID: number, tcp: Record<string, unknown> = {}, properties = many): ModbusDriver {
    const config = configOf(server.endpoint, properties, { workerID, responseTimeout: '60ms', ...tcp });
    const driver = driverFor(config);
    drivers.push(driver);
    return driver;
  }

  const read = (driver: ModbusDriver, properties: readonly ModbusProperty[] = many) => driver.read(properties, never());
  const unitsAsked = (): number[] => server.requests.map(({ unit }) => unit);

  it('share one connection, which the last one closes', async () => {
    const handles = countHandles();
    const [one, two] = [deviceOf(1), deviceOf(2)];
    await Promise.all([one.connect(never()), two.connect(never())]);
    expect(server.accepted).toBe(1);
    await one.close();
    expect((await read(two)).every(({ quality }) => quality === 'good')).toBe(true);
    await two.close();
    await expect.poll(() => server.sockets.size).toBe(0);
    await expectNoNewHandles(handles);
  });

  it('take turns, with one request in flight', async () => {
    const [one, two] = [deviceOf(1, { pipelining: 1 }), deviceOf(2, { pipelining: 1 })];
    await Promise.all([one.connect(never()), two.connect(never())]);
    server.requests.length = 0;
    let inFlight = 0;
    server.handler = (request, answer) => {
      expect(++inFlight).toBe(1);
      setImmediate(() => {
        inFlight--;
        answer(server.reply(request));
      });
    };
    await Promise.all([read(one), read(two)]);
    expect(unitsAsked()).toEqual([1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2]);
  });

  it('have as many requests in flight as the most modest of them bears', async () => {
    const [one, two] = [deviceOf(1, { pipelining: 8 }), deviceOf(2, { pipelining: 3 })];
    await Promise.all([one.connect(never()), two.connect(never())]);
    let inFlight = 0;
    let most = 0;
    server.handler = (request, answer) => {
      most = Math.max(most, ++inFlight);
      setTimeout(() => {
        inFlight--;
        answer(server.reply(request));
      }, 5);
    };
    await Promise.all([read(one), read(two)]);
    expect(most).toBe(3);
  });

  it('are not held up by a unit that never answers', async () => {
    const answerAllBut9 = (request: ServerRequest, answer: (pdu: Buffer) => void): void => {
      if (request.unit !== 9) answer(server.reply(request));
    };
    server.handler = answerAllBut9;
    // Long enough for the three reads below even on a busy machine.
    const [alive, dead] = [deviceOf(1, { pipelining: 2 }), deviceOf(9, { responseTimeout: '450ms', pipelining: 2 })];
    await alive.connect(never());
    await expect(dead.connect(never())).rejects.toMatchObject({ code: 'TIMEOUT' });
    server.requests.length = 0;

    // The dead unit's next attempt is in flight for its whole timeout; meanwhile the other one is served again and again.
    const attempt = dead.connect(never()).then(
      () => 'connected',
      (error: unknown) => (error as { code: string }).code,
    );
    await expect.poll(() => unitsAsked()).toContain(9);
    for (let cycle = 0; cycle < 3; cycle++) await read(alive);
    expect(unitsAsked().filter((unit) => unit === 9)).toHaveLength(1);
    expect(unitsAsked().filter((unit) => unit === 1)).toHaveLength(18);
    expect(await attempt).toBe('TIMEOUT');
    expect(server.accepted).toBe(1);
    expect((await read(alive)).every(({ quality }) => quality === 'good')).toBe(true);
  });

  it('wait for a unit that never answers where one request at a time is allowed, but for one request only', async () => {
    server.handler = (request, answer) => {
      if (request.unit !== 9) answer(server.reply(request));
    };
    const [alive, dead] = [deviceOf(1), deviceOf(9)];
    await alive.connect(never());
    await expect(dead.connect(never())).rejects.toMatchObject({ code: 'TIMEOUT' });
    server.requests.length = 0;
    const attempt = dead.connect(never()).catch((error: unknown) => (error as { code: string }).code);
    await expect.poll(() => unitsAsked()).toEqual([9]);
    const readings = read(alive);
    expect(await attempt).toBe('TIMEOUT');
    expect((await readings).every(({ quality }) => quality === 'good')).toBe(true);
    expect(unitsAsked()).toEqual([9, 1, 1, 1, 1, 1, 1]); // a unit known to be silent is asked once in an attempt
  });

  it('see a unit fail fast once it is known to be silent, and come back', async () => {
    const [alive, weak] = [deviceOf(1), deviceOf(9)];
    await Promise.all([alive.connect(never()), weak.connect(never())]);
    server.handler = (request, answer) => {
      if (request.unit !== 9) answer(server.reply(request));
    };
    server.requests.length = 0;
    await expect(read(weak)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(server.requests).toHaveLength(2); // the other four are not even tried
    await expect(read(weak)).rejects.toMatchObject({ message: expect.stringContaining('tried again in') });
    expect(server.requests).toHaveLength(2);
    server.handler = undefined;
    await weak.connect(never());
    expect((await read(weak)).every(({ quality }) => quality === 'good')).toBe(true);
    expect(server.accepted).toBe(1);
  });

  it('treat a gateway that says a unit is away like a unit that does not answer', async () => {
    server.handler = (request, answer) =>
      answer(request.unit === 9 ? Buffer.from([request.function | 0x80, 11]) : server.reply(request));
    const [alive, away] = [deviceOf(1), deviceOf(9)];
    await alive.connect(never());
    await expect(away.connect(never())).rejects.toMatchObject({ code: 'MODBUS_EXCEPTION_11' });
    expect((await read(alive)).every(({ quality }) => quality === 'good')).toBe(true);
  });

  it('are all told when the link is lost, and meet again on one new connection', async () => {
    const [one, two] = [deviceOf(1), deviceOf(2)];
    const lost: number[] = [];
    one.events.on('lost', () => lost.push(1));
    two.events.on('lost', () => lost.push(2));
    await Promise.all([one.connect(never()), two.connect(never())]);
    await server.stop();
    // Closed while nothing was in flight: whether it is lost shows with the next request.
    await expect(read(two)).rejects.toMatchObject({ code: expect.stringMatching(/^(CONNECT_FAILED|LINK_LOST)$/) });
    await expect.poll(() => lost).toEqual([1, 2]);
    await expect(read(one)).rejects.toMatchObject({ code: 'LINK_LOST' });
    await server.start();
    await Promise.all([one.connect(never()), two.connect(never())]);
    expect((await Promise.all([read(one), read(two)])).flat().every(({ quality }) => quality === 'good')).toBe(true);
    expect(server.accepted).toBe(2);
  });

  it('do not lose the turn when one of them gives a request up', async () => {
    const [one, two] = [deviceOf(1), deviceOf(2)];
    await Promise.all([one.connect(never()), two.connect(never())]);
    let release: () => void = () => undefined;
    server.handler = (request, answer) => {
      server.handler = undefined;
      release = () => answer(server.reply(request));
      setTimeout(release, 20);
    };
    const controller = new AbortController();
    const given = one.read(many, controller.signal);
    const other = read(two);
    controller.abort();
    await expect(given).rejects.toMatchObject({ name: 'AbortError' });
    expect((await other).every(({ quality }) => quality === 'good')).toBe(true);
    await one.close();
    expect((await read(two)).every(({ quality }) => quality === 'good')).toBe(true);
  });

  it('may share an attempt to connect that one of them gives up', async () => {
    const [one, two] = [deviceOf(1), deviceOf(2)];
    const controller = new AbortController();
    const given = one.connect(controller.signal);
    const other = two.connect(never());
    controller.abort();
    await expect(given).rejects.toMatchObject({ name: 'AbortError' });
    await other;
    await one.connect(never());
    expect(server.accepted).toBe(1);
  });
});
