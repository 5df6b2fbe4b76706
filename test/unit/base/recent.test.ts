import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Recent } from '../../../src/base/recent.ts';
import { newRequestId } from '../../../src/onem2m/primitive/request-id.ts';

const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

it('remembers the last keys that came, and no more', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...KEYS), fc.nat())),
      fc.integer({ min: 1, max: 5 }),
      (sets, size) => {
        const recent = new Recent<number>(size);
        let order: string[] = [];
        const values = new Map<string, number>();
        for (const [name, value] of sets) {
          recent.set(name, value);
          if (!order.includes(name)) order = [...order, name].slice(-size);
          values.set(name, value);
          for (const any of KEYS) expect(recent.get(any)).toBe(order.includes(any) ? values.get(any) : undefined);
        }
      },
    ),
  );
});

it('adds what is new without looking', () => {
  const recent = new Recent<number>(2);
  for (const [index, key] of ['a', 'b', 'c'].entries()) recent.add(key, index);
  expect(KEYS.slice(0, 4).map((key) => recent.get(key))).toEqual([undefined, 1, 2, undefined]);
});

it('request identifiers differ and fit into a topic and a header', () => {
  const ids = Array.from({ length: 10_000 }, newRequestId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.every((id) => /^[\w-]{12}$/.test(id))).toBe(true);
});
