import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModbusDriver } from '../../../../src/drivers/modbus/driver.ts';
import type { ModbusProperty } from '../../../../src/drivers/modbus/config/property.ts';
import { configOf, driverFor, never, property } from '../../../support/modbus/modbus-device.ts';
import { ModbusServer } from '../../../support/modbus/modbus-server.ts';

const coil = (name: string, offset: number, more: Record<string, unknown> = {}): ModbusProperty =>
  property(name, offset, { type: 'boolean', register: 'CoilRegister', ...more });

describe('writing', () => {
  let server: ModbusServer;
  let driver: ModbusDriver;

  beforeEach(async () => {
    server = await new ModbusServer().start();
    driver = driverFor(configOf(server.endpoint, []));
    await driver.connect(never());
  });
  afterEach(async () => {
    await driver.close();
    await server.stop();
  });

  const write = (...pairs: [ModbusProperty, unknown][]) =>
    driver.write(
      pairs.map(([target, value]) => ({ property: target, value })),
      never(),
    );
  const functions = (): number[] => server.requests.map((request) => request.function);

  it('uses the function that fits, in the order given', async () => {
    const results = await write(
      [property('one', 0), 4711],
      [coil('coil', 0), true],
      [property('two', 2, { type: 'float' }), 23.5],
      [coil('several', 20, { type: 'hexString', quantity: 10 }), 'cd01'],
      [property('bit', 9, { type: 'boolean', bit: 3 }), true],
    );
    expect(results.every(({ error }) => error === undefined)).toBe(true);
    expect(functions()).toEqual([6, 5, 16, 15, 22]);
    expect([...server.registers.slice(0, 10)]).toEqual([4711, 0, 0x41bc, 0, 0, 0, 0, 0, 0, 8]);
    // The specification's example: coils 20-29 are CD01, lowest address in the least significant bit.
    expect([...server.coils.slice(20, 30)]).toEqual([1, 0, 1, 1, 0, 0, 1, 1, 1, 0]);
    const read = await driver.read([coil('several', 20, { type: 'hexString', quantity: 10 })], never());
    expect(read[0]?.value).toBe('cd01');
  });

  it.each([
    [6, property('one', 0), 7, [6, 16, 16]],
    [5, coil('one', 0), true, [5, 15, 15]],
  ])('falls back from function %i and remembers it', async (unknown, target, value, expected) => {
    server.unknownFunctions.add(unknown);
    await write([target, value]);
    const [result] = await write([target, value]);
    expect(result?.error).toBeUndefined();
    expect(functions()).toEqual(expected);
  });

  it.each([
    ['BigEndian', 0b0000_1000],
    ['LittleEndian', 0b0000_1000_0000_0000],
  ])(
    'changes one bit of a %s register by reading and writing where function 22 is unknown',
    async (endianness, word) => {
      server.unknownFunctions.add(22);
      server.registers[5] = 0xf0f0;
      const bit = property('bit', 5, { type: 'boolean', bit: 3, endianness });
      expect((await write([bit, true]))[0]?.error).toBeUndefined();
      expect(server.registers[5]).toBe(0xf0f0 | word);
      expect((await driver.read([bit], never()))[0]?.value).toBe(true);
      await write([bit, false]);
      expect(server.registers[5]).toBe(0xf0f0 & ~word);
      expect(functions()).toEqual([22, 3, 6, 3, 3, 6]);
    },
  );

  it('does not lose a bit when two devices change one register at a time', async () => {
    server.unknownFunctions.add(22);
    const other = driverFor(configOf(server.endpoint, []));
    await other.connect(never());
    const bit = (number: number): ModbusProperty => property('bit', 5, { type: 'boolean', bit: number });
    await Promise.all([
      driver.write([{ property: bit(0), value: true }], never()),
      other.write([{ property: bit(1), value: true }], never()),
    ]);
    expect(server.registers[5]).toBe(3);
    await other.close();
  });

  it.each<[string, ModbusProperty, unknown]>([
    ['text for a coil', coil('x', 0), 'true'],
    ['text for a bit', property('x', 0, { type: 'boolean' }), 1],
    ['too few hex digits', coil('x', 0, { type: 'hexString', quantity: 10 }), 'cd'],
    ['no hex digits', coil('x', 0, { type: 'hexString', quantity: 8 }), 'zz'],
    ['a coil too many', coil('x', 0, { type: 'hexString', quantity: 10 }), 'cd05'],
    ['a number too large', property('x', 0), 65_536],
    ['a string too long', property('x', 0, { type: 'string', quantity: 2 }), 'abcde'],
  ])('refuses %s before anything is sent', async (_, target, value) => {
    const [result] = await write([target, value]);
    expect(result?.error?.code).toBe('BAD_VALUE');
    expect(server.requests).toEqual([]);
  });

  it('refuses an input register', async () => {
    const [result] = await write([property('x', 0, { register: 'InputRegister' }), 1]);
    expect(result?.error?.code).toBe('READ_ONLY');
  });

  it('tells each outcome and goes on after a refusal', async () => {
    server.missing.add(50);
    const results = await write([property('a', 50), 1], [property('b', 51), 2]);
    expect(results.map(({ name, error }) => [name, error?.code])).toEqual([
      ['a', 'MODBUS_EXCEPTION_2'],
      ['b', undefined],
    ]);
    expect(server.registers[51]).toBe(2);
  });

  it('rejects when the link breaks', async () => {
    server.handler = ({ socket }) => socket.destroy();
    await expect(write([property('a', 0), 1])).rejects.toMatchObject({ code: 'LINK_LOST' });
  });

  it('sends to unit 0 without waiting for an answer', async () => {
    server.handler = () => undefined;
    const all = driverFor(configOf(server.endpoint, [], { workerID: 0 }));
    await all.connect(never());
    const target = property('a', 3, { accessMode: 'WriteOnly' });
    expect(await all.write([{ property: target, value: 9 }], never())).toEqual([{ name: 'a' }]);
    await expect.poll(() => server.requests).toMatchObject([{ unit: 0, function: 6, offset: 3, second: 9 }]);
    await all.close();
  });
});
