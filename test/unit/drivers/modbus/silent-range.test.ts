import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Device } from '../../../../src/device/engine/device.ts';
import type { ModbusProperty } from '../../../../src/drivers/modbus/config/property.ts';
import type { ModbusDriver } from '../../../../src/drivers/modbus/driver.ts';
import { FakeClock } from '../../../support/fakes/fake-clock.ts';
import { configOf, driverFor, never, property, realPorts } from '../../../support/modbus/modbus-device.ts';
import { ModbusServer, type ServerRequest } from '../../../support/modbus/modbus-server.ts';

const identity = { uid: '00000000-0000-4000-8000-000000000001', name: 'x', namespace: 'n', protocol: 'modbus' };
const RESPONSE_MS = 3000;
const TIMEOUT_MS = 10_000;

const at = (offsets: readonly number[]): ModbusProperty[] => offsets.map((offset) => property(`p${offset}`, offset));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/**
 * Devices that keep silent, or answer exception 1 or 4, when a read touches a register they do not have: inverters while the
 * sun is down, meters with modules that are not plugged in. Time passes only where the server keeps silent.
 */
describe('a device that does not answer for some registers', () => {
  let server: ModbusServer;
  let clock: FakeClock;
  let drivers: ModbusDriver[];
  let lost: string[];
  /** Offsets for which nothing comes, and those for which an exception does. */
  let silent: Set<number>;
  let refused: Map<number, number>;
  let silentUnits: Set<number>;
  /** So many of the next requests get no answer. */
  let dropped: number;

  beforeEach(async () => {
    server = await new ModbusServer().start();
    clock = new FakeClock();
    drivers = [];
    lost = [];
    dropped = 0;
    [silent, refused, silentUnits] = [new Set(), new Map(), new Set()];
    server.registers.forEach((_, offset) => (server.registers[offset] = offset));
    let passing = Promise.resolve();
    server.handler = (request, answer) => {
      const touched = upTo(request.function > 4 ? 1 : request.second).map((index) => request.offset + index);
      const exception = touched.map((offset) => refused.get(offset)).find((code) => code !== undefined);
      if (dropped-- > 0 || silentUnits.has(request.unit) || touched.some((offset) => silent.has(offset))) {
        passing = passing.then(() => clock.advance(RESPONSE_MS));
      } else if (exception !== undefined) answer(Buffer.from([request.function | 0x80, exception]));
      else answer(server.reply(request));
    };
  });
  afterEach(async () => {
    await Promise.all(drivers.map((driver) => driver.close()));
    await server.stop();
    expect(clock.pending).toEqual([]);
  });

  async function connected(properties: readonly ModbusProperty[], tcp = {}): Promise<ModbusDriver> {
    const parameters = { timeout: `${TIMEOUT_MS}ms` };
    const config = configOf(
      server.endpoint,
      properties,
      { responseTimeout: `${RESPONSE_MS}ms`, pipelining: 1, ...tcp },
      parameters,
    );
    const driver = driverFor(config, { ...realPorts, clock });
    drivers.push(driver);
    driver.events.on('lost', ({ message }) => lost.push(message));
    await driver.connect(never());
    server.requests.length = 0;
    return driver;
  }
  /** One read: for each property its value, or the code of its error. */
  const read = async (driver: ModbusDriver, properties: readonly ModbusProperty[]): Promise<unknown[]> =>
    (await driver.read(properties, never())).map(({ value, error }) => value ?? error?.code);
  const asked = (): string[] =>
    server.requests.map(({ offset, second }) => (second === 1 ? `${offset}` : `${offset}-${offset + second - 1}`));
  const touches = (offset: number) => (request: ServerRequest) =>
    request.offset <= offset && offset < request.offset + request.second;

  it('gives the values of all others, of a hundred within three syncs, and says which register it is', async () => {
    const properties = at(upTo(100));
    const driver = await connected(properties);
    silent.add(37);
    let good = -1;
    for (let sync = 0; sync < 3; sync++) {
      const before = clock.now();
      const values = await read(driver, properties);
      expect(clock.now() - before).toBeLessThan(TIMEOUT_MS);
      expect(values.filter((value) => typeof value === 'number').length).toBeGreaterThan(good);
      good = values.filter((value) => typeof value === 'number').length;
    }
    expect(good).toBe(99);
    const [reading] = (await driver.read(properties, never())).filter(({ quality }) => quality === 'bad');
    expect(reading).toMatchObject({
      name: 'p37',
      error: {
        code: 'TIMEOUT',
        message: 'read of holding registers 37 of unit 1: no answer within 3s',
        advice: expect.stringContaining('register'), // and not that the unit may be off
      },
    });
    expect(lost).toEqual([]);
    expect(server.accepted).toBe(1);
  });

  it.each([1, 4])('(exception %i) gives the values of all others at once', async (exception) => {
    const properties = at(upTo(100));
    const driver = await connected(properties);
    refused.set(37, exception);
    const expected = upTo(100).map((offset) => (offset === 37 ? `MODBUS_EXCEPTION_${exception}` : offset));
    expect(await read(driver, properties)).toEqual(expected);
    server.requests.length = 0;
    expect(await read(driver, properties)).toEqual(expected);
    expect(asked()).toEqual(['0-36', '38-99']); // and not yet the one that was refused just now
  });

  it.each([
    ['silence', undefined],
    ['exception 1', 1],
    ['exception 4', 4],
  ])('(%s) is asked for it again after pauses that grow up to five minutes, at the end of a sync', async (_, code) => {
    const properties = at(upTo(10));
    const driver = await connected(properties);
    if (code === undefined) silent.add(4);
    else refused.set(4, code);
    const times: number[] = [];
    const end = clock.now() + 3_600_000;
    while (clock.now() < end) {
      await clock.advance(500);
      server.requests.length = 0;
      const values = await read(driver, properties);
      if (!server.requests.some(touches(4))) continue;
      if (server.requests.length < 4) {
        expect(values.filter((value) => typeof value === 'number')).toHaveLength(9);
        expect(asked()).toEqual(['0-3', '5-9', '4']);
      }
      times.push(clock.now());
    }
    const pauses = times.slice(1).map((time, index) => time - times[index]!);
    expect(times.length).toBeLessThan(24);
    expect(Math.max(...pauses)).toBeGreaterThan(299_000);
    expect(Math.max(...pauses)).toBeLessThan(310_000);
    silent.clear();
    refused.clear();
    await clock.advance(300_000);
    expect(await read(driver, properties)).toEqual(upTo(10));
    server.requests.length = 0;
    expect(await read(driver, properties)).toEqual(upTo(10));
    expect(asked()).toEqual(['0-9']);
  });

  it.each([
    ['exception 1', 1, 1],
    ['silence, which takes several syncs to be split', undefined, 4],
  ])('(%s) tells what is refused side by side as one error, also when it is tried again', async (_, code, most) => {
    const all = upTo(8);
    const properties = [...at(all), property('far', 500)];
    const driver = await connected(properties.slice().reverse());
    for (const offset of all) {
      if (code === undefined) silent.add(offset);
      else refused.set(offset, code);
    }
    const texts: (string | undefined)[] = [];
    for (let sync = 0; sync < 30; sync++) {
      const readings = await driver.read(properties, never());
      expect(readings.at(-1)).toMatchObject({ value: 500 });
      if (sync > 6) texts.push(...readings.slice(0, -1).map(({ error }) => error?.message));
      await clock.advance(2000);
    }
    expect(new Set(texts)).toContain(texts.find((text) => text?.includes('registers 0-7 of unit 1: ')));
    expect(new Set(texts).size).toBeLessThanOrEqual(most);
  });

  it.each([10, 11])('(exception %i) is the word of a gateway: the range is not split', async (exception) => {
    const properties = [...at(upTo(10)), property('far', 500)];
    const driver = await connected(properties);
    refused.set(4, exception);
    const expected = [...Array<string>(10).fill(`MODBUS_EXCEPTION_${exception}`), 500];
    for (let sync = 0; sync < 3; sync++) expect(await read(driver, properties)).toEqual(expected);
    expect(asked().filter((range) => range !== '500' && range !== '0')).toEqual(['0-9', '0-9', '0-9']);
  });

  it.each([
    ['the first two', [0, 200], 1],
    ['two in the middle', [400, 600], 1],
    ['the last two', [800, 1000], 1],
    ['all but one', [200, 400, 600], 1],
    ['two in the middle, several requests in flight', [400, 600], 4],
    ['two in the middle, two requests in flight', [400, 600], 2],
  ])('does not starve the rest: %s are silent', async (_, offsets, pipelining) => {
    const all = [0, 200, 400, 600, 800, 1000];
    const properties = at(all);
    const driver = await connected(properties, { pipelining });
    expect(await read(driver, properties)).toEqual(all);
    offsets.forEach((offset) => silent.add(offset));
    const expected = all.map((offset) => (silent.has(offset) ? 'TIMEOUT' : offset));
    for (let sync = 0; sync < 5; sync++) {
      expect(await read(driver, properties)).toEqual(expected);
      await clock.advance(1000);
    }
    expect(lost).toEqual([]);
    expect(server.accepted).toBe(1);
  });

  it('does not starve the rest: each range holds one, more than a sync has time for', async () => {
    const all = [0, 200, 400, 600, 800].flatMap((start) => upTo(4).map((index) => start + index));
    const desired = property('desired', 900, { value: 42, accessMode: 'WriteOnly' });
    const properties = [...at(all).map((own) => ({ ...own, accessMode: 'ReadOnly' as const })), desired];
    const config = configOf(
      server.endpoint,
      properties,
      { responseTimeout: '3s' },
      { timeout: '10s', syncInterval: '1h' },
    );
    [1, 201, 402, 603, 800].forEach((offset) => silent.add(offset));
    const driver = driverFor(config, { ...realPorts, clock });
    const device = new Device({ identity, config, driver, ports: { ...realPorts, clock } });
    drivers.push(driver);
    const states: string[] = [];
    device.events.on('state', ({ state }) => states.push(state));
    await device.connect();
    for (let sync = 0; sync < 8; sync++) {
      await device.read(properties.filter((own) => own !== desired).map(({ name }) => name));
      await clock.advance(1000);
    }
    const values = device.snapshot().properties.map(({ value, error }) => value ?? error?.code);
    expect(values.slice(0, -1)).toEqual(all.map((offset) => (silent.has(offset) ? 'TIMEOUT' : offset)));
    expect(new Set(states)).toEqual(new Set(['connecting', 'degraded']));
    expect(server.requests.filter(({ function: code }) => code === 6)).toHaveLength(1); // desired values are not written again
    expect(server.accepted).toBe(1);
    await device.close();
  });

  it.each([
    ['closes after each answer', true],
    ['has closed its connection in a rest', false],
  ])('does not starve the rest where the device %s: every new connection could be deaf', async (_, closes) => {
    const all = [0, 200, 400, 600, 800, 1000];
    const properties = at(all);
    server.closesAfterAnswer = closes;
    const driver = await connected(properties);
    expect(await read(driver, properties)).toEqual(all);
    [0, 400].forEach((offset) => silent.add(offset));
    if (!closes) {
      server.closeConnections('FIN');
      await expect.poll(() => server.sockets.size).toBe(0);
    }
    const expected = all.map((offset) => (silent.has(offset) ? 'TIMEOUT' : offset));
    for (let sync = 0; sync < 3; sync++) expect(await read(driver, properties)).toEqual(expected);
    expect(lost).toEqual([]);
  });

  it('and one beside it, on a device that nothing was read from yet, is not taken for one that is away', async () => {
    const all = [0, 200, 400, 600, 800, 1000];
    [400, 600].forEach((offset) => silent.add(offset));
    const driver = await connected(at(all));
    expect(await read(driver, at(all))).toEqual([0, 200, 'TIMEOUT', 'TIMEOUT', 800, 1000]);
    expect(lost).toEqual([]);
  });

  it('is asked for one such register alone, and is not lost by it', async () => {
    const properties = at([0, 200, 400]);
    const driver = await connected(properties);
    await read(driver, properties);
    silent.add(200);
    for (let count = 0; count < 3; count++) {
      server.requests.length = 0;
      expect(await read(driver, at([200]))).toEqual(['TIMEOUT']);
      expect(asked()[0]).toBe('200'); // whoever asks for nothing else is not put off
    }
    expect(await read(driver, properties)).toEqual([0, 'TIMEOUT', 400]);
    expect(lost).toEqual([]);
  });

  it('that drops one answer is read in one request again soon', async () => {
    const properties = at(upTo(10));
    const driver = await connected(properties);
    dropped = 1;
    expect(await read(driver, properties)).toEqual(upTo(10));
    await clock.advance(1000);
    expect(await read(driver, properties)).toEqual(upTo(10));
    server.requests.length = 0;
    expect(await read(driver, properties)).toEqual(upTo(10));
    expect(asked()).toEqual(['0-9']);
  });

  it('that is away altogether has taught nothing: back again, it is read in one request', async () => {
    const properties = at(upTo(10));
    const [driver] = [await connected(properties), await connected(at([0]), { workerID: 2 })];
    silentUnits.add(1);
    await expect(driver.read(properties, never())).rejects.toMatchObject({ code: 'TIMEOUT' });
    silentUnits.clear();
    await driver.connect(never());
    server.requests.length = 0;
    expect(await read(driver, properties)).toEqual(upTo(10));
    expect(asked()).toEqual(['0-9']);
    expect(server.accepted).toBe(1);
  });

  it('holds one property for many bits of a register as one: it is asked for once', async () => {
    const bits = upTo(16).map((bit) => property(`b${bit}`, 5, { type: 'boolean', bit }));
    const properties = [...at([3, 4]), ...bits, ...at([6, 7])];
    const driver = await connected(properties);
    silent.add(5);
    for (let sync = 0; sync < 2; sync++) await read(driver, properties);
    const values = await read(driver, properties);
    expect(values).toEqual([3, 4, ...Array<string>(16).fill('TIMEOUT'), 6, 7]);
    const alone = asked().filter((range) => range === '5');
    expect(alone.length).toBeLessThanOrEqual(2);
  });

  it('is connected to although the first and the last are silent and another unit of its gateway answers', async () => {
    const [other, own] = [at([0]), at([0, 200, 400, 600])];
    await connected(other, { workerID: 2 });
    [0, 600].forEach((offset) => silent.add(offset));
    const config = configOf(server.endpoint, own, { responseTimeout: `${RESPONSE_MS}ms` }, { timeout: '10s' });
    const driver = driverFor(config, { ...realPorts, clock });
    drivers.push(driver);
    const reasons: string[] = [];
    for (let attempt = 0; attempt < 2; attempt++) {
      await driver.connect(never()).catch((error: unknown) => reasons.push((error as Error).message));
    }
    expect(new Set(reasons).size).toBeLessThanOrEqual(1);
    expect(await read(driver, own)).toEqual(['TIMEOUT', 200, 400, 'TIMEOUT']);
  });
});
