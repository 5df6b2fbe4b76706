import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as a from '../../../../src/onem2m/primitive/addressing';

const name = fc.stringMatching(/^[A-Za-z0-9][\w.:~-]{0,8}$/);
const anyName = fc.oneof(name, fc.constantFrom('-', 'räume', 'a b', '100%', 'x@y', 'la'));
const names = fc.array(anyName, { minLength: 1, maxLength: 4 });
const address = fc.oneof(
  names.map((list) => list.join('/')),
  names.map((list) => `/${list.join('/')}`),
  fc.tuple(name, names).map(([sp, list]) => `//${sp}/${list.join('/')}`),
);

describe('parseAddress', () => {
  it.each([
    ['cse-in/ae/cnt', { scope: 'cse-relative', path: 'cse-in/ae/cnt' }],
    ['cnt42', { scope: 'cse-relative', path: 'cnt42' }],
    ['-/ae', { scope: 'cse-relative', path: '-/ae' }],
    ['/id-in', { scope: 'sp-relative', cseID: '/id-in', path: '' }],
    ['/id-in/cse-in/ae', { scope: 'sp-relative', cseID: '/id-in', path: 'cse-in/ae' }],
    ['//openmtc.org/in-cse-1/CGui', { scope: 'absolute', spID: '//openmtc.org', cseID: '/in-cse-1', path: 'CGui' }],
  ])('%s', (text, expected) => {
    expect(a.parseAddress(text)).toEqual(expected);
  });

  it.each([
    ['', 'is empty'],
    ['/', 'names no CSE'],
    ['///a', 'more than two slashes'],
    ['a//b', 'an empty name'],
    ['a/', 'an empty name'],
    ['a/../b', 'is . or ..'],
    ['a\u0000b', 'a control character'],
    ['a/#', '# + ?'],
    ['+/b', '# + ?'],
    ['~/cse/b', 'begins with ~ or _'],
    ['//sp', 'no CSE'],
  ])('refuses %j: %s', (text, problem) => {
    expect(a.addressProblem(text)).toContain(problem);
    expect(() => a.parseAddress(text)).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
  });

  it('every address comes back, also through an HTTP path', () => {
    fc.assert(
      fc.property(address, (text) => {
        expect(a.addressProblem(text)).toBeUndefined();
        expect(a.formatAddress(a.parseAddress(text))).toBe(text);
        expect(a.toHttpPath(text)).toMatch(/^\/[\x21-\x7e]*$/);
        expect(a.fromHttpPath(a.toHttpPath(text))).toBe(text);
      }),
    );
  });

  it('any text is an address or has a problem in words', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        if (a.addressProblem(text) === undefined) expect(a.formatAddress(a.parseAddress(text))).toBe(text);
        else expect(() => a.parseAddress(text)).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
      }),
    );
  });
});

describe('HTTP paths', () => {
  it.each([
    ['cse-in/ae', '/cse-in/ae'],
    ['-/ae', '/-/ae'],
    ['/id-in/cse-in/ae', '/~/id-in/cse-in/ae'],
    ['//acme.example.com/id-in/cse-in', '/_/acme.example.com/id-in/cse-in'],
    ['cse-in/a b/ü:1', '/cse-in/a%20b/%C3%BC:1'],
  ])('%s is %s', (text, path) => {
    expect(a.toHttpPath(text)).toBe(path);
    expect(a.fromHttpPath(path)).toBe(text);
  });

  it('are read tolerantly', () => {
    expect(a.fromHttpPath('/cse-in/ae/')).toBe('cse-in/ae');
    expect(a.fromHttpPath('/100%/x')).toBe('100%/x');
    expect(a.fromHttpPath('/')).toBe('');
    expect(a.toHttpPath('a\ud800')).toBe('/a%EF%BF%BD');
  });
});

it('join, lastSegment, parentOf', () => {
  expect(a.join('cse-in/ae/', '/cnt/', '', 'la')).toBe('cse-in/ae/cnt/la');
  expect(a.join('', 'a', 'b')).toBe('a/b');
  expect(a.join('/id-in')).toBe('/id-in');
  expect(a.lastSegment('cse-in/ae/cnt/')).toBe('cnt');
  expect(a.lastSegment('cnt')).toBe('cnt');
  expect(a.parentOf('cse-in/ae/cnt')).toBe('cse-in/ae');
  expect(a.parentOf('cse-in')).toBe('');
});

describe('targets of a flow', () => {
  const resolve = a.targetResolver({ base: 'onem2m', aeName: 'MYAPP' });

  it.each([
    ['', 'onem2m/MYAPP'],
    [' ', 'onem2m/MYAPP'],
    ['measurements', 'onem2m/MYAPP/measurements'],
    ['devices/boiler/', 'onem2m/MYAPP/devices/boiler'],
    ['onem2m', 'onem2m'],
    ['onem2m/OTHER/x', 'onem2m/OTHER/x'],
    ['onem2mX', 'onem2m/MYAPP/onem2mX'],
    ['-/OTHER', '-/OTHER'],
    ['-', '-'],
    ['/mn-cse-1/onem2m', '/mn-cse-1/onem2m'],
    ['//sp/mn-cse-1/onem2m', '//sp/mn-cse-1/onem2m'],
    ['~/mn-cse-1/onem2m', '/mn-cse-1/onem2m'],
    ['/~/mn-cse-1/onem2m', '/mn-cse-1/onem2m'],
    ['_/sp/mn-cse-1', '//sp/mn-cse-1'],
  ])('%j is %s', (target, expected) => {
    expect(resolve(target)).toBe(expected);
  });

  it.each(['a//b', '/', 'a/#', 'a/..', 'a\nb', '~/', '///'])('%j is refused', (target) => {
    expect(() => resolve(target)).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
  });
});
