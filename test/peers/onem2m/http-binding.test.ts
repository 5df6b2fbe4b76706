import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Exchange, RequestDraft } from '../../../src/onem2m/exchange/requester.ts';
import type { IncomingRequest } from '../../../src/onem2m/binding/binding.ts';
import { HttpBinding, type HttpBindingOptions } from '../../../src/onem2m/binding/http/http.ts';
import { HttpReceiver } from '../../../src/onem2m/binding/http/receiver.ts';
import { PollingChannel } from '../../../src/onem2m/exchange/polling-channel.ts';
import { acmeAvailable, AcmeCse } from '../../support/onem2m/acme/acme.ts';
import { TestAuthority } from '../../support/system/certificates.ts';
import { acceptAll, endpoint, opened, originator, realPorts } from '../../support/onem2m/onem2m-exchange.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function make(url: string, options: Partial<HttpBindingOptions> = {}): Promise<HttpBinding> {
  const binding = new HttpBinding({ endpoint: endpoint(url), serialization: 'json', ports: realPorts(), ...options });
  cleanUps.push(() => binding.close());
  return opened(binding);
}

const ae = (rn: string, more: object = {}): object => ({
  'm2m:ae': { rn, api: 'N.test', rr: true, srv: ['4'], ...more },
});

describe.skipIf(!acmeAvailable())('HttpBinding at ACME', () => {
  let cse: AcmeCse;
  beforeAll(async () => {
    cse = await AcmeCse.start();
    return () => cse.remove();
  });
  afterEach(() => cse.reset());

  it.each(['json', 'cbor'] as const)(
    'creates, retrieves, updates, discovers and deletes in %s',
    async (serialization) => {
      const binding = await make(cse.httpUrl, { serialization });
      const ask = originator(binding, 'Cae');
      expect(await ask({ op: 1, to: 'cse-in', ty: 2, pc: ae('ae') })).toMatchObject({
        rsc: 2001,
        pc: { 'm2m:ae': { aei: 'Cae' } },
      });
      expect(
        await ask({ op: 1, to: '/id-in/cse-in/ae', ty: 3, pc: { 'm2m:cnt': { rn: 'c', lbl: ['a', 'b'] } } }),
      ).toMatchObject({ rsc: 2001 });
      const cin = { 'm2m:cin': { con: 'grün', cnf: 'text/plain:0' } };
      expect(await ask({ op: 1, to: '//acme.example.com/id-in/cse-in/ae/c', ty: 4, pc: cin, rcn: 0 })).toMatchObject({
        rsc: 2001,
      });
      expect(await ask({ op: 2, to: 'cse-in/ae/c/la' })).toMatchObject({
        rsc: 2000,
        pc: { 'm2m:cin': { con: 'grün' } },
      });
      expect(await ask({ op: 3, to: 'cse-in/ae/c', pc: { 'm2m:cnt': { mni: 5, lbl: null } } })).toMatchObject({
        rsc: 2004,
      });
      const changed = await ask({ op: 2, to: 'cse-in/ae/c', pc: { 'm2m:atrl': ['mni', 'lbl'] } });
      expect(changed).toMatchObject({ rsc: 2000, pc: { 'm2m:cnt': { mni: 5 } } });
      expect(await ask({ op: 2, to: 'cse-in', fc: { fu: 1, ty: [3, 4] }, drt: 1 })).toMatchObject({
        rsc: 2000,
        pc: { 'm2m:uril': expect.arrayContaining(['cse-in/ae/c']) as unknown },
      });
      expect(await ask({ op: 4, to: 'cse-in/ae' })).toMatchObject({ rsc: 2002 });
      expect(await ask({ op: 2, to: 'cse-in/ae/c' })).toMatchObject({
        rsc: 4004,
        pc: { 'm2m:dbg': expect.any(String) as unknown },
      });
    },
  );

  it('hands on refusals, and the acceptance of non-blocking requests', async () => {
    const ask = originator(await make(cse.httpUrl), 'Cae');
    await ask({ op: 1, to: 'cse-in', ty: 2, pc: ae('ae') });
    expect(await ask({ op: 1, to: 'cse-in', ty: 2, pc: ae('ae') })).toMatchObject({ rsc: 4117 });
    expect(await ask({ op: 2, to: 'cse-in', fr: 'Cother' })).toMatchObject({ rsc: 4103 });
    expect(await ask({ op: 2, to: 'cse-in/ae', rt: { rtv: 1 } })).toMatchObject({ rsc: 1001 });
    expect(await ask({ op: 2, to: 'cse-in/ae', rqet: '20200101T000000' })).toMatchObject({ rsc: 4008 });
  });

  it('takes notifications at a port of its own, with verification and the answer of a request', async () => {
    const receiver = new HttpReceiver({ ports: realPorts(), path: '/here', listener: { host: '127.0.0.1', port: 0 } });
    const binding = await make(cse.httpUrl, { receiver });
    await binding.listen('Cae');
    const incoming = acceptAll(binding);
    const ask = originator(binding, 'Cae');
    await ask({ op: 1, to: 'cse-in', ty: 2, pc: ae('ae', { poa: binding.pointOfAccess }) });
    await ask({ op: 1, to: 'cse-in/ae', ty: 3, pc: { 'm2m:cnt': { rn: 'c' } } });
    // A direct URL is verified, the AE's own id is not.
    const nu = [`${binding.pointOfAccess[0] ?? ''}/direct`];
    const sub = { 'm2m:sub': { rn: 's', nu, enc: { net: [3] }, nct: 1 } };
    expect(await ask({ op: 1, to: 'cse-in/ae/c', ty: 23, pc: sub })).toMatchObject({ rsc: 2001 });
    expect(incoming[0]?.request).toMatchObject({ op: 5, pc: { 'm2m:sgn': { vrq: true } } });
    await ask({ op: 1, to: 'cse-in/ae/c', ty: 4, pc: { 'm2m:cin': { con: '42' } } });
    await expect.poll(() => incoming).toHaveLength(2);
    expect(incoming[1]).toMatchObject({
      via: '/here/direct',
      request: { op: 5, pc: { 'm2m:sgn': { nev: { net: 3, rep: { 'm2m:cin': { con: '42' } } } } } },
    });
    expect(await ask({ op: 2, to: 'cse-in/ae/c/la', rt: { rtv: 2 } })).toMatchObject({ rsc: 1002 });
    await expect
      .poll(() => incoming.at(-1)?.request.pc)
      .toMatchObject({ 'm2m:rsp': { rsc: 2000, pc: { 'm2m:cin': { con: '42' } } } });
  });

  it('refuses a verification, when asked to', async () => {
    const receiver = new HttpReceiver({ ports: realPorts(), path: '', listener: { host: '127.0.0.1', port: 0 } });
    const binding = await make(cse.httpUrl, { receiver });
    await binding.listen('Cae');
    binding.events.on('request', ({ request, answer }) => void answer?.({ rsc: 4101, rqi: request.rqi }));
    await originator(binding, 'Cae')({ op: 1, to: 'cse-in', ty: 2, pc: ae('ae', { poa: binding.pointOfAccess }) });
    const other = originator(binding, 'Cother');
    await other({ op: 1, to: 'cse-in', ty: 2, pc: ae('other') });
    const sub = { 'm2m:sub': { nu: ['Cae'], enc: { net: [3] } } };
    expect(await other({ op: 1, to: 'cse-in/other', ty: 23, pc: sub })).toMatchObject({ rsc: 5204 });
  });

  it('polls for notifications, one or several, with long polls', async () => {
    const binding = await make(cse.httpUrl);
    const ask = originator(binding, 'Cae');
    await ask({ op: 1, to: 'cse-in', ty: 2, pc: ae('ae', { rr: false }) });
    await ask({ op: 1, to: 'cse-in/ae', ty: 15, pc: { 'm2m:pch': { rn: 'pch' } } });
    await ask({ op: 1, to: 'cse-in/ae', ty: 3, pc: { 'm2m:cnt': { rn: 'c' } } });
    const incoming: IncomingRequest[] = [];
    const answered: Promise<void>[] = [];
    const problems: string[] = [];
    const exchange = async (draft: RequestDraft): Promise<Exchange> => {
      const response = await ask(draft);
      return { request: { ...draft, rqi: response.rqi }, response, durationMs: 0 };
    };
    const channel = new PollingChannel({
      pcu: 'cse-in/ae/pch/pcu',
      ports: realPorts(),
      exchange,
      waitMs: 5000,
      onRequest: (one) => {
        incoming.push(one);
        const { rqi, fr } = one.request;
        const answer = one.answer?.({ rsc: 2000, rqi, fr: 'Cae', to: fr ?? '', rvi: '4' });
        if (answer !== undefined) answered.push(answer);
      },
      onMalformed: ({ reason }) => problems.push(reason),
      onProblem: ({ message }) => problems.push(message),
    });
    cleanUps.push(() => channel.close());
    channel.open();
    const sub = { 'm2m:sub': { rn: 's', nu: ['Cae'], enc: { net: [3] } } };
    expect(await ask({ op: 1, to: 'cse-in/ae/c', ty: 23, pc: sub })).toMatchObject({ rsc: 2001 });
    for (const con of ['1', '2', '3']) await ask({ op: 1, to: 'cse-in/ae/c', ty: 4, pc: { 'm2m:cin': { con } } });
    const contents = (): unknown[] =>
      incoming.map(({ request }) => request.pc).filter((pc) => JSON.stringify(pc).includes('m2m:cin'));
    await expect.poll(() => contents().length, { timeout: 10_000 }).toBe(3);
    await Promise.all(answered);
    expect(problems).toEqual([]);
  });
});

describe.skipIf(!acmeAvailable())('HttpBinding at an ACME that wants TLS and a login', () => {
  const authority = new TestAuthority();
  afterAll(() => authority.remove());
  let cse: AcmeCse;
  beforeAll(async () => {
    const tls = authority.issue('127.0.0.1', { altNames: 'IP:127.0.0.1' });
    cse = await AcmeCse.start({ http: { tls, users: { user: 'right' }, tokens: ['token-1'] } });
    return () => cse.remove();
  });

  it('logs in by password or token, and says what a wrong one leads to', async () => {
    const tls = { ca: authority.ca, insecureSkipVerify: false };
    for (const account of [{ username: 'user', password: 'right' }, { token: 'token-1' }]) {
      const ask = originator(await make(cse.httpUrl, { tls, account }), 'CAdmin');
      expect(await ask({ op: 2, to: 'cse-in' })).toMatchObject({ rsc: 2000, pc: { 'm2m:cb': { csi: '/id-in' } } });
    }
    const wrong = originator(await make(cse.httpUrl, { tls, account: { token: 'token-2' } }), 'CAdmin');
    await expect(wrong({ op: 2, to: 'cse-in' })).rejects.toThrow(
      /the server wants a login: check user, password or token/,
    );
  });

  it('trusts no unknown authority', async () => {
    const ask = originator(await make(cse.httpUrl), 'CAdmin');
    await expect(ask({ op: 2, to: 'cse-in' })).rejects.toMatchObject({ code: 'TLS_UNKNOWN_CA' });
  });
});
