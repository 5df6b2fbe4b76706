import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MessageProperties } from '../../../../src/base/broker-connection';
import { isSound, readRecord, recordSize, writeRecord } from '../../../../src/mqtt/store/record';

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const properties: fc.Arbitrary<MessageProperties> = fc.record(
  {
    payloadFormatIndicator: fc.boolean(),
    messageExpiryInterval: fc.integer({ min: 1 }),
    contentType: text,
    responseTopic: text,
    correlationData: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    userProperties: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.oneof(text, fc.array(text))),
  },
  { requiredKeys: [] },
);

describe('the record of a message', () => {
  it('gives back what was written, with all its properties', () => {
    const contents = fc.record({
      topic: text,
      payload: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      qos: fc.constantFrom(1 as const, 2 as const),
      retained: fc.boolean(),
      more: fc.option(properties, { nil: undefined }),
    });
    fc.assert(
      fc.property(contents, fc.nat(), ({ more, ...content }, place) => {
        const message = { ...content, ...(more && { properties: more }), key: 7, acceptedAt: 8 };
        const size = recordSize(message);
        const offset = place % 20;
        const target = Buffer.alloc(offset + size);
        writeRecord(target, offset, size, message);
        const record = target.subarray(offset);
        expect(isSound(7, 8, record)).toBe(true);
        expect(readRecord(record)).toEqual({ ...content, ...(more && { properties: more }) });
      }),
    );
  });
});
