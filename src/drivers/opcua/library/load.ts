import type * as CertificateManager from 'node-opcua-certificate-manager';
import type * as Client from 'node-opcua-client';
import { loadedOnce, loadPackage } from '../../../base/optional-package';

const PURPOSE = 'OPC UA devices';

/** What this driver uses of node-opcua: its client, and its store of certificates. */
export type OpcUaLibrary = typeof Client & Pick<typeof CertificateManager, 'OPCUACertificateManager'>;

/** node-opcua, loaded when the first node connects (it costs some 0.4 s and 70 MB) and then kept. */
export const loadOpcUa = loadedOnce(load);

async function load(): Promise<OpcUaLibrary> {
  const [client, { OPCUACertificateManager }] = await Promise.all([
    loadPackage('node-opcua-client', PURPOSE, () => import('node-opcua-client')),
    loadPackage('node-opcua-certificate-manager', PURPOSE, () => import('node-opcua-certificate-manager')),
  ]);
  // It prints whole certificates, and the same failure at every attempt. All it knows arrives here as errors and events.
  client.setWarningLogger(discard);
  client.setErrorLogger(discard);
  return { ...client, OPCUACertificateManager };
}

/**
 * node-opcua reads a private key with another OPENSSL_CONF, and puts an unset one back as the text `undefined`: every
 * openssl that this process starts later would fail. To be called after whatever reads a key.
 */
export function mendEnvironment(): void {
  if (process.env.OPENSSL_CONF === 'undefined') delete process.env.OPENSSL_CONF;
}

function discard(): void {
  // Deliberately nothing.
}
