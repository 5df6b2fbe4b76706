import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { ENDIANNESSES, encodeValue } from '../../../../../src/base/values/codec';
import { readInAllOrders } from '../../../../../src/drivers/modbus/survey/byte-order';

/** What a meter measures: voltages, currents, powers, a frequency, an energy. */
const MEASURED = [230.4, 231.1, 229.7, 4.25, 980.5, 49.98, 12_345.6];
const COUNTED = [230, 2310, 45_001, 1_200_345, 77, 12];

const bytesOf = (
  type: 'float32' | 'int32' | 'uint32' | 'int16' | 'float64' | 'uint64',
  values: readonly number[],
  order: (typeof ENDIANNESSES)[number],
) =>
  Uint8Array.from(
    values.flatMap((value) => [
      ...encodeValue(type, value, order, { int16: 2, float64: 8, uint64: 8 }[type as string] ?? 4),
    ]),
  );

const likely = (bytes: Uint8Array, width: 1 | 2 | 4, type: string) =>
  readInAllOrders(bytes, width)
    .filter((reading) => reading.type === type && reading.likely)
    .map(({ endianness }) => endianness);

describe('registers in all byte orders', () => {
  it.each(ENDIANNESSES)('marks the order of measured values: %s', (order) => {
    expect(likely(bytesOf('float32', MEASURED, order), 2, 'float32')).toEqual([order]);
    expect(likely(bytesOf('float64', MEASURED, order), 4, 'float64')).toEqual([order]);
    expect(likely(bytesOf('uint32', COUNTED, order), 2, 'uint32')).toEqual([order]);
    expect(likely(bytesOf('uint64', COUNTED, order), 4, 'uint64')).toEqual([order]);
  });

  it('shows every value in every order', () => {
    const bytes = bytesOf('float32', [230.4], 'LittleEndianSwap');
    const floats = readInAllOrders(bytes, 2).filter(({ type }) => type === 'float32');
    expect(floats.map(({ endianness }) => endianness)).toEqual([...ENDIANNESSES]);
    expect(floats.find(({ endianness }) => endianness === 'LittleEndianSwap')?.values).toEqual([230.4]);
  });

  it('marks nothing where nothing can be said', () => {
    expect(readInAllOrders(new Uint8Array(8), 2).filter(({ likely: marked }) => marked)).toEqual([]);
    expect(readInAllOrders(new Uint8Array(0), 4).filter(({ likely: marked }) => marked)).toEqual([]);
  });

  it('reads whatever there is', () => {
    const bytes = fc.uint8Array({ maxLength: 40 });
    fc.assert(
      fc.property(bytes, fc.constantFrom(1 as const, 2 as const, 4 as const), (given, width) => {
        for (const { values, plausible } of readInAllOrders(given, width)) {
          expect(values).toHaveLength(Math.floor(given.length / (2 * width)));
          expect(plausible).toBeLessThanOrEqual(values.length);
          expect(JSON.parse(JSON.stringify(values))).toEqual(values);
        }
      }),
    );
  });
});
