import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PayloadWriter } from '../../../../src/device/documents/payload-text';
import { PAYLOAD_SHAPES, payloadDocument } from '../../../../src/device/documents/status-document';
import type { DeviceSnapshot, PropertyState } from '../../../../src/device/snapshot';

const value = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.string(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.constantFrom(undefined, null, -0, 1e21, 5e-324, new Date(0), Buffer.from([1, 255]), [1n, 'a'], { a: [NaN] }),
);
const states = fc.uniqueArray(
  fc.record({
    name: fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('__proto__', 'toString', '7', '"', '\u2028')),
    type: fc.constantFrom(undefined, 'int64', 'double'),
    value,
  }),
  { selector: ({ name }) => name, maxLength: 8 },
);

const snapshotOf = (properties: readonly Partial<PropertyState>[]): DeviceSnapshot => ({
  device: { name: 'meter', namespace: 'default', uid: 'u', protocol: 'dummy' },
  state: 'healthy',
  missedBeats: 0,
  properties: properties.map((one) => ({ name: '', accessMode: 'ReadOnly', value: undefined, ...one })),
});

/** In the order of the text, and with each member, also one that an object would take for its prototype. */
const membersOf = (text: string): unknown => JSON.parse(text, (_key, member: unknown) => entriesOf(member));
const entriesOf = (member: unknown): unknown =>
  typeof member === 'object' && member !== null && !Array.isArray(member)
    ? Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))
    : member;

describe('the text that is published', () => {
  it.each(PAYLOAD_SHAPES)('says what the document of the shape %s says', (shape) => {
    const writer = new PayloadWriter();
    fc.assert(
      fc.property(states, (given) => {
        const snapshot = snapshotOf(given);
        const text = writer.write(snapshot, shape);
        expect(membersOf(String(text))).toEqual(membersOf(JSON.stringify(payloadDocument(snapshot, shape))));
      }),
    );
  });

  it('is left to a kind of device that has a status of its own', () => {
    const own = { mine: 1 };
    expect(new PayloadWriter().write(snapshotOf([]), 'octopus', () => own)).toBe(own);
  });
});
