import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseTcpEndpoint } from '../../../src/net/endpoint.ts';
import type { ModbusDriver } from '../../../src/drivers/modbus/driver.ts';
import type { ModbusProperty } from '../../../src/drivers/modbus/config/property.ts';
import { openTcpChannel } from '../../../src/drivers/modbus/channel/tcp-channel.ts';
import { mbap } from '../../../src/drivers/modbus/framing/mbap.ts';
import { Connection } from '../../../src/drivers/modbus/sharing/connection.ts';
import { FakeClock } from '../../support/fakes/fake-clock.ts';
import { configOf, driverFor, never, property, realPorts } from '../../support/modbus/modbus-device.ts';
import { Pymodbus, pymodbusAvailable } from '../../support/modbus/pymodbus.ts';

/** pymodbus' names: order of the bytes in a register, order of the registers. */
const ORDERS: Readonly<Record<string, readonly [string, string]>> = {
  BigEndian: ['>', '>'],
  BigEndianSwap: ['<', '>'],
  LittleEndian: ['<', '<'],
  LittleEndianSwap: ['>', '<'],
};

/** Values that show a wrong sign, order or width; texts as Python writes them. */
const NUMBERS: Readonly<Record<string, readonly string[]>> = {
  int8: ['-128', '-1', '100'],
  uint8: ['0', '255', '18'],
  int16: ['-32768', '-2', '258'],
  uint16: ['65535', '258'],
  int32: ['-2147483648', '-2', '168496141'],
  uint32: ['4294967295', '168496141'],
  float: ['23.5', '-0.15625', '1.5e-07', '16777216'],
  int64: ['-9223372036854775808', '-2', '72623859790382856'],
  uint64: ['18446744073709551615', '72623859790382856'],
  double: ['23.1', '-1e-300', '3.141592653589793'],
};
const ALIASES: Readonly<Record<string, string>> = { int: 'int32', uint: 'uint32', float32: 'float', float64: 'double' };

const toNative = (type: string, text: string): unknown => (type.endsWith('int64') ? BigInt(text) : Number(text));

describe.skipIf(!pymodbusAvailable())('a pymodbus server', () => {
  let server: Pymodbus;
  const drivers: ModbusDriver[] = [];

  beforeAll(async () => {
    server = await new Pymodbus().start();
  });
  afterEach(async () => {
    await Promise.all(drivers.splice(0).map((driver) => driver.close()));
  });
  afterAll(() => server.stop());

  async function connected(
    tcp: Record<string, unknown> = {},
    properties: readonly ModbusProperty[] = [],
  ): Promise<ModbusDriver> {
    const driver = driverFor(configOf(server.endpoint, properties, tcp, { timeout: '2s' }));
    drivers.push(driver);
    await driver.connect(never());
    await server.requests();
    return driver;
  }
  const readOne = async (driver: ModbusDriver, target: ModbusProperty): Promise<unknown> => {
    const [reading] = await driver.read([target], never());
    return reading?.quality === 'good' ? reading.value : reading?.error;
  };
  const writeOne = async (
    driver: ModbusDriver,
    target: ModbusProperty,
    value: unknown,
  ): Promise<string | undefined> => {
    const [result] = await driver.write([{ property: target, value }], never());
    return result?.error?.message;
  };

  const cases = [...Object.keys(NUMBERS), ...Object.keys(ALIASES)].flatMap((type) =>
    Object.keys(ORDERS).map((endianness) => [type, endianness] as const),
  );
  it.each(cases)('agrees on %s in %s, both ways', async (type, endianness) => {
    const driver = await connected();
    const name = ALIASES[type] ?? type;
    // The order of a single register is that of its bytes; BigEndianSwap leaves those alone (docs/facts/octopus.md#modbus-byte-orders).
    const isWide = /32|64|float|double/.test(name);
    const order = isWide
      ? ORDERS[endianness]!
      : endianness.startsWith('Little')
        ? (['<', '<'] as const)
        : (['>', '>'] as const);
    const target = property('x', 40, { type, endianness });
    for (const text of NUMBERS[name]!) {
      await server.encode(1, 40, name, order, text);
      expect(await readOne(driver, target)).toBe(toNative(type, text));
      await server.set(1, 3, 40, [0, 0, 0, 0]);
      expect(await writeOne(driver, target, toNative(type, text))).toBeUndefined();
      const seen = await server.decode(1, 40, name, order);
      expect(name === 'float' ? String(Math.fround(Number(seen))) : seen).toBe(
        name === 'float' ? String(Math.fround(Number(text))) : text,
      );
    }
  });

  it.each([
    ['string', 'Pumpe 3', [0x5075, 0x6d70, 0x6520, 0x3300]],
    ['hexString', '0102ff00a1b20000', [0x0102, 0xff00, 0xa1b2, 0]],
    ['base64String', 'AQL/AKGyAAA=', [0x0102, 0xff00, 0xa1b2, 0]],
  ])('agrees on %s', async (type, value, registers) => {
    const driver = await connected();
    const target = property('x', 50, { type, quantity: 4 });
    expect(await writeOne(driver, target, value)).toBeUndefined();
    expect(await server.get(1, 3, 50, 4)).toEqual(registers);
    expect(await readOne(driver, target)).toBe(value);
  });

  it('does not time out by a pause of the event loop, in which nobody could have read its answer', async () => {
    const driver = driverFor(configOf(server.endpoint, [], {}, { timeout: '300ms' }));
    drivers.push(driver);
    await driver.connect(never());
    const reading = readOne(driver, property('a', 40, { type: 'uint16' }));
    const until = performance.now() + 1_000;
    while (performance.now() < until); // what a large flow does as it starts
    expect(await reading).toBeTypeOf('number');
  });

  it('agrees on bits: of registers, single coils, several coils', async () => {
    const driver = await connected();
    await server.set(1, 3, 60, [0xf0f0]);
    expect(await writeOne(driver, property('bit', 60, { type: 'boolean', bit: 2 }), true)).toBeUndefined();
    expect(await server.get(1, 3, 60, 1)).toEqual([0xf0f4]);
    expect(await writeOne(driver, property('bit', 60, { type: 'boolean', bit: 15 }), false)).toBeUndefined();
    expect(await server.get(1, 3, 60, 1)).toEqual([0x70f4]);

    const coil = property('coil', 19, { type: 'boolean', register: 'CoilRegister' });
    expect(await writeOne(driver, coil, true)).toBeUndefined();
    const several = property('several', 20, { type: 'hexString', register: 'CoilRegister', quantity: 10 });
    expect(await writeOne(driver, several, 'cd01')).toBeUndefined();
    expect((await server.get(1, 1, 19, 12)).map(Number)).toEqual([1, 1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 0]);
    expect(await readOne(driver, coil)).toBe(true);
    expect(await readOne(driver, several)).toBe('cd01');

    await server.set(1, 2, 3, [1, 0, 1]);
    const inputs = [3, 4, 5].map((at) =>
      property(`i${at}`, at, { type: 'boolean', register: 'DiscreteInputRegister' }),
    );
    expect((await driver.read(inputs, never())).map(({ value }) => value)).toEqual([true, false, true]);
    await server.set(1, 4, 7, [65_000]);
    expect(await readOne(driver, property('ir', 7, { register: 'InputRegister' }))).toBe(65_000);
  });

  it('reads 200 scattered registers and 300 bits in few requests', async () => {
    const registers = Array.from({ length: 200 }, (_, index) => property(`r${index}`, 1000 + index * 10));
    const bits = Array.from({ length: 300 }, (_, index) =>
      property(`b${index}`, index * 6, { type: 'boolean', register: 'CoilRegister' }),
    );
    await server.set(
      1,
      3,
      1000,
      Array.from({ length: 2000 }, (_, index) => index),
    );
    const driver = await connected({}, registers);
    const readings = await driver.read([...registers, ...bits], never());
    expect(readings.slice(0, 200).map(({ value }) => value)).toEqual(registers.map((_, index) => index * 10));
    expect(readings.every(({ quality }) => quality === 'good')).toBe(true);
    const requests = await server.requests();
    expect(requests).toHaveLength(17); // 16 of 121 or 131 registers, 1 of 1795 bits
    expect(requests.every(([, fn, , count]) => count <= (fn === 1 ? 2000 : 125))).toBe(true);
  });

  it('isolates a register it does not have, and remembers', async () => {
    const properties = [59_995, 59_997, 59_999, 60_001, 60_003].map((at) => property(`p${at}`, at));
    const driver = await connected({}, properties);
    const first = await driver.read(properties, never());
    expect(first.map(({ error }) => error?.code)).toEqual([
      undefined,
      undefined,
      undefined,
      'MODBUS_EXCEPTION_2',
      'MODBUS_EXCEPTION_2',
    ]);
    await server.requests();
    await driver.read(properties, never());
    expect((await server.requests()).map(([, , address, count]) => [address, count])).toEqual([
      [59_995, 5],
      [60_001, 1],
      [60_003, 1],
    ]);
  });

  it('answers exceptions 1 to 4, each told in words', async () => {
    const driver = await connected();
    expect(await readOne(driver, property('x', 60_100))).toMatchObject({
      code: 'MODBUS_EXCEPTION_2',
      message:
        'read of holding registers 60100 of unit 1: illegal data address: the device has no such register, or not that many of them',
    });
    expect(await readOne(driver, property('x', 59_990))).toMatchObject({ code: 'MODBUS_EXCEPTION_4' });
    expect(await writeOne(driver, property('x', 60_100), 1)).toMatch(
      /^write of holding register 60100 of unit 1: illegal data address/,
    );

    const endpoint = parseTcpEndpoint(server.endpoint, { usual: 502 });
    const channel = await openTcpChannel(endpoint.ok ? endpoint.value : { host: '', port: 0 }, never());
    const connection = new Connection(channel, mbap);
    const overLimit = await new Promise((settle) =>
      connection.send(1, { function: 3, offset: 0, quantity: 126 }, settle),
    );
    expect(overLimit).toMatchObject({ code: 'MODBUS_EXCEPTION_3' });
    connection.destroy(overLimit as never);
  });

  it('changes a bit by reading and writing where it does not know function 22 (exception 1)', async () => {
    const other = await new Pymodbus().start();
    try {
      await other.forget(22);
      await other.set(1, 3, 60, [0x1200]);
      const driver = driverFor(configOf(other.endpoint, []));
      drivers.push(driver);
      await driver.connect(never());
      const bit = property('bit', 60, { type: 'boolean', bit: 0 });
      expect(await writeOne(driver, bit, true)).toBeUndefined();
      expect(await other.get(1, 3, 60, 1)).toEqual([0x1201]);
      await other.requests();
      expect(await writeOne(driver, bit, false)).toBeUndefined();
      expect((await other.requests()).map(([, fn]) => fn)).toEqual([3, 6]);
    } finally {
      await other.stop();
    }
  });

  it('serves one unit while another never answers', async () => {
    const target = property('x', 0);
    // Time passes only when the test lets it: however busy the machine is, an answer that comes is never too late.
    const clock = new FakeClock();
    const make = (tcp: Record<string, unknown>): ModbusDriver => {
      const config = configOf(server.endpoint, [target], { responseTimeout: '300ms', pipelining: 2, ...tcp });
      const driver = driverFor(config, { ...realPorts, clock });
      drivers.push(driver);
      return driver;
    };
    const alive = make({ workerID: 2 });
    await alive.connect(never());
    const dead = make({ workerID: 9 });
    const timesOut = async (attempt: Promise<void>): Promise<void> => {
      const outcome = expect(attempt).rejects.toMatchObject({ code: 'TIMEOUT' });
      await clock.advance(300);
      await outcome;
    };
    // What this server gets in one piece with a request for a unit that it does not have is lost: each waits for the one before.
    const before = await server.ignored();
    const first = dead.connect(never());
    await expect.poll(() => server.ignored()).toBe(before + 1);
    await timesOut(first);
    const again = dead.connect(never());
    let settled = false;
    const settle = (): boolean => (settled = true);
    again.then(settle, settle);
    await expect.poll(() => server.ignored()).toBe(before + 2);
    await server.requests();
    for (let cycle = 0; cycle < 10; cycle++) await alive.read([target], never());
    expect(settled).toBe(false); // all ten went while the dead unit's request was waiting
    expect(await server.requests()).toHaveLength(10);
    await timesOut(again);
    expect(await readOne(alive, target)).toBe(0);
  });

  it('is found again after it was stopped and started', async () => {
    const other = await new Pymodbus().start();
    try {
      const target = property('x', 0);
      const driver = driverFor(configOf(other.endpoint, [target]));
      drivers.push(driver);
      await driver.connect(never());
      const lost = new Promise((resolve) => driver.events.once('lost', resolve));
      await other.stop();
      // Closed while nothing was in flight: whether it is lost shows with the next request.
      const down = { code: expect.stringMatching(/^(CONNECT_FAILED|LINK_LOST)$/) };
      await expect(driver.read([target], never())).rejects.toMatchObject(down);
      expect(await lost).toMatchObject(down);
      await expect(driver.connect(never())).rejects.toMatchObject({
        code: 'CONNECT_FAILED',
        message: expect.stringContaining('connection refused'),
      });
      await other.start();
      await other.set(1, 3, 0, [42]);
      await driver.connect(never());
      expect(await readOne(driver, target)).toBe(42);
    } finally {
      await other.stop();
    }
  });
});
