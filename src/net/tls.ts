import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { show, type FieldReader } from '../base/fields/fields';
import type { Problem } from '../base/fields/problems';
import { pathOfReference, type ReadFile } from './pem-files';

/** Certificates and a key as PEM text, checked: they can be parsed, and the key is that of the certificate. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Revocation lists. */
  readonly crl?: string;
  /** Certificate, key and perhaps authorities in one (PKCS#12), with what opens it. */
  readonly pfx?: Buffer;
  readonly passphrase?: string;
}

/** Where PEM text comes from. No message ever shows it. */
export interface PemSource {
  readonly field: string;
  /** PEM text, or `file:` and a path. */
  readonly text: string;
}

export interface PemSources {
  readonly ca?: PemSource;
  readonly cert?: PemSource;
  readonly key?: PemSource;
  readonly crl?: PemSource;
  /** Base64, or `file:` and a path. */
  readonly pfx?: PemSource;
  /** Of the key, or of `pfx`. */
  readonly passphrase?: PemSource;
}

interface PemBlock {
  readonly label: string;
  readonly text: string;
  readonly encrypted: boolean;
}

/** The three PEM fields, from the credentials or, for imported manifests, from `client.tlsConfig`. */
export function pemSources(credentials: FieldReader, tlsConfig: FieldReader): PemSources {
  const source = (name: string): PemSource | undefined => {
    const reader = credentials.given(name) === undefined ? tlsConfig : credentials;
    const text = reader.string(name).trim();
    return text === '' ? undefined : { field: reader.pathOf(name), text };
  };
  const ca = source('caFilePEM');
  const cert = source('certFilePEM');
  const key = source('keyFilePEM');
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

/** Those, and what not every protocol asks for: a revocation list, PKCS#12, and a passphrase. */
export function allTlsSources(credentials: FieldReader, tlsConfig: FieldReader): PemSources {
  const source = (name: string): PemSource | undefined => {
    const text = credentials.string(name);
    return text.trim() === '' ? undefined : { field: credentials.pathOf(name), text };
  };
  const [crl, pfx, passphrase] = ['crlFilePEM', 'pfxFile', 'passphrase'].map(source);
  const more = { ...(crl && { crl }), ...(pfx && { pfx }), ...(passphrase && { passphrase }) };
  return { ...pemSources(credentials, tlsConfig), ...more };
}

/** Whether any of it is in a file, which may be another one later. */
export const fileReferences = (sources: PemSources): string[] =>
  Object.values(sources)
    .map(({ text }: PemSource) => text.trim())
    .filter((text) => pathOfReference(text) !== undefined);

/** Reads and checks what is given; adds to `problems` what is wrong with it, by field and never with content. */
export function readTlsMaterial(sources: PemSources, readFile: ReadFile, problems: Problem[]): TlsMaterial {
  const attempt = <T>(source: PemSource | undefined, parse: (blocks: readonly PemBlock[]) => T): T | undefined => {
    if (source === undefined) return undefined;
    try {
      return parse(pemBlocks(textOf(source, readFile)));
    } catch (error) {
      if (!(error instanceof PemError)) throw error;
      problems.push({ field: source.field, message: error.message });
      return undefined;
    }
  };
  const ca = attempt(sources.ca, certificates);
  const cert = attempt(sources.cert, certificates);
  const key = attempt(sources.key, (blocks) => {
    if (sources.cert === undefined) throw new PemError('is given without a certificate (certFilePEM)');
    const parsed = privateKey(blocks, sources.passphrase?.text);
    if (cert?.first?.checkPrivateKey(parsed.key) === false) {
      throw new PemError('is the key of another certificate than certFilePEM');
    }
    return parsed;
  });
  if (sources.cert !== undefined && sources.key === undefined) {
    problems.push({ field: sources.cert.field, message: 'is given without its private key (keyFilePEM)' });
  }
  const crl = attempt(sources.crl, revocationLists);
  const pfx = readPfx(sources, readFile, problems);
  return {
    ...(ca && { ca: ca.text }),
    ...(cert && { cert: cert.text }),
    ...(key && { key: key.text }),
    ...(crl !== undefined && { crl }),
    ...pfx,
  };
}

/** What is wrong with one source, in words that hold nothing of its content. */
class PemError extends Error {}

function textOf(source: PemSource, readFile: ReadFile): string {
  const address = source.text;
  const path = pathOfReference(address);
  return path === undefined ? address : readSource(address, () => readFile(path));
}

function readSource<T>(address: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new PemError(`cannot be read from the file ${show(address)}: ${code}`);
  }
}

function certificates(blocks: readonly PemBlock[]): { text: string; first: X509Certificate | undefined } {
  const found = blocks.filter((block) => /^(?:X509 |TRUSTED )?CERTIFICATE$/.test(block.label));
  if (found.length === 0) throw new PemError(notPem('certificate', 'CERTIFICATE', blocks));
  const parsed = found.map((block, index) => {
    try {
      return new X509Certificate(block.text);
    } catch {
      throw new PemError(`holds a certificate that cannot be parsed (number ${index + 1} of ${found.length})`);
    }
  });
  return { text: found.map((block) => block.text).join(''), first: parsed[0] };
}

function privateKey(blocks: readonly PemBlock[], passphrase?: string): { text: string; key: KeyObject } {
  const block = blocks.find(({ label }) => label.endsWith('PRIVATE KEY'));
  if (block === undefined) throw new PemError(notPem('private key', 'PRIVATE KEY', blocks));
  if (block.encrypted) return decrypted(block, passphrase);
  try {
    return { text: block.text, key: createPrivateKey(block.text) };
  } catch {
    throw new PemError('holds a private key that cannot be parsed');
  }
}

/** Kept in memory as it is without its passphrase: Node.js takes it everywhere then. */
function decrypted({ text }: PemBlock, passphrase: string | undefined): { text: string; key: KeyObject } {
  if (passphrase === undefined) {
    throw new PemError(
      'is encrypted: give its passphrase, or the key without one ("openssl pkey -in encrypted.pem -out key.pem")',
    );
  }
  try {
    const key = createPrivateKey({ key: text, passphrase });
    return { text: key.export({ type: 'pkcs8', format: 'pem' }).toString(), key };
  } catch {
    throw new PemError('cannot be decrypted with the passphrase that is given');
  }
}

function revocationLists(blocks: readonly PemBlock[]): string {
  const found = blocks.filter(({ label }) => label === 'X509 CRL');
  if (found.length === 0) throw new PemError(notPem('revocation list', 'X509 CRL', blocks));
  const text = found.map((block) => block.text).join('');
  try {
    createSecureContext({ crl: text });
  } catch {
    throw new PemError('holds a revocation list that cannot be parsed');
  }
  return text;
}

function readPfx(
  { pfx: source, passphrase, cert, key }: PemSources,
  readFile: ReadFile,
  problems: Problem[],
): Pick<TlsMaterial, 'pfx' | 'passphrase'> {
  if (source === undefined) return {};
  try {
    if (cert !== undefined || key !== undefined)
      throw new PemError('is given beside a certificate or a key: one of both');
    const pfx = pfxBytes(source, readFile);
    const opened = { pfx, ...(passphrase && { passphrase: passphrase.text }) };
    openPfx(opened);
    return opened;
  } catch (error) {
    if (!(error instanceof PemError)) throw error;
    problems.push({ field: source.field, message: error.message });
    return {};
  }
}

function pfxBytes(source: PemSource, readFile: ReadFile): Buffer {
  const path = pathOfReference(source.text);
  if (path === undefined) return Buffer.from(source.text, 'base64');
  return readSource(source.text.trim(), () => readFile.bytes?.(path) ?? Buffer.from(readFile(path)));
}

function openPfx(options: { readonly pfx: Buffer; readonly passphrase?: string }): void {
  try {
    createSecureContext(options);
  } catch (error) {
    const text = error instanceof Error ? error.message : '';
    if (/mac verify/i.test(text)) throw new PemError('cannot be opened with the passphrase that is given');
    if (/unsupported/i.test(text)) {
      throw new PemError('is encrypted in a way that OpenSSL no longer opens: make it anew ("openssl pkcs12 -export")');
    }
    throw new PemError('is no PKCS#12 file (as Base64, or "file:" and a path), or has no certificate with its key');
  }
}

function notPem(wanted: string, label: string, blocks: readonly PemBlock[]): string {
  if (blocks.length > 0) return `is PEM, but holds no ${wanted}`;
  return `is not PEM text (-----BEGIN ${label}----- ... -----END ${label}-----), nor "file:" and a path`;
}

/**
 * The blocks of a PEM text (RFC 7468), written anew: environment variables often carry `\n` as two characters, and a
 * one-line text field drops line ends.
 */
function pemBlocks(text: string): PemBlock[] {
  const found = text.replaceAll('\\n', '\n').matchAll(/-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----/gs);
  return [...found].map(([whole, label = '', body = '']) => ({
    label,
    // An older kind of encrypted key has headers, which stand in lines.
    text: body.includes('Proc-Type:')
      ? whole
      : `-----BEGIN ${label}-----\n${body.replace(/\s+/g, '').replace(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`,
    encrypted: label.startsWith('ENCRYPTED') || body.includes('ENCRYPTED'),
  }));
}
