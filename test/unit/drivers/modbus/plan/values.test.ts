import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENDIANNESS } from '../../../../../src/drivers/modbus/config/property.ts';
import { decoderOf, encodeRegisters } from '../../../../../src/drivers/modbus/plan/values.ts';
import { property } from '../../../../support/modbus/modbus-device.ts';

const decode = (bytes: Uint8Array, more: Record<string, unknown>): unknown => {
  const target = property('x', 0, { quantity: bytes.length / 2, ...more });
  return decoderOf(target)(bytes, 0);
};

describe('text in registers', () => {
  it.each([
    // Devices pad with NUL, with blanks (as minimalmodbus 2.1.1 does), or both, and leave older text behind a NUL.
    ['ABC\0\0\0  ', 'ABC'],
    ['ABC     ', 'ABC'],
    ['ABC\0XYZ\0', 'ABC'],
    ['AB  \0OLD', 'AB'],
    ['  AB    ', '  AB'],
    ['\0\0\0\0\0\0\0\0', ''],
    ['        ', ''],
    ['ABCDEFGH', 'ABCDEFGH'],
  ])('%j ends at its first NUL and loses trailing blanks', (raw, text) => {
    expect(decode(Buffer.from(raw), { type: 'string' })).toBe(text);
  });

  it('is read as it was written, in any byte order, but for what ends it', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 10 }), fc.constantFrom(...ENDIANNESS), (text, endianness) => {
        const target = property('x', 0, { type: 'string', quantity: 20, endianness });
        const bytes = encodeRegisters(target, text);
        expect(decoderOf(target)(bytes, 0)).toBe(text.split('\0')[0]!.replace(/ +$/, ''));
      }),
    );
  });
});
