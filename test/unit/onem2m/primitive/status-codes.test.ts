import { describe, expect, it } from 'vitest';
import { STATUS_CODES } from '../../../../src/onem2m/primitive/status-code-table';
import * as codes from '../../../../src/onem2m/primitive/status-codes';
import { WIRE } from './wire-fixtures.ts';

const ALL = Object.keys(STATUS_CODES).map(Number);

describe('status codes', () => {
  it('have names in words', () => {
    expect(codes.rscText(2000)).toBe('OK');
    expect(codes.rscText(2001)).toBe('created');
    expect(codes.rscText(4103)).toBe('originator has no privilege');
    expect(codes.rscText(4999)).toBe('request error 4999');
    expect(codes.rscText(17)).toBe('unknown status 17');
  });

  it('fall into classes', () => {
    expect([1000, 1002, 2000, 2999].every(codes.isSuccess)).toBe(true);
    expect([999, 3000, 4000, 5000, 6000].some(codes.isSuccess)).toBe(false);
    expect(ALL.filter(codes.isAccepted)).toEqual([1000, 1001, 1002]);
    expect(ALL.filter(codes.isRetryable)).toEqual([4008, 5000, 5103, 5107]);
  });

  it.each([
    [1001, 202],
    [2001, 201],
    [2004, 200],
    [4001, 501],
    [4103, 403],
    [4105, 409],
    [5103, 404],
    [5207, 406],
    [6010, 400],
    [1999, 202],
    [2999, 200],
    [4999, 400],
    [5999, 500],
  ])('%i travels as HTTP %i', (rsc, status) => {
    expect(codes.httpStatusOf(rsc)).toBe(status);
  });

  it('are taken from the HTTP status where the header is missing', () => {
    expect([200, 201, 202, 204, 299].map(codes.rscOfHttpStatus)).toEqual([2000, 2001, 1000, 2000, 2000]);
    expect([400, 403, 404, 409, 418, 429].map(codes.rscOfHttpStatus)).toEqual([4000, 4103, 4004, 4105, 4000, 4000]);
    expect([301, 500, 502, 504, 599].map(codes.rscOfHttpStatus)).toEqual([5000, 5000, 5103, 4008, 5000]);
  });

  it('keep their class on the way through HTTP', () => {
    for (const rsc of ALL)
      expect(codes.isSuccess(codes.rscOfHttpStatus(codes.httpStatusOf(rsc)))).toBe(codes.isSuccess(rsc));
  });
});

describe('refusals', () => {
  it('success is none', () => {
    expect(codes.refusalOf({ rsc: 2001 })).toBeUndefined();
    expect(() => codes.throwIfRefused({ rsc: 1001 })).not.toThrow();
  });

  it('say what was asked for, what it means, what the CSE says and what helps', () => {
    const error = codes.refusalOf(JSON.parse(WIRE.acmeDenied), 'RETRIEVE of cse-in/x');
    expect(error).toMatchObject({ code: 'ONEM2M_4103', advice: expect.stringContaining('acpi') });
    expect(error?.message).toBe(
      'RETRIEVE of cse-in/x: refused with 4103 (originator has no privilege) - the originator may not do this with this resource' +
        ' - the CSE says: originator: Cx4 has no RETRIEVE privileges for resource: cnt42',
    );
    expect(() => codes.throwIfRefused({ rsc: 4004 })).toThrow(expect.objectContaining({ code: 'ONEM2M_4004' }));
  });

  it('of unknown codes too', () => {
    expect(codes.refusalOf({ rsc: 6999, pc: null })).toMatchObject({
      code: 'ONEM2M_6999',
      message: 'refused with 6999 (network error 6999)',
    });
  });

  it('show what the CSE says on one line and shortened', () => {
    expect(codes.debugTextOf({ 'm2m:dbg': 'one\n two\u0007' })).toBe('one two');
    expect(codes.debugTextOf({ 'm2m:dbg': 'x'.repeat(100_000) })).toBe(`${'x'.repeat(300)}...`);
    expect(codes.debugTextOf('plain words')).toBe('plain words');
    expect(codes.debugTextOf('<html>')).toBeUndefined();
    expect(codes.debugTextOf({ 'm2m:dbg': { a: 1 } })).toBeUndefined();
    expect(codes.debugTextOf({ 'm2m:dbg': ' ' })).toBeUndefined();
  });
});
