import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { setAt, valueAt } from '../../../src/editor/form/paths';

describe('paths', () => {
  it('reads nested values and lists', () => {
    const flow = { properties: [{ visitor: { bit: 3 } }], client: { tls: null } };
    expect(valueAt(flow, 'properties[0].visitor.bit')).toBe(3);
    expect(valueAt(flow, 'properties[1].visitor.bit')).toBeUndefined();
    expect(valueAt(flow, 'client.tls.name')).toBeUndefined();
    expect(valueAt(flow, 'toString')).toBeUndefined();
  });

  it('makes the objects on the way and removes keys', () => {
    const flow: Record<string, unknown> = { visitor: 'junk' };
    setAt(flow, 'visitor.offset', 4);
    expect(flow).toEqual({ visitor: { offset: 4 } });
    setAt(flow, 'visitor.offset', undefined);
    setAt(flow, 'absent.key', undefined);
    expect(flow).toEqual({ visitor: {} });
  });

  it('never reaches a prototype', () => {
    setAt({}, '__proto__.polluted', true);
    setAt({}, 'constructor.prototype.polluted', true);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('reads back what it wrote', () => {
    const name = fc.stringMatching(/^[a-z]{1,6}$/);
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), fc.integer(), (names, value) => {
        const root = {};
        setAt(root, names.join('.'), value);
        expect(valueAt(root, names.join('.'))).toBe(value);
      }),
    );
  });
});
