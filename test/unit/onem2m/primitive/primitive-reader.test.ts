import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readIncoming } from '../../../../src/onem2m/primitive/primitive-reader';
import type { Incoming, RequestPrimitive, ResponsePrimitive } from '../../../../src/onem2m/primitive/primitives';
import { newRequestId } from '../../../../src/onem2m/primitive/request-id';
import { jsonCodec } from '../../../../src/onem2m/primitive/serialization';
import { WIRE } from './wire-fixtures.ts';

const read = (text: string): Incoming => readIncoming(jsonCodec.decode(text));

function requestOf(incoming: Incoming): RequestPrimitive {
  if (incoming.kind !== 'request') throw new Error(JSON.stringify(incoming));
  return incoming.request;
}

function responseOf(incoming: Incoming): ResponsePrimitive {
  if (incoming.kind !== 'response') throw new Error(JSON.stringify(incoming));
  return incoming.response;
}

describe('requests of live CSEs', () => {
  it('ACME: a verification', () => {
    expect(requestOf(read(WIRE.acmeVerification))).toEqual(JSON.parse(WIRE.acmeVerification));
  });

  it('ACME: forwarded, batch and asynchronous result', () => {
    expect(requestOf(read(WIRE.acmeForwarded))).toEqual(JSON.parse(WIRE.acmeForwarded));
    expect(requestOf(read(WIRE.acmeBatch)).pc).toHaveProperty(['m2m:agn', 'm2m:sgn', '1', 'nev', 'net'], 3);
    expect(responseOf(readIncoming(requestOf(read(WIRE.acmeAsyncResult)).pc))).toMatchObject({ rsc: 2000, rqi: 'n2' });
  });

  it('OpenMTC: the nulls of a notification are not there', () => {
    const { pc } = requestOf(read(WIRE.openmtcNotification));
    expect(pc).toStrictEqual({
      'm2m:sgn': {
        nev: { rep: { 'm2m:cin': { con: 'eyJhIjoxfQ==', cnf: 'application/json:1' } } },
        sur: '//openmtc.org/in-cse-1/onem2m/GUI/d/s',
      },
    });
  });

  it('OpenMTC: nulls in an UPDATE or CREATE stay: they may mean "delete this attribute"', () => {
    expect(requestOf(read(WIRE.openmtcRegistration)).pc).toHaveProperty(['m2m:csr', 'mei'], null);
  });

  it('Mobius4: `ri` for `rqi`, neither `to` nor `rvi`', () => {
    expect(requestOf(read(WIRE.mobius4Notification))).toMatchObject({
      op: 5,
      rqi: 'mqtt-noti-17',
      to: '',
      fr: '/Mobius4',
    });
    expect(requestOf(read(WIRE.mobius4Notification))).not.toHaveProperty('ri');
  });

  it('tinyIoT: a bare notification expects no answer', () => {
    const request = requestOf(read(WIRE.tinyiotNotification));
    expect(request).toMatchObject({ op: 5, rqi: '', to: '', pc: { 'm2m:sgn': { nev: { net: 3 } } } });
  });

  it('conditions that are null or an empty list are not there', () => {
    expect(requestOf(read(WIRE.discovery))).toEqual({
      ...JSON.parse(WIRE.discovery),
      fc: { fu: 1, ty: [3, 4], lbl: ['a'], lim: 10 },
    });
  });
});

describe('responses of live CSEs', () => {
  it.each([WIRE.acmeCreated, WIRE.acmeDenied, WIRE.acmeAccepted, WIRE.openmtcRetrieved, WIRE.tinyiotCreated])(
    '%s',
    (text) => {
      expect(responseOf(read(text))).toEqual(JSON.parse(text));
    },
  );

  it('Mobius4 answers without to and fr', () => {
    expect(responseOf(read(WIRE.mobius4Created))).toMatchObject({ rsc: 2001, rqi: 'q1' });
  });

  it('ACME answers garbage without rqi: malformed, with its words', () => {
    expect(read(WIRE.acmeGarbage)).toEqual({
      kind: 'malformed',
      reason: 'rqi is missing in an answer with rsc 4000: "Invalid JSON"',
    });
  });
});

describe('what is tolerated', () => {
  it('m2m:rqp and m2m:rsp around it', () => {
    const request = JSON.parse(WIRE.acmeForwarded);
    const response = JSON.parse(WIRE.acmeDenied);
    expect(readIncoming({ 'm2m:rqp': request })).toEqual(readIncoming(request));
    expect(readIncoming({ 'm2m:rsp': response })).toEqual(readIncoming(response));
  });

  it('numbers as text, and texts as numbers', () => {
    expect(requestOf(readIncoming({ op: '1', to: 'a', rqi: 7, rvi: 3, ty: '3', rt: '2', rcn: '1' }))).toEqual({
      op: 1,
      to: 'a',
      rqi: '7',
      rvi: '3',
      ty: 3,
      rt: { rtv: 2 },
      rcn: 1,
    });
    expect(responseOf(readIncoming({ rsc: '2001.0', rqi: 'x', cts: '1' }))).toEqual({ rsc: 2001, rqi: 'x', cts: 1 });
  });

  it('null members, and members of the wrong type', () => {
    const raw = { op: 2, to: 'a', rqi: 'r', fr: null, ty: null, pc: null, fc: null, rvi: {}, ot: [] };
    expect(requestOf(readIncoming(raw))).toStrictEqual({ op: 2, to: 'a', rqi: 'r' });
  });
});

describe('what is malformed', () => {
  it.each([
    [null, 'is no primitive, got null'],
    ['text', 'is no primitive, got "text"'],
    [[1, 2], 'is no primitive, got a list'],
    [{}, 'has neither op nor rsc: is no primitive'],
    [{ op: 9, to: 'a', rqi: 'r' }, 'op must be 1 to 5, got 9'],
    [{ op: 2, rqi: 'r' }, 'to must be an address, got nothing'],
    [{ op: 2, to: 'a' }, 'rqi is missing'],
    [{ op: 1, to: 'a', rqi: 'r', ty: 'container' }, 'ty must be the number of a resource type, got "container"'],
    [{ op: 2, to: 'a', rqi: 'r', fc: 'x' }, 'fc must be an object, got "x"'],
    [{ rqi: 'r', pc: {} }, 'rsc is missing'],
    [{ rqi: 'r', rsc: 'OK' }, 'rsc must be a status code, 1000 to 6999, got "OK"'],
    [{ rqi: 'r', rsc: 99999 }, 'rsc must be a status code, 1000 to 6999, got 99999'],
  ])('%j', (raw, reason) => {
    const rqi = (raw as { rqi?: string } | null)?.rqi;
    expect(readIncoming(raw)).toStrictEqual({ kind: 'malformed', reason, ...(rqi === undefined ? {} : { rqi }) });
  });

  it('deep nesting', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level += 1) deep = { a: deep };
    expect(readIncoming({ op: 5, to: 'a', rqi: 'r', pc: deep })).toEqual({
      kind: 'malformed',
      reason: 'pc is nested deeper than 100 levels',
      rqi: 'r',
    });
  });
});

describe('safety', () => {
  it('no prototype is set or polluted', () => {
    const raw: unknown = JSON.parse(
      '{"op":5,"to":"a","rqi":"r","__proto__":{"x":1},"pc":{"m2m:sgn":{"__proto__":{"y":1}}},"fc":{"__proto__":[1]}}',
    );
    const request = requestOf(readIncoming(raw));
    expect(Object.getPrototypeOf(request)).toBe(Object.prototype);
    expect(Object.keys(request).sort()).toEqual(['fc', 'op', 'pc', 'rqi', 'to']);
    expect(Object.getPrototypeOf((request.pc as { 'm2m:sgn': unknown })['m2m:sgn'])).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('a huge array takes linear time', () => {
    const pc = { 'm2m:uril': Array.from({ length: 300_000 }, (_, index) => `cse-in/a${index}`) };
    expect(responseOf(readIncoming({ rsc: 2000, rqi: 'r', pc })).pc).toEqual(pc);
  });

  it('any JSON value is read as something', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (raw) => {
        expect(['request', 'response', 'malformed']).toContain(readIncoming(raw).kind);
      }),
    );
  });

  it('well-formed primitives come out as they went in', () => {
    const text = fc.string({ minLength: 1 });
    const content = fc.dictionary(
      fc.stringMatching(/^[a-z]{1,6}$/),
      fc.oneof(fc.string(), fc.integer(), fc.boolean()),
      { noNullPrototype: true },
    );
    const request = fc.record(
      { op: fc.constantFrom(1, 2, 3, 4, 5), to: text, rqi: text, fr: text, rvi: text, ty: fc.nat(), pc: content },
      { requiredKeys: ['op', 'to', 'rqi'], noNullPrototype: true },
    );
    const response = fc.record(
      { rsc: fc.integer({ min: 1000, max: 6999 }), rqi: text, fr: text, to: text, pc: content },
      { requiredKeys: ['rsc', 'rqi'], noNullPrototype: true },
    );
    fc.assert(
      fc.property(request, (raw) => {
        expect(requestOf(readIncoming(raw))).toStrictEqual(raw);
      }),
    );
    fc.assert(
      fc.property(response, (raw) => {
        expect(responseOf(readIncoming(raw))).toStrictEqual(raw);
      }),
    );
  });
});

it('request identifiers are short, unique, and safe in topics and URLs', () => {
  const ids = Array.from({ length: 10_000 }, newRequestId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[\w-]{12}$/);
});
