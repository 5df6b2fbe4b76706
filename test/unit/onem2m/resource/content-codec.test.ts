import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONTENT_FORMATS } from '../../../../src/onem2m/resource/content';
import { decodeContent, encodeContent, parseContentInfo } from '../../../../src/onem2m/resource/content-codec';

const plainValue = fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value)));

describe('encodeContent', () => {
  it.each([
    ['21.5', 'auto', 'text/plain:0', '21.5'],
    [21.5, 'auto', 'application/json:0', '21.5'],
    [false, 'auto', 'application/json:0', 'false'],
    [null, 'auto', 'application/json:0', 'null'],
    [{ a: [1] }, 'auto', 'application/json:0', '{"a":[1]}'],
    [Buffer.from([1, 2, 255]), 'auto', 'application/octet-stream:1', 'AQL/'],
    [new Date(0), 'auto', 'text/plain:0', '1970-01-01T00:00:00.000Z'],
    [{ a: 1 }, 'text', 'text/plain:0', '{"a":1}'],
    [true, 'text', 'text/plain:0', 'true'],
    [Buffer.from('grün'), 'text', 'text/plain:0', 'grün'],
    ['on', 'json', 'application/json:0', '"on"'],
    [{ a: 1 }, 'json-base64', 'application/json:1', 'eyJhIjoxfQ=='],
    ['on', 'base64', 'application/octet-stream:1', 'b24='],
    [7, 'base64', 'application/octet-stream:1', 'Nw=='],
  ] as const)('%j as %s', (payload, format, cnf, con) => {
    expect(encodeContent(payload, format)).toEqual({ cnf, con });
  });

  it.each(CONTENT_FORMATS)('writes a counter in one form before and after 2^53: %s', (format) => {
    const counter = Array.from({ length: 8 }, (_none, index) => 2n ** 53n - 4n + BigInt(index));
    const written = counter.map((value) => encodeContent(value, format));
    expect(new Set(written.map(({ cnf }) => cnf)).size).toBe(1);
    const read = written.map(({ con, cnf }) => decodeContent(con, cnf));
    expect(read.map((value) => (Buffer.isBuffer(value) ? value.toString() : value))).toEqual(counter.map(String));
  });

  it.each(CONTENT_FORMATS)('%s refuses integers of more than 64 bits', (format) => {
    expect(() => encodeContent(2n ** 64n, format)).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
  });

  it.each(CONTENT_FORMATS)('%s refuses what cannot be written', (format) => {
    expect(() => encodeContent(undefined, format)).toThrow(/no payload/);
    expect(() => encodeContent({ a: () => 1 }, format)).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
  });
});

describe('decodeContent', () => {
  it.each([
    ['21.5', 'text/plain:0', '21.5'],
    ['eA==', 'text/plain:1', 'x'],
    ['{"a":1}', 'application/json:0', { a: 1 }],
    ['{"a":1}', 'Application/JSON', { a: 1 }],
    ['{"a":1}', 'application/senml+json:0', { a: 1 }],
    ['eyJhIjoxfQ==', 'application/json:1', { a: 1 }],
    ['eyJhIjoxfQ', 'application/json:1:0', { a: 1 }],
    ['{"a":', 'application/json:0', '{"a":'],
    ['%%', 'application/json:1', '%%'],
    ['AQL/', 'application/octet-stream:1', Buffer.from([1, 2, 255])],
    ['AQL_', 'image/png:2', Buffer.from([1, 2, 255])],
    ['AQL/', 'application/octet-stream:0', 'AQL/'],
    ['AQL/A', 'application/octet-stream:1', 'AQL/A'],
    ['grün', 'text/plain; charset=utf-8:0', 'grün'],
    ['{"a":1}', undefined, '{"a":1}'],
    [{ a: 1 }, 'application/json:0', { a: 1 }],
    [7, 'text/plain:0', 7],
    ['x', '', 'x'],
    ['x', ':::', 'x'],
  ])('%j of %s', (con, cnf, expected) => {
    expect(decodeContent(con, cnf)).toEqual(expected);
  });

  it('gives back what was encoded', () => {
    fc.assert(
      fc.property(plainValue, fc.constantFrom('auto', 'json', 'json-base64'), (value, format) => {
        fc.pre(!JSON.stringify(value).includes('__proto__'));
        const { con, cnf } = encodeContent(value, format);
        expect(decodeContent(con, cnf)).toEqual(value);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const { con, cnf } = encodeContent(bytes, 'auto');
        expect(decodeContent(con, cnf)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.jsonValue()), fc.string(), (con, cnf) => void decodeContent(con, cnf)),
    );
  });
});

it('parseContentInfo', () => {
  expect(parseContentInfo('Text/Plain; charset=utf-8:1:0')).toEqual({ media: 'text/plain', encoding: 1 });
  expect(parseContentInfo('text/plain')).toEqual({ media: 'text/plain', encoding: 0 });
});
