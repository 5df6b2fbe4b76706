import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coerce } from '../../../../src/base/values/coerce.ts';
import { MOST_LEVELS, MOST_MEMBERS, plainValue } from '../../../../src/base/values/plain-value.ts';

const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
const cyclic = (): object => {
  const one: Record<string, unknown> = { a: 1 };
  one['b'] = { c: [one] };
  return one;
};
const messageOf = (value: unknown): string | undefined => {
  const result = plainValue(value);
  return result.ok ? undefined : result.message;
};

describe('a plain value', () => {
  it('is a copy that is deeply equal and shares nothing that can change', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withTypedArray: true }), (value) => {
        const result = plainValue(value);
        expect(result).toEqual({ ok: true, value });
        if (result.ok && typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
          expect(result.value).not.toBe(value);
        }
      }),
    );
  });

  it('may be in several places, and keeps members with odd names', () => {
    const shared = { x: 1 };
    expect(plainValue([shared, shared])).toEqual({ ok: true, value: [shared, shared] });
    const odd = JSON.parse('{"__proto__": {"polluted": true}}') as object;
    const copied = plainValue(odd);
    expect(copied.ok && Object.keys(copied.value as object)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('has at most 64 levels and a million members, however they come about', () => {
    expect(messageOf(nested(MOST_LEVELS))).toBeUndefined();
    expect(messageOf(nested(MOST_LEVELS + 1))).toBe('must not have more than 64 levels');
    expect(messageOf(new Array(MOST_MEMBERS + 1).fill(0))).toBe('must not have more than 1000000 members');
    // 2^30 members, of which each level has two that are one and the same.
    let doubled: unknown = 1;
    for (let level = 0; level < 30; level += 1) doubled = [doubled, doubled];
    expect(messageOf(doubled)).toBe('must not have more than 1000000 members');
  });

  it.each<[string, unknown, string]>([
    ['contains itself', cyclic(), 'must not contain itself'],
    ['is a function', () => 1, 'must be data, got a function'],
    ['holds a symbol', [Symbol('x')], 'must be data, got a symbol'],
    ['only claims to be a date', Object.create(Date.prototype), 'must be plain data, but its members cannot be read'],
    [
      'throws when it is read',
      Object.defineProperty({}, 'x', {
        enumerable: true,
        get: () => {
          throw new Error('secret');
        },
      }),
      'must be plain data, but its members cannot be read',
    ],
    [
      'throws what is no error',
      new Proxy(
        {},
        {
          ownKeys: () => {
            // eslint-disable-next-line @typescript-eslint/only-throw-error -- the point of this case
            throw null;
          },
        },
      ),
      'must be plain data, but its members cannot be read',
    ],
  ])('is none that %s', (_, value, message) => {
    expect(messageOf(value)).toBe(message);
    expect(messageOf({ deep: [value] })).toBe(message);
  });

  it('is what an object says itself that it is written as, within the same limits', () => {
    const moment = Object.assign(Object.create({ toJSON: () => '2026-01-01' }) as object, { internal: () => 1 });
    expect(plainValue({ at: moment })).toEqual({ ok: true, value: { at: '2026-01-01' } });
    class Endless {
      toJSON(): unknown {
        return new Endless();
      }
    }
    expect(messageOf(new Endless())).toBe('must not have more than 64 levels');
  });

  it('is asked for in JSON text too', () => {
    const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
    expect(coerce('array', deep)).toEqual({ ok: false, message: 'must not have more than 64 levels' });
  });
});
