import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { show, type FieldReader } from '../base/fields/fields';
import type { Problem } from '../base/fields/problems';
import { pathOfReference, type ReadFile } from './pem-files';

/** Certificates and a key as PEM text, checked: they can be parsed, and the key is that of the certificate. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
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
    const parsed = privateKey(blocks);
    if (cert?.first?.checkPrivateKey(parsed.key) === false) {
      throw new PemError('is the key of another certificate than certFilePEM');
    }
    return parsed;
  });
  if (sources.cert !== undefined && sources.key === undefined) {
    problems.push({ field: sources.cert.field, message: 'is given without its private key (keyFilePEM)' });
  }
  return { ...(ca && { ca: ca.text }), ...(cert && { cert: cert.text }), ...(key && { key: key.text }) };
}

/** What is wrong with one source, in words that hold nothing of its content. */
class PemError extends Error {}

function textOf(source: PemSource, readFile: ReadFile): string {
  const address = source.text;
  const path = pathOfReference(address);
  if (path === undefined) return address;
  try {
    return readFile(path);
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

function privateKey(blocks: readonly PemBlock[]): { text: string; key: KeyObject } {
  const block = blocks.find(({ label }) => label.endsWith('PRIVATE KEY'));
  if (block === undefined) throw new PemError(notPem('private key', 'PRIVATE KEY', blocks));
  if (block.encrypted) {
    throw new PemError(
      'is encrypted with a passphrase: give it without one ("openssl pkey -in encrypted.pem -out key.pem")',
    );
  }
  try {
    return { text: block.text, key: createPrivateKey(block.text) };
  } catch {
    throw new PemError('holds a private key that cannot be parsed');
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
  return [...found].map(([, label = '', body = '']) => ({
    label,
    text: `-----BEGIN ${label}-----\n${body.replace(/\s+/g, '').replace(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`,
    encrypted: label.startsWith('ENCRYPTED') || body.includes('ENCRYPTED'),
  }));
}
