import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldReader } from '../../../../src/base/fields/fields.ts';
import { namePattern, readBrowseRequest } from '../../../../src/drivers/opcua/actions/browse-request.ts';
import { chunksOf, isoTime } from '../../../../src/drivers/opcua/actions/context.ts';
import { eventToJson } from '../../../../src/drivers/opcua/actions/event-fields.ts';
import { readPayload, readTime } from '../../../../src/drivers/opcua/actions/payload.ts';
import { BUILT_IN } from '../../../../src/drivers/opcua/values/types.ts';

const NOW = Date.UTC(2026, 4, 1, 8);

describe('times in a message', () => {
  it.each<[unknown, string]>([
    ['now', '2026-05-01T08:00:00.000Z'],
    ['-1h30m', '2026-05-01T06:30:00.000Z'],
    ['2026-04-30', '2026-04-30T00:00:00.000Z'],
    ['2026-04-30T10:00:00+02:00', '2026-04-30T08:00:00.000Z'],
    [0, '1970-01-01T00:00:00.000Z'],
    [new Date(NOW), '2026-05-01T08:00:00.000Z'],
  ])('%j is %s', (given, expected) => {
    expect(readTime(new FieldReader({ start: given }), 'start', NOW)?.toISOString()).toBe(expected);
  });

  it.each(['1h', '-1x', 'soon', NaN, new Date(NaN), {}, '2026-13-01'])('%j is refused, naming the field', (given) => {
    const reader = new FieldReader({ start: given }, 'msg.payload');
    expect(readTime(reader, 'start', NOW)).toBeUndefined();
    expect(reader.problems).toMatchObject([{ field: 'msg.payload.start' }]);
  });

  it('of a server are left out where they mean none', () => {
    expect(isoTime(new Date(Date.UTC(1601, 0, 1)))).toBeUndefined();
    expect(isoTime(null)).toBeUndefined();
    expect(isoTime(new Date(0))).toBe('1970-01-01T00:00:00.000Z');
  });
});

describe('names to look for', () => {
  it.each([
    ['speed', 'MotorSpeed1', true],
    ['speed', 'Level', false],
    ['*speed', 'MotorSpeed1', false],
    ['Item?', 'Item7', true],
    ['Item?', 'Item77', false],
    ['a.b', 'aXb', false],
  ])('%s matches %s: %s', (pattern, name, expected) => {
    expect(namePattern(pattern).test(name)).toBe(expected);
  });

  it('find every name that contains the text, whatever characters it has', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), fc.string(), (before, text, after) => {
        fc.pre(!/[*?]/.test(text));
        expect(namePattern(text).test(before + text + after)).toBe(true);
      }),
    );
  });
});

describe('a payload', () => {
  it('that is text stands for a NodeId; none at all for the Objects folder', () => {
    expect(readPayload('ns=2;s=a', readBrowseRequest).start.text).toBe('ns=2;s=a');
    expect(readPayload(undefined, readBrowseRequest)).toMatchObject({ start: { text: 'i=85' }, depth: 1, limit: 1000 });
  });

  it('tells all its problems at once', () => {
    const refused = () => readPayload({ depth: 'deep', limit: -1 }, readBrowseRequest);
    expect(refused).toThrow(/msg\.payload\.depth: .*; msg\.payload\.limit: /);
  });
});

describe('chunks', () => {
  it('hold all items in order, none more than the size', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 20 }), (items, size) => {
        const chunks = chunksOf(items, size);
        expect(chunks.flat()).toEqual(items);
        expect(chunks.every((chunk) => chunk.length > 0 && chunk.length <= size)).toBe(true);
      }),
    );
  });
});

describe('the fields of an event', () => {
  it('are plain data by name; what the event has not is left out', () => {
    const scalar = (dataType: number, value: unknown) => ({ dataType, arrayType: 0, value });
    const values = [
      scalar(BUILT_IN.ByteString, Buffer.from([1, 2, 3])),
      scalar(BUILT_IN.DateTime, new Date(NOW)),
      scalar(BUILT_IN.Boolean, false),
      scalar(BUILT_IN.Null, null),
      scalar(BUILT_IN.LocalizedText, { text: 'hot', locale: 'en' }),
    ];
    expect(eventToJson(['EventId', 'Time', 'ActiveState.Id', 'ConditionId', 'Message', 'Extra'], values)).toEqual({
      EventId: 'AQID',
      Time: '2026-05-01T08:00:00.000Z',
      ActiveState: false,
      Message: 'hot',
    });
  });
});
