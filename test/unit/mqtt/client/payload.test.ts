import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64, decodePayload, encodePayload } from '../../../../src/mqtt/client/payload';

describe('encodePayload', () => {
  it('leaves text and bytes as they are', () => {
    expect(encodePayload('tested', 'raw')).toBe('tested');
    expect(encodePayload('', 'raw')).toBe('');
    expect(encodePayload(Uint8Array.of(0, 255), 'raw')).toEqual(Buffer.from([0, 255]));
    expect(encodePayload(new Uint8Array([9, 1, 2, 9]).subarray(1, 3), 'raw')).toEqual(Buffer.from([1, 2]));
  });

  it('writes anything else as JSON', () => {
    expect(encodePayload({ b: 1, a: [true, null, 23.1] }, 'raw')).toBe('{"b":1,"a":[true,null,23.1]}');
    expect(encodePayload(false, 'raw')).toBe('false');
    expect(encodePayload(null, 'raw')).toBe('null');
    expect(encodePayload(new Map(['u', 'i', 'a', 'e'].map((key) => [key, key])), 'raw')).toBe(
      '{"a":"a","e":"e","i":"i","u":"u"}',
    );
  });

  it('keeps 64-bit integers, bytes and times inside a document', () => {
    const document = { safe: 42n, big: 2n ** 63n, bytes: Buffer.from('abc'), at: new Date(0) };
    expect(JSON.parse(String(encodePayload(document, 'raw')))).toEqual({
      safe: 42,
      big: '9223372036854775808',
      bytes: 'YWJj',
      at: '1970-01-01T00:00:00.000Z',
    });
  });

  it('encodes the whole payload as Base64', () => {
    expect(encodePayload('tested', 'base64')).toBe('dGVzdGVk');
    expect(encodePayload(Buffer.from([251, 255]), 'base64')).toBe('+/8=');
    expect(encodePayload({ a: 1 }, 'base64')).toBe(Buffer.from('{"a":1}').toString('base64'));
  });

  it('refuses what JSON cannot hold', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(() => encodePayload(undefined, 'raw')).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
    expect(() => encodePayload(() => 1, 'base64')).toThrow(/nothing to publish/);
    expect(() => encodePayload(circle, 'raw')).toThrow(/cannot be written as JSON/);
  });
});

describe('decodeBase64 (docs/facts/octopus.md#base64)', () => {
  it.each(['Z29sYW5nICt+CiA=', 'Z29sYW5nICt+CiA', 'Z29sYW5nICt-CiA=', 'Z29s\r\nYW5nICt+CiA=\n'])('%j', (text) => {
    expect(decodeBase64(text).toString()).toBe('golang +~\n ');
  });

  it('decodes empty text to nothing', () => {
    expect(decodeBase64('')).toHaveLength(0);
  });

  it.each(['%%%', 'A', 'AAAAA', 'AA=', 'AAA==', 'A===', '====', 'AA=A', '{"a":1}', 'ÄÖÜß'])('refuses %j', (text) => {
    expect(() => decodeBase64(text)).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
  });
});

describe('decodePayload', () => {
  it('gives back every payload that was encoded', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom('raw' as const, 'base64' as const), (bytes, encode) => {
        const wire = Buffer.from(encodePayload(bytes, encode));
        expect(decodePayload(wire, encode)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('throws a DeviceError or answers bytes, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        try {
          expect(decodePayload(Buffer.from(bytes), 'base64')).toBeInstanceOf(Buffer);
        } catch (error) {
          expect(error).toMatchObject({ code: 'BAD_VALUE' });
        }
      }),
    );
  });
});
