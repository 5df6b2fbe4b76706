import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { problemKind } from '../../../src/base/problem-kind.ts';

describe('the kind of a problem', () => {
  it.each([
    ['ClientTCP_transport2 has been closed', 'ClientTCP_transport17 has been closed'],
    ['5', '8'],
    ['connect ECONNREFUSED from 127.0.0.1:43211', 'connect ECONNREFUSED from 127.0.0.1:39555'],
    ['[::1]:43211 closed the connection', '[::1]:50001 closed the connection'],
    ['no answer within 333.3 ms', 'no answer within 2000ms'],
    ['silent since 2026-11-29T06:10:19.123Z', 'silent since 2026-11-30T01:00:00Z'],
    ['given up after 5 attempts', 'given up after 12 attempts'],
    ['request 0b9c9d5e-6f52-4a2f-9f0e-2f6a8f0b7c11 failed', 'request 8a7b7c1e-0f52-4a2f-9f0e-2f6a8f0b7c12 failed'],
    ['the queue is full (64)', 'the queue is full (65)'],
  ])('is one for %j and %j', (one, other) => {
    expect(problemKind(one)).toBe(problemKind(other));
  });

  it.each([
    [
      'read of holding registers 10 of unit 1: illegal data address',
      'read of holding registers 20 of unit 1: illegal data address',
    ],
    ['reg1: no answer', 'reg2: no answer'],
    ['plant/line1 was refused', 'plant/line2 was refused'],
    ['ns=2;i=1001 is not there', 'ns=2;i=1002 is not there'],
    ['exception 2', 'exception 3'],
  ])('is another for %j and %j', (one, other) => {
    expect(problemKind(one)).not.toBe(problemKind(other));
  });

  it('does not depend on a duration or a port, whatever surrounds it', () => {
    const words = fc.stringMatching(/^[a-z ,;]{0,20}$/);
    const port = fc.integer({ min: 1024, max: 65_535 });
    fc.assert(
      fc.property(words, words, fc.tuple(fc.nat(), fc.nat()), fc.tuple(port, port), (before, after, times, ports) => {
        const text = (ms: number, of: number) => `${before} after ${ms} ms of a.example:${of} ${after}`;
        expect(problemKind(text(times[0], ports[0]))).toBe(problemKind(text(times[1], ports[1])));
      }),
    );
  });
});
