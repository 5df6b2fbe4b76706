import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { HttpBindingOptions } from '../../../../../src/onem2m/binding/http/http.ts';
import { TestAuthority } from '../../../../support/system/certificates.ts';
import {
  cleanUpAll,
  cse,
  errorOf,
  never,
  open,
  retrieve,
  serve,
  type Seen,
} from '../../../../support/onem2m/http-bench.ts';

afterEach(cleanUpAll);

const authority = new TestAuthority();
afterAll(() => authority.remove());

describe('HttpBinding over TLS', () => {
  const server = authority.issue('127.0.0.1', { altNames: 'IP:127.0.0.1' });
  const client = authority.issue('client');
  const onRequest: RequestListener = (message, response) => cse(2000)(response, message as unknown as Seen);
  let port = 0;
  beforeAll(async () => {
    const tls = createServer(
      { cert: server.cert, key: server.key, ca: authority.ca, requestCert: true, rejectUnauthorized: true },
      onRequest,
    );
    tls.listen(0, '127.0.0.1');
    await once(tls, 'listening');
    port = (tls.address() as AddressInfo).port;
    return () => {
      tls.closeAllConnections();
      tls.close();
    };
  });

  const send = async (tls: HttpBindingOptions['tls'], url = `https://127.0.0.1:${port}`): Promise<unknown> => {
    const { binding, events } = await open(url, { tls });
    await binding.send(retrieve, { signal: never() });
    return events[0]?.[0];
  };

  it('trusts the given authority and shows its certificate', async () => {
    const good = { ca: authority.ca, cert: client.cert, key: client.key, insecureSkipVerify: false };
    expect(await send(good)).toBe('response');
    expect(await send({ cert: client.cert, key: client.key, insecureSkipVerify: true })).toBe('response');
  });

  it.each([
    ['an unknown authority', { insecureSkipVerify: false, cert: client.cert, key: client.key }, 'TLS_UNKNOWN_CA'],
    [
      'another name',
      { insecureSkipVerify: false, ca: authority.ca, cert: client.cert, key: client.key, serverName: 'other.example' },
      'TLS_NAME_MISMATCH',
    ],
  ])('refuses a certificate of %s', async (_what, tls, code) => {
    expect(await errorOf(send(tls))).toMatchObject({ code, message: expect.stringContaining("the CSE's certificate") });
  });

  it('says that a client certificate is missing, or that there is no TLS', async () => {
    const error = await errorOf(send({ insecureSkipVerify: false, ca: authority.ca }));
    expect(error.message).toMatch(/client certificate/);
    const plain = await serve(cse(2000));
    expect(await errorOf(send(undefined, `https://127.0.0.1:${plain.port}`))).toMatchObject({
      code: 'TLS_FAILED',
      advice: expect.stringContaining('http://'),
    });
  });
});
