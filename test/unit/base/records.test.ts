import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asRecord, isPlainRecord, isRecord, memberOf } from '../../../src/base/records.ts';

describe('records', () => {
  it.each<[string, unknown, boolean, boolean]>([
    ['an object', { a: 1 }, true, true],
    ['one without a prototype', Object.create(null), true, true],
    ['bytes', Buffer.from('a'), true, false],
    ['other bytes', new Uint16Array(1), true, false],
    ['a buffer of bytes', new ArrayBuffer(1), true, false],
    ['a date', new Date(0), true, false],
    ['a list', [], false, false],
    ['null', null, false, false],
    ['nothing', undefined, false, false],
    ['text', 'a', false, false],
    ['a number', 1, false, false],
    ['a function', () => 1, false, false],
  ])('%s', (_what, value, record, plain) => {
    expect([isRecord(value), isPlainRecord(value)]).toEqual([record, plain]);
  });

  it('of anything at all are objects, and their members may be asked for', () => {
    fc.assert(
      fc.property(fc.anything(), fc.string(), (value, name) => {
        expect(isRecord(asRecord(value))).toBe(true);
        if (isRecord(value)) expect(asRecord(value)).toBe(value);
        expect(() => memberOf(value, name)).not.toThrow();
        if (isPlainRecord(value)) expect(isRecord(value)).toBe(true);
      }),
    );
    expect([memberOf({ a: 1 }, 'a'), memberOf(['x'], '0'), memberOf('text', 'length')]).toEqual([1, 'x', undefined]);
  });
});
