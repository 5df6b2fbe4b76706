import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { discoverEndpoints } from '../../../src/drivers/opcua/security/endpoints';
import {
  SECURITY_POLICIES,
  type SecurityMode,
  type SecurityPolicy,
} from '../../../src/drivers/opcua/security/security-names';
import { AsyncuaServer, asyncuaAvailable } from '../../support/opcua/asyncua';
import { OpcUaTestServer } from '../../support/opcua/opcua-server';
import { never, SessionBench } from '../../support/opcua/opcua-session';

/** node-opcua takes its default directory from here when it is loaded, which is before the tests but after this. */
const home = vi.hoisted(() => {
  const directory = `${process.env.TMPDIR ?? '/tmp'}/devicelink-home-${process.pid}`;
  process.env.XDG_CONFIG_HOME = directory;
  return directory;
});

const COMBINATIONS: [SecurityPolicy, SecurityMode][] = [
  ['None', 'None'],
  ...SECURITY_POLICIES.filter((policy) => policy !== 'None').flatMap((policy): [SecurityPolicy, SecurityMode][] => [
    [policy, 'Sign'],
    [policy, 'SignAndEncrypt'],
  ]),
];

const USER = { type: 'user', username: 'user', password: 'secret' } as const;

let bench: SessionBench;
beforeEach(() => {
  bench = new SessionBench();
});
afterEach(() => bench.end());

/** Connects as `user`, once the certificate is trusted, and says which security the channel has. */
async function connectTrusting(
  endpoint: string,
  securityPolicy: SecurityPolicy | 'auto',
  securityMode: SecurityMode | 'auto',
) {
  const options = { securityPolicy, securityMode, identity: USER };
  if (securityPolicy !== 'None') {
    await expect(bench.acquire(endpoint, options).ready(never)).rejects.toMatchObject({
      code: 'OPCUA_BadCertificateUntrusted',
    });
    await bench.trustRejected();
  }
  const { session } = await bench.acquire(endpoint, options).ready(never);
  const value = await session.read({ nodeId: 'i=2259', attributeId: 13 });
  expect(value.statusCode.name).toBe('Good');
  return session;
}

describe('node-opcua server', () => {
  const server = new OpcUaTestServer({ policies: [...SECURITY_POLICIES] });
  beforeAll(() => server.start());
  afterAll(() => server.remove());

  it.each(COMBINATIONS)('policy %s, mode %s', async (policy, mode) => {
    await connectTrusting(server.endpoint, policy, mode);
    const channel = server.server.endpoints.flatMap((endpoint) => endpoint.getChannels())[0];
    expect(channel?.securityPolicy).toBe(`http://opcfoundation.org/UA/SecurityPolicy#${policy}`);
    expect(channel?.securityMode).toBe({ None: 1, Sign: 2, SignAndEncrypt: 3 }[mode]);
  });

  it('takes the strongest endpoint for auto', async () => {
    await connectTrusting(server.endpoint, 'auto', 'auto');
    const channel = server.server.endpoints.flatMap((endpoint) => endpoint.getChannels())[0];
    expect(channel?.securityPolicy).toContain('Aes256_Sha256_RsaPss');
    expect(channel?.securityMode).toBe(3);
  });

  it('lists endpoints with level, user tokens and certificate', async () => {
    const endpoints = await discoverEndpoints(server.endpoint, never);
    expect(endpoints).toHaveLength(11);
    expect(endpoints[0]).toMatchObject({ securityPolicy: 'Aes256_Sha256_RsaPss', securityMode: 'SignAndEncrypt' });
    expect(endpoints[0]?.userTokens).toEqual(expect.arrayContaining(['UserName', 'Certificate', 'Anonymous']));
    expect(endpoints[0]?.serverCertificate?.applicationUri).toBe('urn:devicelink:opcua-test-server');
    expect(endpoints.map((endpoint) => endpoint.securityLevel)).toEqual(
      endpoints.map((endpoint) => endpoint.securityLevel).sort((a, b) => b - a),
    );
  });

  it('tells a wrong password in words, and the password nowhere', async () => {
    const printed: unknown[] = [];
    const spies = (['log', 'warn', 'error', 'info'] as const).map((method) =>
      vi.spyOn(console, method).mockImplementation((...args) => void printed.push(...args)),
    );
    const identity = { type: 'user', username: 'user', password: 'pa55w0rd-never-shown' } as const;
    const error: unknown = await bench
      .acquire(server.endpoint, { identity })
      .ready(never)
      .catch((cause: unknown) => cause);
    spies.forEach((spy) => spy.mockRestore());
    expect(error).toMatchObject({ code: expect.stringMatching(/^OPCUA_Bad(IdentityTokenRejected|UserAccessDenied)$/) });
    const everything = [inspect(error), ...bench.logged, bench.storedText(), ...printed.map(inspect)].join('\n');
    expect(everything).not.toContain('pa55w0rd-never-shown');
  });

  it('signs in with a user certificate', async () => {
    const identity = { type: 'certificate', ...selfSigned('operator') } as const;
    const options = { identity, securityPolicy: 'Basic256Sha256', securityMode: 'SignAndEncrypt' } as const;
    await bench
      .acquire(server.endpoint, options)
      .ready(never)
      .catch(() => undefined);
    await bench.trustRejected();
    await bench.acquire(server.endpoint, options).ready(never);
    expect(server.sessionCount).toBe(1);
  });

  it('refuses a key that does not belong to the user certificate, and quotes neither', async () => {
    const [mine, other] = [selfSigned('operator'), selfSigned('somebody')];
    const wrong = { type: 'certificate', cert: mine.cert, key: other.key } as const;
    const error: unknown = await bench
      .acquire(server.endpoint, { identity: wrong })
      .ready(never)
      .catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'CONFIG', message: expect.stringContaining('keyFilePEM') });
    expect(inspect(error)).not.toContain(other.key.slice(60, 100));
  });

  it('keeps an unknown server certificate with its particulars until it is trusted, and forgets it on request', async () => {
    const options = { securityPolicy: 'Basic256Sha256', securityMode: 'Sign' } as const;
    const first = bench.acquire(server.endpoint, options);
    await first.ready(never).catch(() => undefined);
    await first.release();
    const pki = await bench.pki();
    const { rejected, trusted } = await pki.listCertificates();
    expect(trusted).toEqual([]);
    expect(rejected).toHaveLength(1);
    const info = rejected[0]!;
    expect(info.thumbprint).toMatch(/^[0-9a-f]{40}$/);
    expect(info.applicationUri).toBe('urn:devicelink:opcua-test-server');
    expect(Date.parse(info.validTo)).toBeGreaterThan(Date.now());

    await pki.trust(info.thumbprint);
    expect(await pki.listCertificates()).toEqual({ trusted: [info], rejected: [] });
    const lease = bench.acquire(server.endpoint, options);
    await lease.ready(never);
    await lease.release();

    await pki.remove(info.thumbprint);
    expect(await pki.listCertificates()).toEqual({ trusted: [], rejected: [] });
    await expect(bench.acquire(server.endpoint, options).ready(never)).rejects.toMatchObject({
      code: 'OPCUA_BadCertificateUntrusted',
    });
    await expect(pki.trust('00')).rejects.toMatchObject({ code: 'CONFIG' });
  });

  it('writes nothing outside its directory, and its key for nobody else', async () => {
    await connectTrusting(server.endpoint, 'Basic256Sha256', 'SignAndEncrypt');
    expect(() => readdirSync(home)).toThrow('ENOENT');
    const key = join(bench.pkiDirectory, 'own/private/private_key.pem');
    expect(statSync(key).mode & 0o077).toBe(0);
  });
});

it('refuses an expired certificate although it is trusted', async () => {
  const server = await new OpcUaTestServer({ certificate: 'expired' }).start();
  try {
    const options = { securityPolicy: 'Basic256Sha256', securityMode: 'SignAndEncrypt' } as const;
    await expect(bench.acquire(server.endpoint, options).ready(never)).rejects.toThrow(/Bad/);
    await bench.trustRejected();
    expect((await (await bench.pki()).listCertificates()).trusted).toHaveLength(1);
    await expect(bench.acquire(server.endpoint, options).ready(never)).rejects.toMatchObject({
      code: 'OPCUA_BadCertificateTimeInvalid',
    });
  } finally {
    await server.remove();
  }
});

it('says what a server offers when it does not offer what is wished for', async () => {
  const server = await new OpcUaTestServer({ policies: ['Basic256Sha256'], modes: ['Sign'] }).start();
  try {
    const wish = { securityPolicy: 'Aes256_Sha256_RsaPss', securityMode: 'SignAndEncrypt' } as const;
    const error: unknown = await bench
      .acquire(server.endpoint, wish)
      .ready(never)
      .catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'OPCUA_BadSecurityPolicyRejected' });
    expect(String(error)).toContain('Basic256Sha256/Sign');
  } finally {
    await server.remove();
  }
});

it('tells that the server does not trust this client', async () => {
  const server = await new OpcUaTestServer({ trustsAnyClient: false }).start();
  try {
    const options = { securityPolicy: 'Basic256Sha256', securityMode: 'SignAndEncrypt' } as const;
    await bench
      .acquire(server.endpoint, options)
      .ready(never)
      .catch(() => undefined);
    await bench.trustRejected();
    const error: unknown = await bench
      .acquire(server.endpoint, options)
      .ready(never)
      .catch((cause: unknown) => cause);
    expect(error).toMatchObject({
      code: expect.stringMatching(/^OPCUA_Bad(SecurityChecksFailed|CertificateUntrusted)$/),
    });
    expect(error).toMatchObject({ advice: expect.stringContaining('settings of the server') });
  } finally {
    await server.remove();
  }
});

describe.runIf(asyncuaAvailable())('asyncua server', () => {
  const server = new AsyncuaServer();
  beforeAll(() => server.start());
  afterAll(() => server.remove());

  it.each(COMBINATIONS)('policy %s, mode %s', async (policy, mode) => {
    const session = await connectTrusting(server.endpoint, policy, mode);
    await server.set('machine/speed', 7.5);
    const value = await session.read({ nodeId: 'ns=2;s=machine/speed', attributeId: 13 });
    expect(value.value.value).toBe(7.5);
    expect(process.env.OPENSSL_CONF).not.toBe('undefined');
  });

  it('signs in with a user certificate', async () => {
    const identity = { type: 'certificate', ...selfSigned('operator') } as const;
    const options = { identity, securityPolicy: 'Basic256Sha256', securityMode: 'SignAndEncrypt' } as const;
    await bench
      .acquire(server.endpoint, options)
      .ready(never)
      .catch(() => undefined);
    await bench.trustRejected();
    expect((await bench.acquire(server.endpoint, options).ready(never)).generation).toBe(1);
  });

  it('tells a wrong password', async () => {
    const identity = { type: 'user', username: 'user', password: 'wrong' } as const;
    await expect(bench.acquire(server.endpoint, { identity }).ready(never)).rejects.toMatchObject({
      code: expect.stringMatching(/^OPCUA_Bad(IdentityTokenRejected|UserAccessDenied)$/),
    });
  });
});

/** A certificate with its key, PEM, as a user would bring it. */
function selfSigned(name: string): { cert: string; key: string } {
  const directory = mkdtempSync(join(tmpdir(), 'devicelink-user-'));
  const [keyFile, certFile] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const usage = 'keyUsage=critical,digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment,keyCertSign';
  const request = `req -x509 -newkey rsa:2048 -nodes -sha256 -days 2 -subj /CN=${name} -addext ${usage}`.split(' ');
  const env = { PATH: process.env.PATH }; // without the OPENSSL_CONF that node-opcua's server spoils in this process
  try {
    execFileSync('openssl', [...request, '-keyout', keyFile, '-out', certFile], { stdio: 'pipe', env });
    return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function inspect(value: unknown): string {
  if (!(value instanceof Error)) return String(value);
  return [value.message, value.stack, inspect(value.cause), JSON.stringify(value)].join('\n');
}
