import { setImmediate as nextTurn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type * as CertificateManager from 'node-opcua-certificate-manager';
import type * as Client from 'node-opcua-client';
import { loadedOnce, loadPackage } from '../../../base/optional-package';
import { loadOrder } from './load-order';

const PURPOSE = 'OPC UA devices';
export const PACKAGES = ['node-opcua-client', 'node-opcua-certificate-manager'] as const;
/**
 * Packages that need nothing but what they name themselves (others may rely on what was loaded before them), and that are the
 * same file for `require` and `import`. Of the address space the client has only types.
 */
export const INDEPENDENT = /^(node-opcua-(?!address-space)|@peculiar\/asn1-|sshpk$)/;

/** What this driver uses of node-opcua: its client, and its store of certificates. */
export type OpcUaLibrary = typeof Client & Pick<typeof CertificateManager, 'OPCUACertificateManager'>;

/** node-opcua, loaded when the first node connects (it costs some 0.4 s and 70 MB) and then kept. */
export const loadOpcUa = loadedOnce(load);

async function load(): Promise<OpcUaLibrary> {
  await loadParts();
  const client = await loadPackage('node-opcua-client', PURPOSE, () => import('node-opcua-client'));
  const { OPCUACertificateManager } = await loadPackage(
    'node-opcua-certificate-manager',
    PURPOSE,
    () => import('node-opcua-certificate-manager'),
  );
  // It prints whole certificates, and the same failure at every attempt. All it knows arrives here as errors and events.
  client.setWarningLogger(discard);
  client.setErrorLogger(discard);
  return { ...client, OPCUACertificateManager };
}

/**
 * Everything at once would keep Node-RED from all else for half a second; package by package it is some hundredths at a time.
 * What fails here fails again where it is needed, and is told there.
 */
async function loadParts(): Promise<void> {
  for (const file of await loadOrder(PACKAGES, INDEPENDENT, __filename)) {
    await import(pathToFileURL(file).href).catch(() => undefined);
    await nextTurn();
  }
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
