import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as e from '../../../../src/onem2m/resource/enumerations';

describe('events and notification contents', () => {
  it.each([
    ['createChild', 3],
    ['CREATECHILD', 3],
    [3, 3],
    ['3', 3],
    ['missingData', 8],
    ['nothing', undefined],
    [0, undefined],
    [9, undefined],
    [undefined, undefined],
    ['constructor', undefined],
  ])('event %j is %j', (given, net) => {
    expect(e.eventNumber(given)).toBe(net);
  });

  it('have a name for each number', () => {
    for (const [name, number] of Object.entries(e.EVENT_NAMES)) expect(e.eventName(number)).toBe(name);
    for (const [name, number] of Object.entries(e.CONTENT_NAMES)) expect(e.contentName(number)).toBe(name);
    expect(e.contentNumber('resourceId')).toBe(3);
    expect(e.eventName(99)).toBeUndefined();
    expect(e.EVENTS.describe()).toContain('update (1), delete (2)');
    expect(e.REQUEST_STATUS.nameOf(1)).toBe('completed');
  });
});

describe('result contents', () => {
  it('says which go with an operation', () => {
    expect(e.resultContentProblem('create', 9)).toBeUndefined();
    expect(e.resultContentProblem('discovery', 6)).toBeUndefined();
    expect(e.resultContentProblem('update', 4)).toBe(
      'rcn 4 does not go with update; allowed are 0 (nothing), 1 (attributes), 9 (modifiedAttributes)',
    );
  });
});

describe('privileges', () => {
  it.each([
    [63, 63],
    ['all', 63],
    ['create, retrieve', 3],
    [['retrieve', 'discover'], 34],
    ['51', 51],
    [[1, 'UPDATE'], 5],
    [0, 0],
    [64, undefined],
    ['fly', undefined],
    [[], undefined],
    [[null], undefined],
    [[['create']], undefined],
    [null, undefined],
  ])('%j is %j', (given, acop) => {
    expect(e.privilegesOf(given)).toBe(acop);
  });

  it('names give their sum back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 63 }), (acop) => {
        expect(e.privilegesOf(e.privilegeNames(acop))).toBe(acop);
      }),
    );
  });
});
