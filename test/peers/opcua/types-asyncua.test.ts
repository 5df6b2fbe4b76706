import { afterAll, describe, expect, it } from 'vitest';
import type { OpcUaDriver } from '../../../src/drivers/opcua/driver.ts';
import { asyncuaAvailable, AsyncuaServer } from '../../support/opcua/asyncua.ts';
import { never, OpcUaTestBench, property } from '../../support/opcua/opcua-device.ts';

const node = (name: string): string => `nsu=${AsyncuaServer.NAMESPACE};s=types/${name}`;

/** The built-in type, the value asyncua serves, and the type the driver tells of it. */
const SERVED: readonly (readonly [string, unknown, string])[] = [
  ['Boolean', true, 'boolean'],
  ['SByte', -8, 'int8'],
  ['Byte', 200, 'uint8'],
  ['Int16', -1600, 'int16'],
  ['UInt16', 60000, 'uint16'],
  ['Int32', -320000, 'int32'],
  ['UInt32', 4000000000, 'uint32'],
  ['Int64', -9007199254740993n, 'int64'],
  ['UInt64', 18446744073709551615n, 'uint64'],
  ['Float', 23.5, 'float'],
  ['Double', 3.141592653589793, 'double'],
  ['String', 'grüezi', 'string'],
  ['DateTime', new Date('2024-02-29T12:30:15Z'), 'datetime'],
  ['Guid', '12345678-1234-5678-1234-567812345678', 'string'],
  ['ByteString', Buffer.from([0, 1, 254, 255]), 'base64String'],
  ['LocalizedText', 'Hallo', 'string'],
  ['QualifiedName', '1:name', 'string'],
  ['NodeId', 'ns=1;s=target', 'string'],
];

/** The built-in type, what a flow writes, and what asyncua then says that it holds. */
const WRITTEN: readonly (readonly [string, unknown, unknown])[] = [
  ['Boolean', 'false', false],
  ['SByte', -128, -128],
  ['Byte', '0xff', 255],
  ['Int16', 32767, 32767],
  ['UInt16', 65535, 65535],
  ['Int32', -2147483648, -2147483648],
  ['UInt32', 4294967295, 4294967295],
  ['Int64', -9223372036854775808n, '-9223372036854775808'],
  ['UInt64', '18446744073709551614', '18446744073709551614'],
  ['Float', 0.5, 0.5],
  ['Double', 0.1, 0.1],
  ['String', 'Öl ⚙', 'Öl ⚙'],
  ['DateTime', '2031-12-31T23:59:59.250Z', '2031-12-31T23:59:59.250000+00:00'],
  ['Guid', 'abcdef01-2345-6789-abcd-ef0123456789', 'abcdef01-2345-6789-abcd-ef0123456789'],
  ['ByteString', 'AQID', '010203'],
  ['LocalizedText', { text: 'hello', locale: 'en' }, ['en', 'hello']],
  ['QualifiedName', '2:other', '2:other'],
  ['NodeId', 'i=2258', 'i=2258'],
];

describe.runIf(asyncuaAvailable())('OPC UA values, with asyncua', () => {
  const bench = new OpcUaTestBench();
  const server = new AsyncuaServer();
  let driver: OpcUaDriver;

  afterAll(() => bench.remove());
  bench.serve(server, (connected) => (driver = connected));

  it.each(SERVED)('reads %s', async (name, value, type) => {
    const [scalar, list] = await driver.read(
      [property('scalar', node(name)), property('list', node(`${name}Array`))],
      never(),
    );
    expect(scalar).toMatchObject({ value, quality: 'good', type, sourceTimestamp: expect.any(Number) });
    expect(list).toMatchObject({ value: [value, value], quality: 'good', type: 'array' });
  });

  it.each(WRITTEN)('writes %s, as the server tells', async (name, given, held) => {
    const results = await driver.write(
      [
        { property: property('scalar', node(name)), value: given },
        { property: property('list', node(`${name}Array`)), value: [given, given, given] },
      ],
      never(),
    );
    expect(results).toEqual([{ name: 'scalar' }, { name: 'list' }]);
    expect(await server.get(`types/${name}`)).toEqual(held);
    expect(await server.get(`types/${name}Array`)).toEqual([held, held, held]);
  });

  it('tells a refused write by its name, and does the others', async () => {
    const results = await driver.write(
      [
        { property: property('locked', `nsu=${AsyncuaServer.NAMESPACE};s=machine/locked`), value: 1 },
        { property: property('narrow', node('Byte')), value: 256 },
        { property: property('list', node('Int16Array')), value: 'x' },
        { property: property('ok', node('Int16')), value: 7 },
      ],
      never(),
    );
    expect(results.map(({ error }) => error?.code)).toEqual([
      expect.stringMatching(/^OPCUA_Bad(NotWritable|UserAccessDenied)$/),
      'BAD_VALUE',
      'BAD_VALUE',
      undefined,
    ]);
    expect(await server.get('types/Int16')).toBe(7);
  });
});
