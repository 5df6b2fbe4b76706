import { copyFileSync, mkdirSync } from 'node:fs';
import { createServer as createTcpServer, connect, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isTransient } from '../../../src/drivers/opcua/library/status-codes.ts';
import type { DeviceError } from '../../../src/base/errors.ts';
import { discoverEndpoints } from '../../../src/drivers/opcua/security/endpoints.ts';
import type { SessionOptions } from '../../../src/drivers/opcua/session/session-pool.ts';
import { open62541Available, Open62541Server } from '../../support/opcua/open62541.ts';
import { OpcUaTestServer } from '../../support/opcua/opcua-server.ts';
import { never, SessionBench } from '../../support/opcua/opcua-session.ts';

const SECURE = { securityPolicy: 'Basic256Sha256', securityMode: 'SignAndEncrypt' } as const;
const AUTO = { securityPolicy: 'auto', securityMode: 'auto' } as const;

let bench: SessionBench;
beforeEach(() => {
  bench = new SessionBench();
});
afterEach(() => bench.end());

const failure = (endpoint: string, options: Partial<SessionOptions> = {}): Promise<DeviceError> =>
  bench
    .acquire(endpoint, options)
    .ready(never)
    .then(
      () => Promise.reject(new Error('was not refused')),
      (error: unknown) => error as DeviceError,
    );

describe.runIf(open62541Available())('open62541', () => {
  const server = new Open62541Server();
  beforeAll(() => server.start());
  afterAll(() => server.remove());

  it.each([SECURE, AUTO])('tells that it does not trust this client ($securityPolicy)', async (options) => {
    await failure(server.endpoint, options);
    await bench.trustRejected();
    const error = await failure(server.endpoint, options);
    expect(error).toMatchObject({
      code: 'OPCUA_BadSecurityChecksFailed',
      message: expect.stringMatching(/^cannot connect to .*: the server does not trust this client \(Bad\w+\)$/),
      advice: expect.stringContaining('settings of the server'),
    });
    expect(isTransient(error)).toBe(false);
  });

  it('tells which users it takes, and is not asked again and again', async () => {
    const error = await failure(server.endpoint, { identity: { type: 'user', username: 'op', password: 'secret' } });
    expect(error).toMatchObject({
      code: 'OPCUA_BadIdentityTokenRejected',
      message: expect.stringContaining('does not take user name and password here; it takes anonymous users'),
    });
    expect(isTransient(error)).toBe(false);
  });
});

it('tells that a server takes no anonymous users, and which it takes', async () => {
  const server = await new OpcUaTestServer({ allowAnonymous: false }).start();
  try {
    expect((await failure(server.endpoint)).message).toMatch(
      /does not take anonymous users here; it takes user name and password, user certificates/,
    );
  } finally {
    await server.remove();
  }
});

describe.runIf(open62541Available())('open62541 without unsecured channels, not even for its endpoints', () => {
  const server = new Open62541Server('secureOnly');
  beforeAll(() => server.start());
  afterAll(() => server.remove());

  const trustByHand = (): void => {
    const folder = join(bench.pkiDirectory, 'trusted/certs');
    mkdirSync(folder, { recursive: true });
    copyFileSync(server.certificateFile, join(folder, 'server.pem'));
  };

  it('cannot be asked for its endpoints, which is said in the same words each time', async () => {
    const errors = [await failure(server.endpoint, AUTO), await failure(server.endpoint, AUTO)];
    for (const error of errors) {
      expect(error).toMatchObject({
        code: 'OPCUA_BadSecurityModeRejected',
        message: `cannot get the endpoints of ${server.endpoint}: the server takes no channel without security; so policy and mode cannot be found out`,
        advice: expect.stringContaining('trusted/certs'),
      });
    }
    expect((await failure(server.endpoint, SECURE)).message).toContain('none of the trusted certificates');
    expect((await failure(server.endpoint)).code).toMatch(/^OPCUA_BadSecurity/);
  });

  it('is connected to with an explicit policy and a trusted certificate', async () => {
    trustByHand();
    // It knows this client as little as it lets others ask: what it says now, it says on the secured channel.
    expect(await failure(server.endpoint, SECURE)).toMatchObject({
      code: 'OPCUA_BadSecurityChecksFailed',
      message: expect.stringContaining('the server does not trust this client'),
    });
  });
});

// Milo 1.1.2 answers at .../discovery only what it has elsewhere: a session cannot be created there.
describe('an endpoint for discovery', () => {
  const server = new OpcUaTestServer({ resourcePath: '/plant' });
  beforeAll(async () => {
    await server.start();
    server.refuseSessionsAt(/\/discovery$/);
  });
  afterAll(() => server.remove());

  it.each([{}, AUTO])(
    'leads to the one that the server has, at the host and port that were given (%j)',
    async (options) => {
      const endpoint = `opc.tcp://localhost:${server.port}/plant/discovery`;
      await bench
        .acquire(endpoint, options)
        .ready(never)
        .catch(() => bench.trustRejected());
      const { session } = await bench.acquire(endpoint, options).ready(never);
      expect((await session.read({ nodeId: 'i=2259', attributeId: 13 })).statusCode.name).toBe('Good');
    },
  );
});

describe('an IPv6 endpoint', () => {
  const server = new OpcUaTestServer();
  let forward: Server;
  beforeAll(async () => {
    await server.start();
    forward = createTcpServer((near) => {
      const far = connect(server.port, '127.0.0.1');
      near.pipe(far).pipe(near);
      for (const socket of [near, far]) socket.on('error', () => [near, far].forEach((each) => each.destroy()));
    });
    await new Promise<void>((resolve) => forward.listen(0, '::1', resolve));
  });
  afterAll(async () => {
    await new Promise((resolve) => forward.close(resolve));
    await server.remove();
  });

  it('is asked for its endpoints and connected to', async () => {
    const endpoint = `opc.tcp://[::1]:${(forward.address() as AddressInfo).port}`;
    expect((await discoverEndpoints(endpoint, never)).length).toBeGreaterThan(0);
    const { session } = await bench.acquire(endpoint).ready(never);
    expect((await session.read({ nodeId: 'i=2259', attributeId: 13 })).statusCode.name).toBe('Good');
    await bench.releaseAll();
  });
});
