import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OpcUaPki } from '../../../../src/drivers/opcua/security/pki';

const base = mkdtempSync(join(tmpdir(), 'devicelink-pki-damage-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

let directory: string;
let logged: string[] = [];
const log = { warn: (line: string): void => void logged.push(line) };
const open = (): Promise<OpcUaPki> => OpcUaPki.open(directory, log);
const file = (name: string): string => join(directory, name);
const KEY = 'own/private/private_key.pem';

beforeEach(() => {
  directory = mkdtempSync(join(base, 'pki-'));
  logged = [];
});

/** What an earlier run left behind. */
function leave(name: string, content: string): void {
  mkdirSync(join(file(name), '..'), { recursive: true });
  writeFileSync(file(name), content);
}

/** As on a disk that is full: this process can make files, but put nothing into them. */
const fillDisk = (bytes: string): void => {
  execFileSync('prlimit', [`--pid=${process.pid}`, `--fsize=${bytes}:unlimited`]);
};

async function expectAllWell(pki: OpcUaPki): Promise<void> {
  const own = await pki.ownCertificate('DeviceLink');
  const certificate = new X509Certificate(readFileSync(own.certificateFile));
  const key = createPrivateKey(readFileSync(own.privateKeyFile));
  expect(certificate.checkPrivateKey(key)).toBe(true);
  expect(key.asymmetricKeyDetails?.modulusLength).toBe(2048);
  expect(statSync(own.privateKeyFile).mode & 0o777).toBe(0o600);
}

describe('a full disk', () => {
  afterEach(() => fillDisk('unlimited'));

  it('is over once there is room again', async () => {
    leave('own/openssl.cnf', 'one that was written before');
    fillDisk('0');
    await expect(open()).rejects.toMatchObject({ code: 'CONFIG' });
    expect(existsSync(file(KEY))).toBe(false);
    fillDisk('unlimited');
    await expectAllWell(await open());
    expect(logged).toEqual([]);
  });

  it('leaves no half certificate that another start would take for one', async () => {
    const pki = await open();
    const { certificateFile } = await pki.ownCertificate('Other');
    const der = new X509Certificate(readFileSync(certificateFile)).raw;
    fillDisk('0');
    await expect(pki.ownCertificate('DeviceLink')).rejects.toBeDefined();
    await expect(pki.checkServer(der)).rejects.toBeDefined();
    fillDisk('unlimited');
    await expectAllWell(pki);
    await expect(pki.checkServer(der)).rejects.toMatchObject({ code: 'OPCUA_BadCertificateUntrusted' });
    const { rejected } = await pki.listCertificates();
    expect(rejected).toHaveLength(1);
    await pki.trust(rejected[0]!.thumbprint);
    await pki.checkServer(der);
  });
});

describe.each([
  ['empty', ''],
  ['half', '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC'],
])('a key file that is %s', (_, content) => {
  it('is set aside, which is said, and another made', async () => {
    leave(KEY, content);
    await expectAllWell(await open());
    const aside = readdirSync(file('own/private')).filter((name) => /^private_key\.pem\.unreadable-\d+$/.test(name));
    expect(aside).toHaveLength(1);
    expect(readFileSync(file(`own/private/${aside[0]}`), 'utf8')).toBe(content);
    expect(logged).toEqual([
      `${file(KEY)} cannot be read as a private key: it was set aside as ${aside[0]}, and another one made; servers must trust the new certificate`,
    ]);
  });
});

it('sets certificates aside that cannot be read, and says so; what is no certificate stays', async () => {
  const names = ['trusted/certs/a.pem', 'rejected/b.pem', 'issuers/certs/c.der', 'own/certs/DeviceLink.client.pem'];
  for (const name of names) leave(name, '');
  leave('trusted/certs/README.txt', '');
  await expectAllWell(await open());
  const left = readdirSync(directory, { recursive: true }).map(String);
  for (const name of names) {
    expect(logged.join('\n')).toContain(`${file(name)} cannot be read as a certificate: it was set aside as `);
    expect(left.some((each) => each.startsWith(`${name}.unreadable-`))).toBe(true);
  }
  expect(logged).toHaveLength(names.length);
  expect(left).toContain('trusted/certs/README.txt');
});

it('does not take what an interrupted write has left for a key', async () => {
  leave(`${KEY}.new`, '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC');
  await expectAllWell(await open());
  expect(readdirSync(file('own/private'))).toEqual(['private_key.pem']);
  expect(logged).toEqual([]);
});
