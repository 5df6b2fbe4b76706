import { readFileSync } from 'node:fs';
import { createPrivateKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pemReferences, readPemFiles } from '../../../src/net/pem-files';
import { parseExtension, type ExtensionConfig } from '../../../src/mqtt/extension/options';
import { TestAuthority, type KeyPair } from '../../support/system/certificates';

let authority: TestAuthority;
let one: KeyPair;
let other: KeyPair;

beforeAll(() => {
  authority = new TestAuthority();
  one = authority.issue('one');
  other = authority.issue('other');
});
afterAll(() => {
  authority.remove();
});

const parse = (credentials: Record<string, string>, server = 'mqtts://broker', client: Record<string, unknown> = {}) =>
  parseExtension({ client: { server, ...client } }, credentials, {
    readFile: (path) => readFileSync(path, 'utf8'),
    extensionId: 'id',
    extensionUid: 'uid',
  });

const accepted = (...args: Parameters<typeof parse>): ExtensionConfig => {
  const result = parse(...args);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
};

const refused = (credentials: Record<string, string>): Record<string, string> => {
  const result = parse(credentials);
  if (result.ok) throw new Error('accepted');
  return Object.fromEntries(result.problems.map(({ field, message }) => [field, message]));
};

describe('TLS material', () => {
  it('is optional: the system roots apply', () => {
    expect(accepted({}).client.tls).toEqual({ insecureSkipVerify: false });
    expect(accepted({}, 'tcp://broker').client.tls).toBeUndefined();
  });

  it('takes PEM text, with broken or missing line ends too, and files', () => {
    const texts = [
      one.cert,
      one.cert.replaceAll('\n', '\\n'),
      one.cert.replaceAll('\n', ''),
      one.cert.replaceAll('\n', '\r\n'),
      `file:${one.certFile}`,
      `file://${one.certFile}`,
    ];
    for (const certFilePEM of texts) {
      const { tls } = accepted({ caFilePEM: authority.ca, certFilePEM, keyFilePEM: `file:${one.keyFile}` }).client;
      expect(tls).toEqual({ ca: authority.ca, cert: one.cert, key: one.key, insecureSkipVerify: false });
    }
  });

  it('keeps all certificates of a bundle', () => {
    const bundle = `${authority.ca}# another one\n${one.cert}`;
    expect(accepted({ caFilePEM: bundle }).client.tls?.ca).toBe(authority.ca + one.cert);
  });

  it('takes the fields of an imported manifest', () => {
    const client = { tlsConfig: { caFilePEM: authority.ca, serverName: 'plant', insecureSkipVerify: true } };
    expect(accepted({}, 'wss://broker', client).client.tls).toEqual({
      ca: authority.ca,
      serverName: 'plant',
      insecureSkipVerify: true,
    });
  });

  it('warns of what is insecure', () => {
    expect(accepted({}, 'ssl://broker', { tlsConfig: { insecureSkipVerify: true } }).warnings).toEqual([
      expect.stringMatching(/not verified \(insecureSkipVerify\)/),
    ]);
    expect(accepted({ caFilePEM: authority.ca }, 'tcp://broker').warnings).toEqual([
      expect.stringMatching(/not encrypted/),
    ]);
  });

  it('refuses what is not PEM, saying which field', () => {
    expect(refused({ caFilePEM: 'hello' })).toEqual({ caFilePEM: expect.stringMatching(/is not PEM text/) });
    expect(refused({ caFilePEM: one.key })).toEqual({ caFilePEM: expect.stringMatching(/holds no certificate/) });
    expect(refused({ certFilePEM: one.cert, keyFilePEM: one.cert })).toEqual({
      keyFilePEM: expect.stringMatching(/holds no private key/),
    });
  });

  it('refuses damaged PEM', () => {
    const damaged = one.cert.replace(/[A-Za-z0-9]{20}\n/, 'AAAAAAAAAAAAAAAAAAAA\n').replace('MII', 'AAA');
    expect(refused({ caFilePEM: authority.ca + damaged })).toEqual({
      caFilePEM: expect.stringMatching(/cannot be parsed \(number 2 of 2\)/),
    });
    const key = one.key.replace('MII', 'AAA');
    expect(refused({ certFilePEM: one.cert, keyFilePEM: key })).toEqual({
      keyFilePEM: expect.stringMatching(/private key that cannot be parsed/),
    });
  });

  it('refuses the key of another certificate, and one without the other', () => {
    expect(refused({ certFilePEM: one.cert, keyFilePEM: other.key })).toEqual({
      keyFilePEM: expect.stringMatching(/another certificate/),
    });
    expect(refused({ certFilePEM: one.cert })).toEqual({
      certFilePEM: expect.stringMatching(/without its private key/),
    });
    expect(refused({ keyFilePEM: one.key })).toEqual({ keyFilePEM: expect.stringMatching(/without a certificate/) });
  });

  it.each(['pkcs8', 'pkcs1'] as const)('takes an encrypted key (%s) with its passphrase', (type) => {
    const plain = createPrivateKey(one.key);
    const passphrase = ' hunter 2';
    const keyFilePEM = plain.export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString();
    const given = { certFilePEM: one.cert, keyFilePEM };
    const { tls } = accepted({ ...given, passphrase }).client;
    expect(createPrivateKey(tls!.key!).equals(plain)).toBe(true);
    expect(refused(given)).toEqual({ keyFilePEM: expect.stringMatching(/^is encrypted: give its passphrase/) });
    expect(refused({ ...given, passphrase: 'hunter3' })).toEqual({
      keyFilePEM: 'cannot be decrypted with the passphrase that is given',
    });
    expect(refused({ ...given, certFilePEM: other.cert, passphrase })).toEqual({
      keyFilePEM: expect.stringMatching(/another certificate/),
    });
  });

  it('takes PKCS#12 with its passphrase, as Base64 and from a file', async () => {
    const pfxFile = authority.pkcs12(one, 'open sesame');
    const bytes = readFileSync(pfxFile);
    for (const given of [bytes.toString('base64'), `file:${pfxFile}`]) {
      const readFile = await readPemFiles(pemReferences({ pfxFile: given }));
      const environment = { readFile, extensionId: 'id', extensionUid: 'uid' };
      const parse12 = (passphrase: string, more = {}) =>
        parseExtension({ client: { server: 'tls://b' } }, { pfxFile: given, passphrase, ...more }, environment);
      const parsed = parse12('open sesame');
      expect(parsed.ok && parsed.value.client.tls?.pfx?.equals(bytes)).toBe(true);
      expect(parse12('wrong')).toMatchObject({
        problems: [{ field: 'pfxFile', message: 'cannot be opened with the passphrase that is given' }],
      });
      expect(parse12('open sesame', { certFilePEM: one.cert, keyFilePEM: one.key })).toMatchObject({
        problems: [{ field: 'pfxFile', message: expect.stringMatching(/beside a certificate/) as string }],
      });
    }
    expect(refused({ pfxFile: 'bm90aGluZw==' })).toEqual({ pfxFile: expect.stringMatching(/^is no PKCS#12 file/) });
    expect(refused({ pfxFile: 'file:/nowhere.p12' })).toEqual({ pfxFile: expect.stringMatching(/ENOENT/) });
  });

  it('takes revocation lists', () => {
    const crl = authority.revoke(other);
    expect(accepted({ crlFilePEM: crl }).client.tls).toEqual({ crl, insecureSkipVerify: false });
    expect(refused({ crlFilePEM: authority.ca })).toEqual({ crlFilePEM: expect.stringMatching(/no revocation list/) });
  });

  it('takes what is agreed on in the handshake', () => {
    const settings = { tlsConfig: { alpnProtocols: 'mqtt, x-amzn-mqtt-ca', minVersion: 'TLSv1.3' } };
    expect(accepted({}, 'tls://broker', settings).client.tls).toEqual({
      insecureSkipVerify: false,
      alpnProtocols: ['mqtt', 'x-amzn-mqtt-ca'],
      minVersion: 'TLSv1.3',
    });
    for (const [tlsConfig, field] of [
      [{ alpnProtocols: ['a b'] }, 'alpnProtocols'],
      [{ alpnProtocols: ',' }, 'alpnProtocols'],
      [{ minVersion: 'SSLv3' }, 'minVersion'],
    ] as const) {
      expect(parse({}, 'tls://broker', { tlsConfig })).toMatchObject({
        problems: [{ field: `client.tlsConfig.${field}` }],
      });
    }
  });

  it('says which file cannot be read', () => {
    expect(refused({ caFilePEM: 'file:/does/not/exist.pem' })).toEqual({
      caFilePEM: 'cannot be read from the file "file:/does/not/exist.pem": ENOENT',
    });
  });

  it('never shows content', () => {
    const all = [
      { caFilePEM: one.key },
      { certFilePEM: one.key, keyFilePEM: `x${one.key.slice(3)}` },
      { keyFilePEM: 'MIIsecret' },
    ];
    for (const credentials of all) expect(JSON.stringify(refused(credentials))).not.toContain('MII');
  });
});
