import { readFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

  it.each(['pkcs8', 'pkcs1'] as const)('refuses an encrypted key (%s)', (type) => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = privateKey.export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 'hunter2' }).toString();
    expect(refused({ certFilePEM: one.cert, keyFilePEM: key })).toEqual({
      keyFilePEM: expect.stringMatching(/encrypted with a passphrase/),
    });
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
