import { once } from 'node:events';
import { afterEach, beforeAll, afterAll, describe, expect, it } from 'vitest';
import type { Authenticate, HttpAccount } from '../../../../src/net/http/account.ts';
import type { ServerTls } from '../../../../src/net/http/server.ts';
import type { TlsOptions } from '../../../../src/net/tls-client.ts';
import type { Binding, ReceivedRequest, RequestReceiver } from '../../../../src/onem2m/binding/binding.ts';
import { HttpBinding } from '../../../../src/onem2m/binding/http/http.ts';
import { HttpReceiver } from '../../../../src/onem2m/binding/http/receiver.ts';
import { WebSocketReceiver } from '../../../../src/onem2m/binding/websocket/receiver.ts';
import { WebSocketBinding } from '../../../../src/onem2m/binding/websocket/websocket.ts';
import { MemoryLog } from '../../../support/fakes/fake-clock.ts';
import { realPorts } from '../../../support/mqtt/mqtt-options.ts';
import { endpoint } from '../../../support/onem2m/onem2m-exchange.ts';
import { ask } from '../../../support/onem2m/receiver-contract.ts';
import { TestAuthority } from '../../../support/system/certificates.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const SECRET = 'geheim-77';

/** Lets in whom it knows. */
const authenticate: Authenticate = (given) =>
  Promise.resolve(
    given?.username === 'joe' && given.password === SECRET ? 'joe' : given?.token === SECRET ? 'by token' : undefined,
  );

interface Receivers {
  readonly http: HttpReceiver;
  readonly websocket: WebSocketReceiver;
  readonly requests: ReceivedRequest[];
  readonly malformed: string[];
  readonly log: MemoryLog;
}

/** Both receivers of a CSE, for all paths of one server; they answer everything. */
async function receive(options: { tls?: ServerTls; authenticate?: Authenticate }): Promise<Receivers> {
  const { tls } = options;
  const log = new MemoryLog();
  const ports = { ...realPorts, log };
  const http = new HttpReceiver({ ports, path: '', listener: { host: '127.0.0.1', port: 0, tls }, ...options });
  cleanUps.push(() => http.close());
  await http.start();
  const port = Number(new URL(http.pointOfAccess[0] ?? '').port);
  const listener = { host: '127.0.0.1', port, tls };
  const websocket = new WebSocketReceiver({ ports, path: '', listener, ...options });
  cleanUps.push(() => websocket.close());
  await websocket.start();
  const [requests, malformed]: [ReceivedRequest[], string[]] = [[], []];
  for (const { events } of [http, websocket] as RequestReceiver[]) {
    events.on('request', (one) => {
      requests.push(one);
      void one.answer?.({ rsc: 2000, rqi: one.request.rqi });
    });
    events.on('malformed', ({ reason }) => malformed.push(reason));
  }
  return { http, websocket, requests, malformed, log };
}

/** A sender that reaches a point of access of its transport. */
function senderTo(url: string, { account, tls }: { account?: HttpAccount; tls?: TlsOptions } = {}): Binding {
  const options = { endpoint: endpoint(url), serialization: 'json' as const, ports: realPorts, account, tls };
  const sender = url.startsWith('ws') ? new WebSocketBinding(options) : new HttpBinding(options);
  cleanUps.push(() => sender.close());
  return sender;
}

async function retrieve(sender: Binding): Promise<number> {
  const up = once(sender.events, 'up');
  const down = new Promise<never>((_resolve, reject) => sender.events.once('down', reject));
  down.catch(() => undefined);
  sender.open();
  await Promise.race([up, down]);
  const request = { op: 2, to: 'cse-in', fr: 'Cae', rqi: 'r1', rvi: '4' } as const;
  const { rsc } = await ask({ events: sender.events, send: (one, how) => sender.send(one, how) }, request);
  return rsc;
}

describe('HTTP and WebSocket receivers at one port', () => {
  it.each([
    ['user and password', { username: 'joe', password: SECRET }, 'joe'],
    ['a token', { token: SECRET }, 'by token'],
  ])('know who has logged in with %s, and keep the secret', async (_what, account, name) => {
    const { http, websocket, requests, log } = await receive({ authenticate });
    for (const { pointOfAccess } of [http, websocket]) {
      expect(await retrieve(senderTo(pointOfAccess[0] ?? '', { account }))).toBe(2000);
    }
    expect(requests.map(({ transport, sender }) => [transport, sender])).toEqual([
      ['http', { address: '127.0.0.1', account: name }],
      ['websocket', { address: '127.0.0.1', account: name }],
    ]);
    expect(JSON.stringify([requests, log])).not.toContain(SECRET);
  });

  it.each([
    ['nobody', undefined],
    ['a wrong password', { username: 'joe', password: 'wrong-88' }],
    ['a wrong token', { token: 'wrong-88' }],
  ])('refuse %s', async (_what, account) => {
    const { http, websocket, requests, malformed, log } = await receive({ authenticate });
    const given = account === undefined ? {} : { account };
    expect(await retrieve(senderTo(http.pointOfAccess[0] ?? '', given))).toBe(4103);
    await expect(retrieve(senderTo(websocket.pointOfAccess[0] ?? '', given))).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
      message: expect.stringContaining('HTTP 401') as string,
    });
    expect(requests).toEqual([]);
    expect(JSON.stringify([malformed, log])).not.toContain('wrong-88');
    const { status, headers } = await fetch(http.pointOfAccess[0] ?? '');
    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Basic realm="oneM2M"']);
  });

  it('survive a check of accounts that fails', async () => {
    const { http, websocket } = await receive({ authenticate: () => Promise.reject(new Error('no database')) });
    expect(await retrieve(senderTo(http.pointOfAccess[0] ?? ''))).toBe(5000);
    await expect(retrieve(senderTo(websocket.pointOfAccess[0] ?? ''))).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
    });
  });

  describe('with TLS', () => {
    let authority: TestAuthority;
    let server: { cert: string; key: string };
    let client: { cert: string; key: string };

    beforeAll(() => {
      authority = new TestAuthority();
      server = authority.issue('127.0.0.1', { altNames: 'IP:127.0.0.1' });
      client = authority.issue('Cae');
    });
    afterAll(() => authority.remove());

    it('know whose certificate was shown', async () => {
      const tls = { cert: server.cert, key: server.key, ca: authority.ca };
      const { http, websocket, requests } = await receive({ tls });
      const own = { ca: authority.ca, cert: client.cert, key: client.key, insecureSkipVerify: false };
      for (const { pointOfAccess } of [http, websocket]) {
        expect(await retrieve(senderTo(pointOfAccess[0] ?? '', { tls: own }))).toBe(2000);
      }
      expect(requests.map(({ sender }) => sender)).toEqual(
        Array(2).fill({ address: '127.0.0.1', certificate: { subject: 'CN=Cae' } }),
      );
    });

    it('know of none where none is asked for', async () => {
      const { http, requests } = await receive({ tls: { cert: server.cert, key: server.key } });
      const own = { ca: authority.ca, cert: client.cert, key: client.key, insecureSkipVerify: false };
      expect(await retrieve(senderTo(http.pointOfAccess[0] ?? '', { tls: own }))).toBe(2000);
      expect(requests[0]?.sender).toEqual({ address: '127.0.0.1' });
    });
  });
});
