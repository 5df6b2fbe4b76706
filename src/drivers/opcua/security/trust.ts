import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A certificate as shown to a user. */
export interface CertificateInfo {
  /** SHA-1 of the certificate, hex in lower case: OPC UA's name for it. */
  readonly thumbprint: string;
  readonly subject: string;
  readonly issuer: string;
  /** ISO 8601 */
  readonly validFrom: string;
  readonly validTo: string;
  /** Empty when the certificate names none. */
  readonly applicationUri: string;
}

/** @throws Error when `der` is no certificate */
export function describeCertificate(der: Uint8Array): CertificateInfo {
  const certificate = new X509Certificate(der);
  return {
    thumbprint: certificate.fingerprint.replaceAll(':', '').toLowerCase(),
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    validFrom: new Date(certificate.validFrom).toISOString(),
    validTo: new Date(certificate.validTo).toISOString(),
    applicationUri: /URI:([^,\s"]+)/.exec(certificate.subjectAltName ?? '')?.[1] ?? '',
  };
}

export interface StoredCertificate {
  readonly info: CertificateInfo;
  readonly file: string;
  readonly der: Buffer;
}

/** The certificates in a folder (PEM or DER), the same one once; files that are none are passed over. */
export async function readCertificates(directory: string): Promise<StoredCertificate[]> {
  const names = await readdir(directory).catch(() => []);
  const found = new Map<string, StoredCertificate>();
  for (const name of names.sort()) {
    const file = join(directory, name);
    try {
      const der = new X509Certificate(await readFile(file)).raw;
      const info = describeCertificate(der);
      found.set(info.thumbprint, { info, file, der });
    } catch {
      // No certificate: somebody else's file.
    }
  }
  return [...found.values()];
}

/** The first certificate of a chain as servers send it: several DER structures one after the other. */
export function leafOf(chain: Buffer): Buffer {
  const size = derLength(chain);
  return size === undefined ? chain : chain.subarray(0, size);
}

/** Total size of the DER structure at the start of `bytes`; undefined when that is none. */
function derLength(bytes: Buffer): number | undefined {
  const first = bytes[1];
  if (bytes[0] !== 0x30 || first === undefined) return undefined;
  if (first < 0x80) return 2 + first;
  const digits = first & 0x7f;
  if (digits > 4 || bytes.length < 2 + digits) return undefined;
  return 2 + digits + bytes.readUIntBE(2, digits);
}

/** Node gives one attribute a line. */
function oneLine(name: string): string {
  return name.split('\n').reverse().join(', ');
}
