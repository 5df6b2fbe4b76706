import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  contentSerialization,
  fromHttpRequest,
  fromHttpResponse,
  toHttpRequest,
  toHttpResponse,
} from '../../../../../src/onem2m/binding/http/message.ts';
import type { RequestPrimitive, ResponsePrimitive } from '../../../../../src/onem2m/primitive/primitives.ts';

const lowerCase = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** Over HTTP and back. */
function overHttp(request: RequestPrimitive): RequestPrimitive {
  const { method, path, headers, content } = toHttpRequest(request, 'json');
  return fromHttpRequest({ method, url: path, headers: lowerCase(headers) }, content);
}

const id = fc.stringMatching(/^[A-Za-z0-9_.:/-]{1,20}$/);
const visible = fc.stringMatching(/^[!-~](?:[ -~]{0,20}[!-~])?$/);
const timestamp = fc.constantFrom('20260101T000000', '20260101T000000,123456');
const time = fc.oneof(timestamp, fc.constantFrom('PT10S'), fc.integer({ min: -1_000_000, max: 1_000_000 }));
const name = fc
  .stringMatching(/^[A-Za-z0-9_.-]*[A-Za-z0-9-][A-Za-z0-9_.-]*$/)
  .filter((text) => !/^(?:_|\.{1,2})?$/.test(text));
const anyName = fc.oneof(name, fc.constantFrom('räume', 'a b', '50%', 'x;y', '日本', "o'k", '%41', 'la'));
const address = fc
  .tuple(fc.constantFrom('', '/', '//'), fc.array(anyName, { minLength: 2, maxLength: 4 }))
  .map(([start, names]) => start + names.join('/'));
const content = fc
  .jsonValue()
  .filter((value) => value !== null)
  .map((value) => ({ 'm2m:cnt': value }));
const label = fc.oneof(name, fc.constantFrom('a b', 'x&y=z', 'ä', 'x+y'));

const optional = <T>(member: string, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.oneof(
    fc.constant({}),
    arbitrary.map((value) => ({ [member]: value })),
  );

const responseType = fc.record(
  { rtv: fc.constantFrom(1, 2, 3, 4, 5), nu: fc.array(id, { minLength: 0, maxLength: 3 }) },
  { requiredKeys: ['rtv'] },
);
const filter = fc
  .record(
    {
      fu: fc.constantFrom(1, 2),
      ty: fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 3 }),
      lbl: fc.array(label, { minLength: 1, maxLength: 3 }),
      cra: timestamp,
      lim: fc.nat(100),
      apn: label,
    },
    { requiredKeys: [] },
  )
  .filter((criteria) => Object.keys(criteria).length > 0);

const members = fc
  .tuple(
    ...[
      optional('fr', visible),
      optional('rvi', fc.constantFrom('2a', '3', '4')),
      optional('ot', timestamp),
      optional('rqet', time),
      optional('rset', time),
      optional('oet', time),
      optional('ec', fc.constantFrom(1, 2, 3, 100)),
      optional('gid', visible),
      optional('vsi', visible),
      optional('rt', responseType),
      optional('rp', time),
      optional('rcn', fc.integer({ min: 0, max: 12 })),
      optional('drt', fc.constantFrom(1, 2)),
      optional('da', fc.boolean()),
      optional('rids', fc.array(label, { minLength: 1, maxLength: 3 })),
      optional('tids', fc.array(label, { minLength: 1, maxLength: 3 })),
      optional('ltids', fc.array(label, { minLength: 1, maxLength: 3 })),
      optional('tqi', fc.boolean()),
      optional('sqi', fc.boolean()),
      optional('ma', time),
      optional('fc', filter),
    ],
  )
  .map((parts): Record<string, unknown> => Object.assign({}, ...parts));

const operation = fc.oneof(
  fc.record({ op: fc.constant(1), ty: fc.nat(10_100), pc: content }),
  fc.record({ op: fc.constantFrom(2, 3, 4, 5), pc: content }, { requiredKeys: ['op'] }),
  fc.record({
    op: fc.constant(2),
    pc: fc.array(name, { minLength: 1, maxLength: 3 }).map((list) => ({ 'm2m:atrl': list })),
  }),
);

const anyRequest = fc
  .tuple(operation, address, visible, members)
  .map(([first, to, rqi, rest]) => ({ ...rest, ...first, to, rqi }));

describe('requests over HTTP', () => {
  it('come back as they were, whatever they hold', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        expect(overHttp(request)).toEqual(request);
      }),
      { numRuns: 2000 },
    );
  });

  it('have their members where TS-0009 puts them', () => {
    const request: RequestPrimitive = {
      op: 1,
      to: '/id-in/cse-in/ae',
      fr: 'Cae',
      rqi: 'r1',
      rvi: '4',
      ty: 3,
      pc: { 'm2m:cnt': { rn: 'c' } },
      ot: '20260101T000000',
      rqet: 5000,
      rset: '20260101T000010',
      oet: 10,
      ec: 1,
      gid: 'g',
      vsi: 'v',
      rt: { rtv: 2, nu: ['Cae', 'http://127.0.0.1/x'] },
      rp: 'PT1H',
      rcn: 1,
      drt: 2,
      da: true,
      rids: ['r1'],
      tids: ['t1', 't2'],
      ltids: ['l'],
      tqi: false,
      sqi: true,
      ma: 100,
    };
    expect(toHttpRequest(request, 'json')).toEqual({
      method: 'POST',
      path: '/~/id-in/cse-in/ae?rt=2&rp=PT1H&rcn=1&da=true&drt=2&rids=r1&tids=t1&tids=t2&ltids=l&tqi=false&sqi=true&ma=100',
      headers: {
        'X-M2M-Origin': 'Cae',
        'X-M2M-RI': 'r1',
        'X-M2M-RVI': '4',
        'X-M2M-OT': '20260101T000000',
        'X-M2M-RET': '5000',
        'X-M2M-RST': '20260101T000010',
        'X-M2M-OET': '10',
        'X-M2M-EC': '1',
        'X-M2M-GID': 'g',
        'X-M2M-VSI': 'v',
        'X-M2M-RTU': 'Cae&http://127.0.0.1/x',
        Accept: 'application/json, application/vnd.onem2m-res+json',
        'Content-Type': 'application/json;ty=3',
      },
      content: { 'm2m:cnt': { rn: 'c' } },
    });
  });

  it('use a method for each operation, and discovery and partial retrieve in the query', () => {
    const message = (request: Partial<RequestPrimitive>): string => {
      const { method, path, headers } = toHttpRequest({ op: 2, to: 'cse-in', rqi: 'r', ...request }, 'cbor');
      return `${method} ${path} ${headers['Content-Type'] ?? ''}`;
    };
    expect(message({})).toBe('GET /cse-in ');
    expect(message({ op: 3, pc: {} })).toBe('PUT /cse-in application/cbor');
    expect(message({ op: 4 })).toBe('DELETE /cse-in ');
    expect(message({ op: 5, pc: {} })).toBe('POST /cse-in application/cbor');
    expect(message({ op: 1, ty: 2 })).toBe('POST /cse-in application/cbor;ty=2');
    expect(message({ to: '//sp/id/x' })).toBe('GET /_/sp/id/x ');
    expect(message({ fc: { fu: 1, ty: [3, 4], lbl: ['a b'] } })).toBe('GET /cse-in?fu=1&ty=3&ty=4&lbl=a+b ');
    expect(message({ pc: { 'm2m:atrl': ['rn', 'cni'] } })).toBe('GET /cse-in?atrl=rn+cni ');
  });

  it.each([
    [{ fr: 'C\r\nX-Evil: 1' }, /"fr".*printable ASCII/],
    [{ fr: 'Cäe' }, /"fr".*printable ASCII/],
    [{ rqi: 'a\n' }, /"rqi"/],
    [{ gid: ' g' }, /"gid".*spaces at the ends/],
    [{ rt: { rtv: 2, nu: ['a&b'] } }, /"rt.nu".*"&"/],
    [{ rt: { rtv: 2, nu: ['a\r\nb'] } }, /"rt.nu".*printable/],
    [{ vsi: { a: 1 } }, /"vsi".*must be a text/],
    [{ rcn: '1' }, /"rcn".*must be a number/],
    [{ ty: 3 }, /"ty" belongs to CREATE/],
    [{ op: 1 }, /"ty" is missing/],
    [{ foo: 1 }, /"foo" cannot be sent over HTTP/],
  ])('are refused where a header cannot hold %j', (wrong, message) => {
    const request = { op: 2, to: 'cse-in', rqi: 'r', ...wrong } as unknown as RequestPrimitive;
    expect(() => toHttpRequest(request, 'json')).toThrow(message);
    expect(() => toHttpRequest(request, 'json')).toThrow(expect.objectContaining({ code: 'BAD_VALUE' }));
  });

  it('take null and undefined members as absent', () => {
    const request = { op: 2, to: 'x', rqi: 'r', ty: null, fr: undefined, foo: null, rt: null, fc: null, pc: null };
    expect(overHttp(request as unknown as RequestPrimitive)).toEqual({ op: 2, to: 'x', rqi: 'r' });
  });

  it('never crash on what others send', () => {
    const headers = fc.dictionary(
      fc.constantFrom('x-m2m-ri', 'x-m2m-rtu', 'x-m2m-ret', 'content-type', 'accept'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.constantFrom('GET', 'POST', 'PATCH', ''), fc.string(), headers, (method, url, given) => {
        try {
          fromHttpRequest({ method, url, headers: given });
        } catch (error) {
          expect(error).toMatchObject({ code: 'BAD_VALUE' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('responses over HTTP', () => {
  const anyResponse = fc
    .tuple(
      fc.constantFrom(1000, 1001, 2000, 2001, 2002, 2004, 4000, 4004, 4103, 4105, 4117, 5000, 5204, 6010),
      visible,
      ...[
        optional('fr', visible),
        optional('rvi', fc.constantFrom('2a', '3')),
        optional('ot', timestamp),
        optional('rset', time),
        optional('cts', fc.constantFrom(1, 2)),
        optional('cto', fc.nat(1000)),
        optional('ec', fc.constantFrom(1, 2)),
        optional('vsi', visible),
        optional('pc', content),
      ],
    )
    .map(([rsc, rqi, ...parts]) => ({ ...Object.assign({}, ...parts), rsc, rqi }) as ResponsePrimitive);

  it('come back as they were', () => {
    fc.assert(
      fc.property(anyResponse, (response) => {
        const { status, headers, content: body } = toHttpResponse(response, 'json');
        expect(fromHttpResponse({ status, headers: lowerCase(headers) }, 'other', body)).toEqual(response);
      }),
    );
  });

  it('have the status of their code, and the code of their status where they name none', () => {
    expect(toHttpResponse({ rsc: 2001, rqi: 'r', to: 'x' }, 'json')).toEqual({
      status: 201,
      headers: { 'X-M2M-RSC': '2001', 'X-M2M-RI': 'r' },
    });
    expect(fromHttpResponse({ status: 404, headers: {} }, 'r')).toEqual({ rsc: 4004, rqi: 'r' });
    expect(fromHttpResponse({ status: 200, headers: { 'x-m2m-rsc': '2004.0' } }, 'r')).toEqual({ rsc: 2004, rqi: 'r' });
  });
});

it.each([
  ['application/json', 'json'],
  ['application/json;ty=3', 'json'],
  ['Application/JSON ; charset=utf-8', 'json'],
  ['application/vnd.onem2m-res+json; ty=3', 'json'],
  ['application/vnd.onem2m-ntfy+json', 'json'],
  ['application/vnd.onem2m-res+cbor', 'cbor'],
  ['application/cbor', 'cbor'],
  ['text/html', 'other'],
  ['application/jsonx', 'other'],
  ['application/xml', 'other'],
  ['', undefined],
  [undefined, undefined],
])('the content type %s is %s', (type, expected) => {
  expect(contentSerialization(type)).toBe(expected);
});
