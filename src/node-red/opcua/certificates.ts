import { join } from 'node:path';
import { OpcUaPki } from '../../drivers/opcua/security/pki';
import { readCertificates, type CertificateInfo } from '../../drivers/opcua/security/trust';

/** The answer of `GET /devicelink/opcua/certificates`. */
export interface CertificateLists {
  /** This side's certificate, to be trusted by servers; `pem` is what their administrators need of it. */
  readonly own?: CertificateInfo & { readonly pem: string };
  readonly trusted: readonly CertificateInfo[];
  readonly rejected: readonly CertificateInfo[];
}

/** The name in an own certificate that is made before any node has connected. */
const APPLICATION = 'DeviceLink';
const LINE = 64;

/** Everything in the store; the own certificate is made when there is none yet, so that a server can be told of it first. */
export async function listCertificates(pkiDirectory: string): Promise<CertificateLists> {
  const pki = await OpcUaPki.open(pkiDirectory);
  const folder = join(pkiDirectory, 'own/certs');
  const existing = await readCertificates(folder);
  if (existing.length === 0) await pki.ownCertificate(APPLICATION);
  const [own] = existing.length === 0 ? await readCertificates(folder) : existing;
  return {
    ...(own === undefined ? {} : { own: { ...own.info, pem: toPem(own.der) } }),
    ...(await pki.listCertificates()),
  };
}

/** Moves a rejected certificate to the trusted ones. @throws DeviceError CONFIG when it is not among the rejected */
export async function trustCertificate(pkiDirectory: string, thumbprint: string): Promise<void> {
  await (await OpcUaPki.open(pkiDirectory)).trust(thumbprint);
}

/** Forgets a certificate. @throws DeviceError CONFIG when it is in neither list */
export async function removeCertificate(pkiDirectory: string, thumbprint: string): Promise<void> {
  await (await OpcUaPki.open(pkiDirectory)).remove(thumbprint);
}

function toPem(der: Buffer): string {
  const lines = der.toString('base64').match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
