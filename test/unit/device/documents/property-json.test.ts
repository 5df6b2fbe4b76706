import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { integerRange, type ValueType } from '../../../../src/base/values';
import { valueAsText, valueJson } from '../../../../src/device/documents/property-json';
import { payloadDocument, statusDocument } from '../../../../src/device/documents/status-document';
import type { DeviceSnapshot, PropertyState } from '../../../../src/device/snapshot';

const WIDE = ['int64', 'uint64'] as const;
const EDGE = 2n ** 53n;

const snapshotOf = (...properties: Partial<PropertyState>[]): DeviceSnapshot => ({
  device: { name: 'meter', namespace: 'default', uid: 'u', protocol: 'dummy' },
  state: 'healthy',
  missedBeats: 0,
  properties: properties.map((property) => ({
    ...{ name: 'counter', accessMode: 'ReadOnly', value: undefined },
    ...property,
  })),
});

/** What a counter is in each document that tells its type. */
function everywhere(type: ValueType, value: unknown): Record<string, unknown> {
  const snapshot = snapshotOf({ type, value });
  const parsed = (document: unknown): unknown => JSON.parse(JSON.stringify(document));
  const { properties } = parsed(statusDocument(snapshot)) as { properties: { value: unknown }[] };
  const { counter } = parsed(payloadDocument(snapshot, 'values')) as { counter: unknown };
  const [record] = parsed(payloadDocument(snapshot, 'senml')) as { v?: unknown; vs?: unknown }[];
  const octopus = parsed(payloadDocument(snapshot, 'octopus')) as { properties: { value: unknown }[] };
  return {
    status: properties[0]!.value,
    values: counter,
    senml: record!.v ?? record!.vs,
    octopus: octopus.properties[0]!.value,
    single: valueAsText({ type, value }),
  };
}

describe('a 64-bit integer of a known type', () => {
  it('has all its digits, as text, in every document and whatever its value', () => {
    const counter = fc.constantFrom(...WIDE).chain((type) => {
      const { min, max } = integerRange(type);
      const near = fc.bigInt({ min: EDGE - 5n, max: EDGE + 5n });
      return fc.record({ type: fc.constant(type), value: fc.oneof(fc.bigInt({ min, max }), near, fc.constant(0n)) });
    });
    fc.assert(
      fc.property(counter, ({ type, value }) => {
        for (const told of Object.values(everywhere(type, value))) expect(told).toBe(String(value));
      }),
      { numRuns: 500 },
    );
  });

  it('is text in an array too', () => {
    expect(everywhere('uint64', [1n, EDGE + 1n])).toEqual({
      status: ['1', '9007199254740993'],
      values: ['1', '9007199254740993'],
      senml: '["1","9007199254740993"]',
      octopus: '["1","9007199254740993"]',
      single: '["1","9007199254740993"]',
    });
    expect(valueJson({ type: 'int64', value: new BigInt64Array([-1n]) })).toEqual(['-1']);
  });

  it('leaves the value after operations a number, and is text before them', () => {
    const snapshot = snapshotOf({ type: 'uint64', value: 12.5, raw: 12_500n }, { type: 'int64', value: 13n, raw: 13n });
    expect(statusDocument(snapshot)).toMatchObject({
      properties: [
        { value: 12.5, raw: '12500' },
        { value: 13, raw: '13' },
      ],
    });
  });
});

describe('an integer of another type, or of none', () => {
  it('is a number as long as numbers are exact', () => {
    expect(everywhere('uint32', 7)).toMatchObject({ status: 7, values: 7, senml: 7, octopus: '7', single: '7' });
    expect([5n, EDGE + 1n].map((value) => valueJson({ value }))).toEqual([5, '9007199254740993']);
    // Its members tell no type of theirs.
    expect(valueJson({ type: 'object', value: { a: 5n } })).toEqual({ a: 5 });
  });
});
