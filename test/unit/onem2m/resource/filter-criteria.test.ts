import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filterCriteriaOf, fromQuery, toQuery } from '../../../../src/onem2m/resource/filter-criteria';

const filter = (given: unknown) => filterCriteriaOf(given, 'msg.filter');

describe('filters of a flow', () => {
  it('by the names of flows', () => {
    expect(
      filter({
        labels: 'a',
        type: ['container', 'm2m:cin', 23, '58'],
        createdAfter: new Date('2026-11-22T03:24:06Z'),
        createdBefore: '2026-11-23T00:00:00Z',
        modifiedSince: 0,
        unmodifiedSince: '20261122T032406,990781',
        stateTagBigger: '3',
        sizeAbove: 10,
        contentType: 'text/plain:0',
        limit: 5,
        level: 2,
        offset: 1,
        filterUsage: 'discovery',
        filterOperation: 'or',
        attributes: { rn: 'boiler*', mni: 3 },
      }),
    ).toEqual({
      lbl: ['a'],
      ty: [3, 4, 23, 58],
      cra: '20261122T032406',
      crb: '20261123T000000',
      ms: '19700101T000000',
      us: '20261122T032406,990781',
      stb: 3,
      sza: 10,
      cty: ['text/plain:0'],
      lim: 5,
      lvl: 2,
      ofst: 1,
      fu: 1,
      fo: 2,
      rn: 'boiler*',
      mni: 3,
    });
  });

  it('have times of whole seconds, within which all that is meant lies', () => {
    const ms = Date.parse('2026-11-22T03:24:06.500Z');
    const [down, up] = ['20261122T032406', '20261122T032407'];
    expect(filter({ cra: ms, crb: ms, ms: new Date(ms), us: ms, exa: ms, exb: '2026-11-22T03:24:06.500Z' })).toEqual({
      cra: down,
      crb: up,
      ms: down,
      us: up,
      exa: down,
      exb: up,
    });
  });

  it('by short names, any attribute among them; what is empty is left out', () => {
    const given = { ty: 3, lbl: ['a', 'b'], crb: null, lim: '', fu: 1, api: 'N.x', arp: 'la', cst: [1, 2] };
    expect(filter(given)).toEqual({ ty: [3], lbl: ['a', 'b'], fu: 1, api: 'N.x', arp: 'la', cst: [1, 2] });
    expect(filter(undefined)).toEqual({});
  });

  it.each([
    [{ type: 'containr' }, /^msg\.filter\.type: knows no type "containr"; known are .*container \(3\)/],
    [{ limit: -1 }, /^msg\.filter\.limit: must be a whole number/],
    [{ createdAfter: 'yesterday' }, /^msg\.filter\.createdAfter: must be a time .*"yesterday"/],
    [{ fo: 'nand' }, /must be one of and, or, xor, or 1 to 3/],
    [{ fu: 9 }, /must be one of discovery/],
    [{ labels: [{}] }, /must be text, a number, true or false/],
    [{ attributes: { rn: {} } }, /^msg\.filter\.attributes\.rn/],
    ['labels', /^msg\.filter: must be an object/],
  ])('%j is refused', (given, message) => {
    expect(() => filter(given)).toThrow(
      expect.objectContaining({ code: 'BAD_MESSAGE', message: expect.stringMatching(message) }),
    );
  });

  it('never throw anything else', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('ty', 'type', 'lbl', 'cra', 'lim', 'fu', 'x', '__proto__'), fc.jsonValue()),
        (given) => {
          try {
            expect(Object.getPrototypeOf(filter(given))).toBe(Object.prototype);
          } catch (error) {
            expect(error).toMatchObject({ code: 'BAD_MESSAGE' });
          }
        },
      ),
    );
  });
});

describe('queries', () => {
  it('repeat the names of lists', () => {
    expect(toQuery({ fu: 1, ty: [3, 4], lbl: ['a', 'b c'], rr: true, crb: null, api: undefined })).toEqual([
      ['fu', '1'],
      ['ty', '3'],
      ['ty', '4'],
      ['lbl', 'a'],
      ['lbl', 'b c'],
      ['rr', 'true'],
    ]);
  });

  it('are read with types joined by plus', () => {
    const query = new URLSearchParams('ty=3+4&ty=5&lbl=a&fu=1&lim=10&rn=x&cty=text&cra=20261122T032406&cst=1&cst=2');
    expect(fromQuery(query)).toEqual({
      ty: [3, 4, 5],
      lbl: ['a'],
      fu: 1,
      lim: 10,
      rn: 'x',
      cty: 'text',
      cra: '20261122T032406',
      cst: ['1', '2'],
    });
    expect(Object.getPrototypeOf(fromQuery([['__proto__', 'x']]))).toBe(Object.prototype);
  });

  it('give back what they were made of', () => {
    const criteria = fc.record(
      {
        ty: fc.array(fc.integer({ min: 1, max: 99_999 }), { minLength: 1 }),
        lbl: fc.array(fc.string(), { minLength: 1 }),
        fu: fc.constantFrom(1, 2),
        lim: fc.nat(),
        ofst: fc.nat(),
        cra: fc.constant('20261122T032406'),
        rn: fc.string(),
        mni: fc.array(fc.string(), { minLength: 2 }),
      },
      { requiredKeys: [], noNullPrototype: true },
    );
    fc.assert(
      fc.property(criteria, (given) => {
        expect(fromQuery(new URLSearchParams(toQuery(given)))).toEqual(given);
      }),
    );
  });
});
