import { describe, expect, it } from 'vitest';
import type { Operation } from '../../../../src/device/property';
import {
  fromDeviceValue,
  hasOperations,
  requireDeviceValue,
  toDeviceValue,
} from '../../../../src/device/config/property-value';

const tenths: Operation[] = [{ type: 'Divide', value: '10' }];

describe('fromDeviceValue', () => {
  it('applies the operations to numbers and leaves everything else alone', () => {
    expect(fromDeviceValue({ type: 'int16', orderOfOperations: tenths }, 215)).toBe(21.5);
    expect(fromDeviceValue({ type: 'int16' }, 215)).toBe(215);
    expect(fromDeviceValue({ orderOfOperations: tenths }, 'off')).toBe('off');
    expect(fromDeviceValue({ orderOfOperations: tenths }, undefined)).toBeUndefined();
    expect(hasOperations({ orderOfOperations: [] })).toBe(false);
    expect(hasOperations({ orderOfOperations: tenths })).toBe(true);
  });
});

describe('toDeviceValue', () => {
  it('without operations wants a value of the type, and rounds nothing', () => {
    expect(toDeviceValue({ type: 'int16' }, '7')).toEqual({ ok: true, value: 7 });
    expect(toDeviceValue({ type: 'int16' }, 2.5)).toEqual({
      ok: false,
      message: 'must be a whole number (int16), got 2.5',
    });
    expect(toDeviceValue({}, { any: 'thing' })).toEqual({ ok: true, value: { any: 'thing' } });
  });

  it('with operations undoes them, then rounds and checks the range', () => {
    const property = { type: 'int16', orderOfOperations: tenths } as const;
    expect(toDeviceValue(property, 21.5)).toEqual({ ok: true, value: 215 });
    expect(toDeviceValue(property, '21.54')).toEqual({ ok: true, value: 215 });
    expect(toDeviceValue(property, 4000)).toEqual({
      ok: false,
      message: 'must be from -32768 to 32767 (int16), got 40000 after undoing the operations on 4000',
    });
    expect(toDeviceValue(property, 'warm')).toEqual({ ok: false, message: 'must be a finite number, got "warm"' });
    expect(toDeviceValue(property, NaN)).toEqual({ ok: false, message: 'must be a finite number, got NaN' });
  });

  it('keeps all digits of 64-bit integers on the way', () => {
    const property = { type: 'uint64', orderOfOperations: [{ type: 'Add', value: '1' }] } as const;
    expect(toDeviceValue(property, '18446744073709551616')).toEqual({ ok: true, value: 18446744073709551615n });
    expect(toDeviceValue(property, 9007199254740993n)).toEqual({ ok: true, value: 9007199254740992n });
  });

  it('says so where there is no inverse', () => {
    const property = { type: 'double', orderOfOperations: [{ type: 'Multiply', value: '0' }] } as const;
    expect(toDeviceValue(property, 1)).toMatchObject({ ok: false });
  });

  it('names the property when asked to throw', () => {
    expect(requireDeviceValue({ name: 'gear', type: 'int8' }, 5)).toBe(5);
    expect(() => requireDeviceValue({ name: 'gear', type: 'int8' }, 500)).toThrow(
      expect.objectContaining({
        code: 'BAD_VALUE',
        message: 'property "gear": must be from -128 to 127 (int8), got 500',
      }) as Error,
    );
  });
});
