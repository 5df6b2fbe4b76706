import type { Express } from 'express';
import type { NodeAPI } from 'node-red';
import { pkiDirectoryIn } from '../../drivers/opcua/security/pki-directory';
import { userDirectoryOf } from '../common/user-directory';
import { lazyHandlers } from './lazy-handlers';

const withRoutes = new WeakSet<Express>();

/**
 * Adds what the dialog of an opcua-device asks (docs/contract.md#admin-endpoints): endpoints, address space and certificates.
 * Everything that connects or changes something needs the permission `devicelink.write`.
 */
export function registerOpcUaAdmin(RED: NodeAPI, pkiDirectory = pkiDirectoryIn(userDirectoryOf(RED))): void {
  const { httpAdmin } = RED;
  if (withRoutes.has(httpAdmin)) return;
  withRoutes.add(httpAdmin);
  const mayRead = RED.auth.needsPermission('devicelink.read');
  const mayWrite = RED.auth.needsPermission('devicelink.write');
  const handler = lazyHandlers(async () => (await import('../opcua/admin.js')).opcUaHandlers(RED, pkiDirectory));
  httpAdmin.post('/devicelink/opcua/endpoints', mayWrite, handler('endpoints'));
  httpAdmin.post('/devicelink/opcua/browse', mayWrite, handler('browse'));
  httpAdmin.post('/devicelink/opcua/search', mayWrite, handler('search'));
  httpAdmin.get('/devicelink/opcua/certificates', mayRead, handler('certificates'));
  httpAdmin.post('/devicelink/opcua/certificates/:thumbprint/trust', mayWrite, handler('trust'));
  httpAdmin.delete('/devicelink/opcua/certificates/:thumbprint', mayWrite, handler('remove'));
}
