import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  describeTypes,
  isTypeNumber,
  resourceType,
  typeName,
  unwrap,
  wrapperOf,
} from '../../../../src/onem2m/resource/resource-types';

describe('resourceType', () => {
  it.each([3, '3', ' 3 ', 'container', 'CONTAINER', 'cnt', 'm2m:cnt', 'M2M:CNT'])('%j is a container', (given) => {
    expect(resourceType(given)).toEqual({ ty: 3, name: 'container', wrapper: 'm2m:cnt' });
  });

  it.each([
    ['AE', 2, 'm2m:ae'],
    ['CSEBase', 5, 'm2m:cb'],
    ['remoteCSE', 16, 'm2m:csr'],
    ['subscription', 23, 'm2m:sub'],
    [10003, 10003, 'm2m:cntA'],
    ['containerAnnc', 10003, 'm2m:cntA'],
    ['m2m:aeA', 10002, 'm2m:aeA'],
    ['mgmtObj', 13, 'm2m:mgo'],
    ['battery', 13, 'm2m:bat'],
    ['m2m:fwr', 13, 'm2m:fwr'],
    ['batA', 10013, 'm2m:batA'],
    ['dcfg:wificc', 13, 'dcfg:wificc'],
    ['flexContainer', 28, 'm2m:fcnt'],
    ['cod:tempe', 28, 'cod:tempe'],
    ['cod:tempeAnnc', 10028, 'cod:tempeAnnc'],
    [58, 58, 'm2m:fcin'],
  ])('%j is %i in %s', (given, ty, wrapper) => {
    expect(resourceType(given)).toMatchObject({ ty, wrapper });
  });

  it.each([
    0,
    -1,
    3.5,
    NaN,
    777,
    '777',
    '',
    'containerr',
    'm2m:nope',
    'a:b:c',
    '__proto__',
    'constructor',
    null,
    {},
    [3],
    true,
  ])('%j is none', (given) => {
    expect(resourceType(given)).toBeUndefined();
  });

  it('names every type, with or without a table entry', () => {
    expect(typeName(4)).toBe('contentInstance');
    expect(typeName(777)).toBe('777');
    expect(describeTypes()).toContain('container (3), contentInstance (4)');
    expect([1, 777, 10002].every(isTypeNumber)).toBe(true);
    expect([0, 1.5, '3', 1e9].some(isTypeNumber)).toBe(false);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.anything(), (given) => void resourceType(given)));
  });
});

describe('unwrap', () => {
  it.each([
    [{ 'm2m:cnt': { rn: 'c' } }, 'm2m:cnt', { rn: 'c' }],
    [{ cnt: { rn: 'c' } }, 'm2m:cnt', { rn: 'c' }],
    [{ 'cod:tempe': { curT0: 21 } }, 'cod:tempe', { curT0: 21 }],
    [{ 'm2m:uri': 'cse-in/a' }, 'm2m:uri', 'cse-in/a'],
    [{ uril: ['a'] }, 'm2m:uril', ['a']],
  ])('%j', (pc, wrapper, representation) => {
    expect(unwrap(pc)).toEqual({ wrapper, representation });
    expect(wrapperOf(pc)).toBe(wrapper);
  });

  it.each([
    [null],
    [undefined],
    ['text'],
    [{}],
    [[{ cnt: {} }]],
    [{ con: '1' }],
    [{ cnt: 'text' }],
    [{ 'm2m:cnt': {}, a: 1 }],
  ])('%j has no wrapper', (pc) => {
    expect(unwrap(pc)).toBeUndefined();
  });
});
