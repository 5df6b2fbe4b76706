import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OpcUaPki } from '../../../../src/drivers/opcua/security/pki';
import { describeCertificate, leafOf } from '../../../../src/drivers/opcua/security/trust';

const DAY_MS = 86_400_000;
const base = mkdtempSync(join(tmpdir(), 'devicelink-pki-unit-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(base, 'pki-'));
});

describe('own certificate', () => {
  it('is kept for each application name', async () => {
    const pki = await OpcUaPki.open(directory);
    const first = await pki.ownCertificate('DeviceLink');
    const made = readFileSync(first.certificateFile, 'utf8');
    const other = await pki.ownCertificate('Packing line');
    expect(other.applicationUri).not.toBe(first.applicationUri);
    expect((await pki.ownCertificate('DeviceLink')).certificateFile).toBe(first.certificateFile);
    expect(readFileSync(first.certificateFile, 'utf8')).toBe(made);
  });

  it('is made once, names the application, and is kept', async () => {
    const pki = await OpcUaPki.open(directory);
    const own = await pki.ownCertificate('DeviceLink');
    const first = readFileSync(own.certificateFile, 'utf8');
    const info = describeCertificate(new X509Certificate(first).raw);
    expect(info.applicationUri).toBe(own.applicationUri);
    expect(info.subject).toContain('CN=DeviceLink');
    await pki.ownCertificate('DeviceLink');
    expect(readFileSync(own.certificateFile, 'utf8')).toBe(first);
  });

  it('is renewed within 30 days of its end, with the same key, and not before', async () => {
    const pki = await OpcUaPki.open(directory);
    const own = await pki.ownCertificate('DeviceLink');
    const first = new X509Certificate(readFileSync(own.certificateFile));
    const end = Date.parse(first.validTo);
    await pki.ownCertificate('DeviceLink', end - 31 * DAY_MS);
    expect(new X509Certificate(readFileSync(own.certificateFile)).serialNumber).toBe(first.serialNumber);
    await pki.ownCertificate('DeviceLink', end - 29 * DAY_MS);
    const renewed = new X509Certificate(readFileSync(own.certificateFile));
    expect(Date.parse(renewed.validTo)).toBeGreaterThan(end);
    expect(renewed.publicKey.equals(first.publicKey)).toBe(true);
  });

  it('is made anew when the file is damaged', async () => {
    const pki = await OpcUaPki.open(directory);
    const own = await pki.ownCertificate('DeviceLink');
    writeFileSync(own.certificateFile, 'half a certifi');
    await pki.ownCertificate('DeviceLink');
    expect(() => new X509Certificate(readFileSync(own.certificateFile))).not.toThrow();
  });

  it('is made by one of many who ask at once', async () => {
    const all = await Promise.all(
      Array.from({ length: 5 }, async () => (await OpcUaPki.open(directory)).ownCertificate('DeviceLink')),
    );
    expect(new Set(all.map(({ applicationUri }) => applicationUri)).size).toBe(1);
  });
});

it('says which directory cannot be used', async () => {
  const file = join(directory, 'file');
  writeFileSync(file, '');
  await expect(OpcUaPki.open(join(file, 'pki'))).rejects.toMatchObject({
    code: 'CONFIG',
    message: expect.stringContaining(file),
  });
});

describe('certificates of an issuer', () => {
  const ca = join(base, 'ca');
  const env = { PATH: process.env.PATH };
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: ca, stdio: 'pipe', env });
  const der = (name: string): Buffer => new X509Certificate(readFileSync(join(ca, `${name}.crt`))).raw;

  beforeAll(() => {
    execFileSync('mkdir', ['-p', ca]);
    writeFileSync(join(ca, 'index.txt'), '');
    writeFileSync(join(ca, 'serial'), '1000');
    writeFileSync(join(ca, 'crlnumber'), '1000');
    writeFileSync(join(ca, 'ca.cnf'), CA_CONFIG);
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '30',
      '-config',
      'ca.cnf',
      '-extensions',
      'ca_ext',
      '-subj',
      '/CN=Plant CA',
      '-keyout',
      'ca.key',
      '-out',
      'ca.crt',
    );
    for (const name of ['good', 'revoked']) {
      openssl(
        'req',
        '-new',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-config',
        'ca.cnf',
        '-subj',
        `/CN=${name}`,
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.csr`,
      );
      openssl(
        'ca',
        '-batch',
        '-config',
        'ca.cnf',
        '-extensions',
        'server',
        '-in',
        `${name}.csr`,
        '-out',
        `${name}.crt`,
      );
    }
    openssl('ca', '-config', 'ca.cnf', '-revoke', 'revoked.crt');
    openssl('ca', '-config', 'ca.cnf', '-gencrl', '-out', 'ca.crl');
  });

  it('pass when the issuer is trusted and has a revocation list, unless they are on it', async () => {
    const pki = await OpcUaPki.open(directory);
    await expect(pki.checkServer(der('good'))).rejects.toMatchObject({ code: 'OPCUA_BadCertificateChainIncomplete' });
    copyFileSync(join(ca, 'ca.crt'), join(directory, 'trusted/certs/ca.pem'));
    await expect(pki.checkServer(der('good'))).rejects.toMatchObject({ code: 'OPCUA_BadCertificateRevocationUnknown' });
    copyFileSync(join(ca, 'ca.crl'), join(directory, 'trusted/crl/ca.pem'));
    await expect(pki.checkServer(der('good'))).resolves.toBeUndefined();
    await expect(pki.checkServer(Buffer.concat([der('good'), der('ca')]))).resolves.toBeUndefined();
    await expect(pki.checkServer(der('revoked'))).rejects.toMatchObject({ code: 'OPCUA_BadCertificateRevoked' });
  });

  it('splits a chain', () => {
    expect(leafOf(Buffer.concat([der('good'), der('ca')])).equals(der('good'))).toBe(true);
    expect(leafOf(Buffer.from('no certificate')).toString()).toBe('no certificate');
  });

  it('refuses what is no certificate', async () => {
    const pki = await OpcUaPki.open(directory);
    await expect(pki.checkServer(Buffer.from('junk'))).rejects.toMatchObject({ code: 'OPCUA_BadCertificateInvalid' });
  });
});

const CA_CONFIG = `
[ca]
default_ca = plant
[plant]
dir = .
database = index.txt
new_certs_dir = .
serial = serial
crlnumber = crlnumber
certificate = ca.crt
private_key = ca.key
default_md = sha256
default_days = 20
default_crl_days = 10
policy = any
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[ca_ext]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[server]
basicConstraints = CA:FALSE
keyUsage = digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment
extendedKeyUsage = serverAuth,clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = URI:urn:plant:server
`;
