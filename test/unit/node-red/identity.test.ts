import { describe, expect, it } from 'vitest';
import { readIdentity, uidOf } from '../../../src/node-red/common/identity.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('uidOf', () => {
  it('is the uid of the flow', () => {
    expect(uidOf('9e8efcb0-4b79-45e7-a4c4-3349562292e3', { id: 'n1' })).toBe('9e8efcb0-4b79-45e7-a4c4-3349562292e3');
  });

  it('is otherwise a UUID, always the same for a node and another for another', () => {
    expect(uidOf('', { id: 'n1' })).toMatch(UUID);
    expect(uidOf('', { id: 'n1' })).toBe(uidOf('', { id: 'n1' }));
    expect(uidOf('', { id: 'n1' })).not.toBe(uidOf('', { id: 'n2' }));
  });

  it('differs between the instances of a subflow, which share the uid of its definition', () => {
    const first = uidOf('shared', { id: 'one-n1', _alias: 'n1' });
    expect(first).toMatch(UUID);
    expect(first).not.toBe(uidOf('shared', { id: 'two-n1', _alias: 'n1' }));
  });
});

describe('readIdentity', () => {
  it('has defaults', () => {
    expect(readIdentity({}, { id: 'n1' }, 'dummy')).toEqual({
      ok: true,
      value: { name: 'n1', namespace: 'default', uid: uidOf('', { id: 'n1' }), protocol: 'dummy' },
    });
  });

  it('names a field that is not text', () => {
    const result = readIdentity({ name: { a: 1 }, namespace: [] }, { id: 'n1' }, 'dummy');
    expect(result.ok ? [] : result.problems.map(({ field }) => field)).toEqual(['name', 'namespace']);
  });
});
