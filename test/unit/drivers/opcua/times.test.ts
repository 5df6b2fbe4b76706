import { BinaryStream } from 'node-opcua-binary-stream';
import * as client from 'node-opcua-client';
import { describe, expect, it } from 'vitest';
import type { DeviceError } from '../../../../src/base/errors.ts';
import { parseOpcUaProperty } from '../../../../src/drivers/opcua/config/property.ts';
import { toReading } from '../../../../src/drivers/opcua/access/reader.ts';
import type { OpcUaLibrary } from '../../../../src/drivers/opcua/library/load.ts';
import { encodeVariant } from '../../../../src/drivers/opcua/values/variant.ts';
import { decodeVariant } from '../../../../src/drivers/opcua/values/decode.ts';

const NEVER = new Date('9999-12-31T23:59:59Z');
const NONE = new Date('1601-01-01T00:00:00Z');

/** A DateTime as it stands on the wire: 100 ns since 1601, Int64. */
function received(ticks: bigint): client.Variant {
  const bytes = Buffer.alloc(9);
  bytes.writeUInt8(client.DataType.DateTime, 0);
  bytes.writeBigInt64LE(ticks, 1);
  const variant = new client.Variant();
  variant.decode(new BinaryStream(bytes));
  return variant;
}

describe('a DateTime from the server', () => {
  it.each([
    [2n ** 63n - 1n, NEVER],
    [2_650_467_743_990_000_000n, NEVER],
    [2_650_467_743_990_000_001n, NEVER],
    [2_650_467_743_980_000_000n, new Date('9999-12-31T23:59:58Z')],
    [133_536_384_000_000_000n, new Date('2024-02-29T00:00:00Z')],
    [0n, NONE],
    [-1n, NONE],
    [-(2n ** 62n), NONE],
  ])('%s is %s', (ticks, expected) => {
    expect(decodeVariant(received(ticks))).toEqual(expected);
    expect(decodeVariant(received(ticks), { type: 'datetime' })).toEqual(expected);
  });
});

describe('a DateTime for the server', () => {
  const library = client as unknown as OpcUaLibrary;
  const encode = (value: unknown) =>
    encodeVariant({ builtIn: 'DateTime', valueRank: -1 }, value, { library, namespaces: [] });

  it('is one that it can hold', () => {
    for (const date of [NONE, NEVER, new Date('2024-02-29T12:00:00Z')]) expect(encode(date).value).toEqual(date);
  });

  it.each([
    new Date('1600-12-31T23:59:59.999Z'),
    new Date('0001-01-01T00:00:00Z'),
    new Date('+010000-01-01T00:00:00Z'),
  ])('is refused where OPC UA has no such time: %s', (date) => {
    expect(() => encode(date)).toThrow(
      expect.objectContaining({
        code: 'BAD_VALUE',
        message: expect.stringContaining('must be a time from 1601-01-01 to 9999-12-31'),
      }) as DeviceError,
    );
  });
});

it('a timestamp that is no time is none', () => {
  const parsed = parseOpcUaProperty({ name: 'a', visitor: { nodeID: 'i=1' } }, 'a');
  if (!parsed.ok) throw new Error('not parsed');
  const reading = (ticks: bigint) =>
    toReading(
      parsed.value,
      new client.DataValue({
        value: { dataType: client.DataType.Double, value: 1 },
        sourceTimestamp: received(ticks).value as Date,
        serverTimestamp: received(ticks).value as Date,
      }),
      0,
    );
  for (const ticks of [0n, -5n, 2n ** 63n - 1n]) {
    const { sourceTimestamp, serverTimestamp } = reading(ticks);
    expect([sourceTimestamp, serverTimestamp]).toEqual([undefined, undefined]);
  }
  expect(reading(133_536_384_000_000_000n)).toMatchObject({ sourceTimestamp: Date.UTC(2024, 1, 29) });
});
