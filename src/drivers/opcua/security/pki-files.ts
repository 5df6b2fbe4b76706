import { createPrivateKey, generateKeyPair, X509Certificate } from 'node:crypto';
import { readdir, readFile, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { writeWhole } from '../../../base/files/whole-file';

/** What every security policy takes. */
const KEY_BITS = 2048;
const PRIVATE = 0o600;
const CERTIFICATE_FOLDERS = ['own/certs', 'trusted/certs', 'rejected', 'issuers/certs'];
const CERTIFICATE_NAME = /\.(?:pem|der|crt|cer)$/i;

/**
 * Makes the private key when there is none. One that cannot be read, such as the empty file that a full disk leaves, is set
 * aside, which is noted: it would be taken for a key at every start.
 */
export async function ensurePrivateKey(file: string, notes: string[]): Promise<void> {
  const content = await readFile(file).catch(ifMissing);
  if (content !== undefined && isReadable(() => createPrivateKey(content))) return;
  const aside = content === undefined ? undefined : await setAside(file);
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: KEY_BITS });
  await writeWhole(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), PRIVATE);
  if (aside === undefined) return;
  notes.push(
    `${file} cannot be read as a private key: it was set aside as ${aside}, and another one made; servers must trust the new certificate`,
  );
}

/** Sets aside, and notes, what has the name of a certificate and is none, so that a whole one can take its place. */
export async function setAsideCertificates(directory: string, notes: string[]): Promise<void> {
  for (const folder of CERTIFICATE_FOLDERS) {
    for (const name of (await readdir(join(directory, folder)).catch(ifMissing)) ?? []) {
      const file = join(directory, folder, name);
      if (!CERTIFICATE_NAME.test(name)) continue;
      const content = await readFile(file);
      if (isReadable(() => new X509Certificate(content))) continue;
      notes.push(`${file} cannot be read as a certificate: it was set aside as ${await setAside(file)}`);
    }
  }
}

/** Answers the name it has now. */
async function setAside(file: string): Promise<string> {
  const aside = `${file}.unreadable-${Date.now()}`;
  await rename(file, aside);
  return basename(aside);
}

function isReadable(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
