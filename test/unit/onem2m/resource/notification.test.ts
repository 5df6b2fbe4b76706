import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNotification } from '../../../../src/onem2m/resource/notification.ts';

describe('parseNotification', () => {
  it('reads an event of ACME', () => {
    const rep = { 'm2m:cin': { ty: 4, con: '{"a":1}', cnf: 'application/json:0' } };
    expect(parseNotification({ 'm2m:sgn': { nev: { net: 3, rep }, sur: '/id-in/sub1', cr: 'Cx' } })).toEqual([
      {
        kind: 'event',
        subscription: '/id-in/sub1',
        event: 'createChild',
        representation: rep,
        payload: { a: 1 },
        creator: 'Cx',
      },
    ]);
  });

  it('reads an event of OpenMTC, which writes null for whatever is absent', () => {
    const rep = { 'm2m:cin': { con: 'MjE=', cnf: 'application/json:1' } };
    const sgn = {
      cr: null,
      nev: { net: null, om: null, rep },
      nfu: null,
      sud: null,
      sur: '//openmtc.org/in-cse-1/onem2m/GUI/d/s',
      vrq: null,
    };
    expect(parseNotification({ 'm2m:sgn': sgn })).toEqual([
      { kind: 'event', subscription: sgn.sur, event: 'createChild', representation: rep, payload: 21 },
    ]);
  });

  it.each<[unknown, unknown, string, unknown]>([
    [1, { 'm2m:cnt': { lbl: ['a'] } }, 'update', { lbl: ['a'] }],
    [2, { 'm2m:cnt': { rn: 'a' } }, 'delete', { rn: 'a' }],
    [3, { 'm2m:uri': 'cin1' }, 'createChild', 'cin1'],
    [4, { 'cod:tempe': { curT0: 1 } }, 'deleteChild', { curT0: 1 }],
    [5, { 'm2m:cnt': {} }, 'retrieve', {}],
    [6, { 'm2m:ae': {} }, 'trigger', {}],
    ['7', { 'm2m:cnt': {} }, 'blockingUpdate', {}],
    [8, { 'm2m:tsn': { mdlt: ['t'], mdc: 1 } }, 'missingData', { mdlt: ['t'], mdc: 1 }],
    [undefined, { 'm2m:tsn': { mdlt: [], mdc: 0 } }, 'missingData', { mdlt: [], mdc: 0 }],
    [undefined, { 'm2m:tsi': { con: 5, dgt: 't' } }, 'createChild', 5],
    [undefined, { 'm2m:cnt': { rn: 'a' } }, 'unknown', { rn: 'a' }],
    [99, { 'm2m:cin': { con: 'x' } }, 'unknown', 'x'],
    [3, { 'm2m:cin': { rn: 'without content' } }, 'createChild', { rn: 'without content' }],
    [3, undefined, 'createChild', null],
    [3, null, 'createChild', null],
  ])('reads net %o with %o as %s', (net, rep, event, payload) => {
    const [item] = parseNotification({ 'm2m:sgn': { nev: { net, rep }, sur: 's' } });
    expect(item).toMatchObject({ kind: 'event', event, payload, subscription: 's' });
  });

  it.each<[unknown, Record<string, unknown>]>([
    [
      { 'm2m:sgn': { vrq: true, sur: '/id-in/s', cr: 'Cx1' } },
      { kind: 'verification', subscription: '/id-in/s', creator: 'Cx1' },
    ],
    [{ 'm2m:sgn': { vrq: true, sur: 's', nev: { net: 1, rep: {} } } }, { kind: 'verification', subscription: 's' }],
    [{ 'm2m:sgn': { sud: true, sur: 's' } }, { kind: 'deletion', subscription: 's' }],
    [{ 'm2m:sgn': { sud: true, nev: { net: 2, sur: 's' } } }, { kind: 'deletion', subscription: 's' }],
    [{ sgn: { sud: true, sur: 's' } }, { kind: 'deletion', subscription: 's' }],
    [{ 'm2m:sgn': { sur: 's', vrq: false } }, { kind: 'unknown', subscription: 's' }],
    [{ 'm2m:sgn': 5 }, { kind: 'unknown', subscription: '' }],
    [{ 'm2m:rsp': { rsc: 2000, rqi: 'r', pc: 1 } }, { kind: 'result', response: { rsc: 2000, rqi: 'r', pc: 1 } }],
    [{ 'm2m:rsp': { rsc: 2000 } }, { kind: 'unknown' }],
    [{ 'm2m:rsp': [] }, { kind: 'unknown' }],
    [{ 'm2m:tsn': { mdc: 1 } }, { kind: 'event', event: 'missingData', payload: { mdc: 1 } }],
    [{ 'm2m:cin': {} }, { kind: 'unknown', representation: { 'm2m:cin': {} } }],
    [undefined, { kind: 'unknown', representation: null }],
    ['text', { kind: 'unknown', representation: 'text' }],
    [[], { kind: 'unknown' }],
    [{ 'm2m:agn': { 'm2m:sgn': [] } }, { kind: 'unknown' }],
  ])('reads %o as %o', (pc, expected) => {
    const items = parseNotification(pc);
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject(expected);
  });

  const event = (con: string): Record<string, unknown> => ({ nev: { net: 3, rep: { 'm2m:cin': { con } } }, sur: 's' });
  it.each<[string, unknown]>([
    ['ACME', { 'm2m:agn': { 'm2m:sgn': [event('a'), event('b')] } }],
    ['a list alone', { 'm2m:agn': [event('a'), event('b')] }],
    ['wrapped ones', { 'm2m:agn': [{ 'm2m:sgn': event('a') }, { 'm2m:sgn': event('b') }] }],
    ['a list of notifications', { 'm2m:sgn': [event('a'), event('b')] }],
  ])('splits a batch as of %s', (_name, pc) => {
    expect(parseNotification(pc)).toMatchObject([
      { payload: 'a', batch: { index: 0, size: 2 } },
      { payload: 'b', batch: { index: 1, size: 2 } },
    ]);
  });

  it('keeps what is readable of a batch', () => {
    expect(parseNotification({ 'm2m:agn': { 'm2m:sgn': [null, event('a'), 5] } })).toMatchObject([
      { kind: 'unknown', batch: { index: 0, size: 3 } },
      { kind: 'event', payload: 'a' },
      { kind: 'unknown' },
    ]);
  });

  it('does not follow batches within batches for ever', () => {
    let pc: unknown = { 'm2m:sgn': event('a') };
    for (let depth = 0; depth < 100_000; depth += 1) pc = { 'm2m:agn': [pc] };
    expect(parseNotification(pc)).toMatchObject([{ kind: 'unknown' }]);
  });

  it('never throws, and always answers at least one item', () => {
    const names = [
      'm2m:sgn',
      'm2m:agn',
      'm2m:rsp',
      'm2m:tsn',
      'm2m:cin',
      'nev',
      'rep',
      'net',
      'sur',
      'vrq',
      'sud',
      'con',
      'cnf',
    ];
    const key = fc.oneof(fc.constantFrom(...names), fc.string());
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6 },
        fc.oneof(fc.jsonValue({ maxDepth: 0 }), fc.constantFrom(true, undefined, 3, 'application/json:1')),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(tree, (pc) => {
        const items = parseNotification(pc);
        expect(items.length).toBeGreaterThan(0);
        for (const { kind, subscription } of items) {
          expect(['event', 'verification', 'deletion', 'result', 'unknown']).toContain(kind);
          expect(typeof subscription).toBe('string');
        }
      }),
      { numRuns: 3000 },
    );
  });
});
