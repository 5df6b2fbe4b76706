import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadCbor } from '../../../../src/drivers/mqtt/payload/cbor.ts';
import { Content } from '../../../../src/drivers/mqtt/payload/content.ts';
import { CONTENT_TYPES, type ContentType } from '../../../../src/drivers/mqtt/payload/content-type.ts';
import { decodeValue, type ValueFormat } from '../../../../src/drivers/mqtt/payload/decode.ts';
import { encodeValues } from '../../../../src/drivers/mqtt/payload/encode.ts';
import { readSenml } from '../../../../src/drivers/mqtt/payload/senml.ts';
import { compileValuePath } from '../../../../src/drivers/mqtt/payload/value-path.ts';
import type { ValueType } from '../../../../src/base/values/index.ts';

const NOW = 1_800_000_000_000;
const cbor = await loadCbor();

function format(given: Partial<Omit<ValueFormat, 'compiledPath'>> = {}): ValueFormat {
  const { path, contentType } = given;
  const compiled = path === undefined || contentType?.includes('senml') === true ? undefined : compileValuePath(path);
  if (compiled?.ok === false) throw new Error(compiled.message);
  return { type: undefined, contentType, map: undefined, ...given, path, compiledPath: compiled?.path };
}

const content = (payload: string | Buffer): Content => new Content(Buffer.from(payload as string), NOW, cbor);
const decode = (payload: string | Buffer, given?: Parameters<typeof format>[0]): unknown =>
  decodeValue(format(given), content(payload))?.value;
const encode = (value: unknown, given?: Parameters<typeof format>[0]): string =>
  encodeValues([{ format: format(given), value }], cbor).toString();

describe('a payload without a content type', () => {
  it.each<[string, ValueType | undefined, unknown]>([
    ['21.5', 'float', 21.5],
    [' 21.5 ', 'float', 21.5],
    ['"21.5"', 'float', 21.5],
    ['007', 'string', '007'],
    ['1.0', 'string', '1.0'],
    ['"open"', 'string', 'open'],
    ['"half', 'string', '"half'],
    ['ON', 'boolean', true],
    ['off', 'boolean', false],
    ['1', 'boolean', true],
    ['true', 'boolean', true],
    ['0aFF', 'hexString', '0aff'],
    ['{"a":1}', 'object', { a: 1 }],
    ['[1,2]', 'array', [1, 2]],
    ['{"a":1}', undefined, { a: 1 }],
    ['open', undefined, 'open'],
    ['12', undefined, 12],
    ['null', undefined, null],
    ['', 'string', ''],
  ])('%j as %s is %j', (payload, type, expected) => {
    expect(decode(payload, { type })).toEqual(expected);
  });

  it('keeps all digits of large integers', () => {
    expect(decode('9007199254740993')).toBe(9007199254740993n);
    expect(decode('18446744073709551615', { type: 'uint64' })).toBe(18446744073709551615n);
  });

  it.each<[string, ValueType, string]>([
    ['warm', 'float', 'a finite number'],
    ['300', 'uint8', 'from 0 to 255'],
    ['', 'int', 'a whole number'],
    ['maybe', 'boolean', 'true or false'],
  ])('%j as %s is refused in words', (payload, type, text) => {
    expect(() => decode(payload, { type })).toThrow(text);
  });
});

describe('a path into the payload', () => {
  it('leads to the value, of which nothing is said where it is not there', () => {
    expect(decode('{"ENERGY":{"Power":12}}', { path: 'ENERGY.Power', type: 'float' })).toBe(12);
    expect(decodeValue(format({ path: 'other' }), content('{"a":1}'))).toBeUndefined();
    expect(decode('{"a":null}', { path: 'a', type: 'int' })).toBeNull();
  });

  it('asks for JSON, and says so', () => {
    expect(() => decode('open', { path: 'state' })).toThrow('the payload is no JSON: got "open"');
    expect(() => decode('', { path: 'state' })).toThrow('it is empty');
  });

  it('keeps all digits of a counter', () => {
    expect(decode('{"count":9007199254740993}', { path: 'count', type: 'uint64' })).toBe(9007199254740993n);
    expect(encode(9007199254740993n, { path: 'count', type: 'uint64' })).toBe('{"count":9007199254740993}');
  });
});

describe('a map', () => {
  const map = new Map<string, unknown>([
    ['ON', true],
    ['OFF', false],
    ['2', 'auto'],
  ]);

  it('turns what the device says into what it means, and back', () => {
    expect(decode('ON', { map })).toBe(true);
    expect(decode('{"m":2}', { map, path: 'm' })).toBe('auto');
    expect(encode(false, { map })).toBe('OFF');
    expect(encode('auto', { map, path: 'm' })).toBe('{"m":2}');
    expect(encode('auto', { map, contentType: 'text/plain' })).toBe('2');
  });

  it('names what it knows where a value is not in it', () => {
    expect(() => decode('3', { map })).toThrow('must be one of ON, OFF, 2, got 3');
    expect(() => encode('slow', { map })).toThrow('must be one of true, false, auto, got slow');
  });
});

describe('what is sent', () => {
  it.each<[unknown, ValueType | undefined, ContentType | undefined, string]>([
    ['open', 'string', undefined, 'open'],
    ['open', 'string', 'application/json', '"open"'],
    [true, 'boolean', undefined, 'true'],
    [21.5, 'float', undefined, '21.5'],
    [{ a: 1 }, 'object', undefined, '{"a":1}'],
    ['0aff', 'hexString', 'application/octet-stream', Buffer.from([10, 255]).toString()],
    ['0aff', 'hexString', undefined, '0aff'],
    [21.5, 'float', 'application/senml+json', '[{"n":"t","v":21.5}]'],
  ])('%j of type %s as %s', (value, type, contentType, expected) => {
    const path = contentType === 'application/senml+json' ? 't' : undefined;
    expect(encode(value, { type, contentType, path })).toBe(expected);
  });

  it('is one object for values with a place each', () => {
    const values = [
      { format: format({ path: 'action.power' }), value: true },
      { format: format({ path: 'action.gear' }), value: 'low' },
    ];
    expect(encodeValues(values, cbor)).toBe('{"action":{"power":true,"gear":"low"}}');
  });

  it('comes back as it was, in each content type', () => {
    const values = fc.oneof(
      fc.record({ type: fc.constant<ValueType>('boolean'), value: fc.boolean() }),
      fc.record({ type: fc.constant<ValueType>('int32'), value: fc.integer() }),
      fc.record({ type: fc.constant<ValueType>('double'), value: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
      fc.record({
        type: fc.constant<ValueType>('int64'),
        value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      }),
      fc.record({ type: fc.constant<ValueType>('string'), value: fc.string({ unit: 'grapheme' }) }),
    );
    // SenML numbers are doubles: they hold no 64-bit integer.
    const types = CONTENT_TYPES.filter((type) => !type.includes('senml') && type !== 'application/octet-stream');
    fc.assert(
      fc.property(
        values,
        fc.constantFrom(...types, undefined),
        fc.boolean(),
        ({ type, value }, contentType, inPart) => {
          // Text that looks like JSON in quotes is taken for that where no content type says what it is.
          fc.pre(!(contentType === undefined && typeof value === 'string' && value.startsWith('"')));
          const hasPlace = inPart && contentType !== 'text/plain';
          const how = format({ type, contentType, path: hasPlace ? 'a.b' : undefined });
          const payload = encodeValues([{ format: how, value }], cbor);
          const back = decodeValue(how, content(payload))?.value;
          // JSON and decimal text have no negative zero.
          expect(Object.is(back, -0) ? 0 : back).toEqual(Object.is(value, -0) ? 0 : value);
        },
      ),
    );
  });
});

describe('any bytes at all', () => {
  it('are a value, nothing, or a DeviceError in words', () => {
    const types = fc.constantFrom<ContentType | undefined>(...CONTENT_TYPES, undefined);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 60 }),
        types,
        fc.option(fc.constant('a.b'), { nil: undefined }),
        (bytes, contentType, path) => {
          const isPlain = contentType === 'text/plain' || contentType === 'application/octet-stream';
          const how = format({ contentType, path: isPlain ? undefined : path });
          try {
            decodeValue(how, content(Buffer.from(bytes)));
          } catch (error) {
            expect(error).toMatchObject({ name: 'DeviceError', code: expect.stringMatching(/^BAD_/) });
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('SenML', () => {
  it('resolves base name, time and value (RFC 8428, 5.1.3)', () => {
    const pack = readSenml(
      [
        { bn: 'urn:dev:ow:10e2073a01080063:', bt: 1.276020076001e9, bu: 'A', bv: 10, n: 'voltage', u: 'V', v: 120.1 },
        { n: 'current', t: -5, v: 1.2 },
        { n: 'text', vs: 'hello' },
        { n: 'bytes', vd: 'aGk' },
        { n: 'sum', s: 7, vb: true },
      ],
      NOW,
    );
    expect(pack.get('urn:dev:ow:10e2073a01080063:voltage')).toEqual({ value: 130.1, time: 1_276_020_076_001 });
    expect(pack.get('current')?.value).toBeCloseTo(11.2);
    expect(pack.get('current')?.time).toBeCloseTo(1_276_020_071_001, 0);
    expect(pack.get('bytes')?.value).toEqual(Buffer.from('hi'));
    expect(pack.get('sum')?.value).toBe(true);
  });

  it('takes times below 2^28 s as relative to now', () => {
    expect(readSenml([{ n: 'a', v: 1, t: -10 }], NOW).get('a')?.time).toBe(NOW - 10_000);
    expect(readSenml([{ n: 'a', v: 1 }], NOW).get('a')).toEqual({ value: 1 });
  });

  it('reads the labels of the CBOR form, and what this package writes', () => {
    const how = format({ contentType: 'application/senml+cbor', path: 't' });
    const payload = encodeValues([{ format: how, value: 21.5 }], cbor);
    expect(decodeValue(how, content(payload))).toEqual({ value: 21.5 });
    expect(
      decode(cbor.encode([{ '-2': 'room/', 0: 't', 2: 3 }]), { contentType: 'application/senml+cbor', path: 'room/t' }),
    ).toBe(3);
  });

  it('says what is wrong', () => {
    expect(() => readSenml({}, NOW)).toThrow('no SenML pack');
    expect(() => readSenml([{ n: 'a', v: 'x' }], NOW)).toThrow('whose v is no number');
    expect(() => readSenml([{ v: 1 }], NOW)).toThrow('without a name');
  });
});
