import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromResourceName, toResourceName } from '../../../../../src/onem2m/ae/devices/resource-name.ts';

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });

describe('a resource name', () => {
  it.each([
    ['temperature', 'temperature'],
    ['fan_speed-2.1', 'fan_speed-2.1'],
    ['fan speed', 'fan~20speed'],
    ['a/b', 'a~2Fb'],
    ['Öl', '~C3~96l'],
    ['~', '~7E'],
    ['la', '~6Ca'],
    ['..', '~2E.'],
    ['-', '~2D'],
  ])('of %j is %j', (given, expected) => {
    expect(toResourceName(given)).toBe(expected);
    expect(fromResourceName(expected)).toBe(given);
  });

  it('keeps off reserved names', () => {
    expect(toResourceName('onem2m', ['onem2m'])).toBe('~6Fnem2m');
  });

  it('holds only what oneM2M allows, and can be turned back', () => {
    fc.assert(
      fc.property(name, (given) => {
        const resourceName = toResourceName(given, ['base']);
        expect(resourceName).toMatch(/^[A-Za-z0-9._~-]+$/);
        expect(['la', 'ol', 'fopt', 'pcu', '-', '.', '..', 'base']).not.toContain(resourceName);
        expect(fromResourceName(resourceName)).toBe(given);
      }),
    );
  });
});
