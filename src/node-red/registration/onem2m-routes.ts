import type { Express } from 'express';
import type { NodeAPI } from 'node-red';
import { lazyHandlers } from './lazy-handlers';

const withRoutes = new WeakSet<Express>();

/**
 * Adds what the dialog of an onem2m-ae asks (docs/contract.md#admin-endpoints): what a CSE is, which resources it has, and one of
 * them. All of it connects, so all of it needs the permission `devicelink.write`.
 */
export function registerOnem2mAdmin(RED: NodeAPI): void {
  const { httpAdmin } = RED;
  if (withRoutes.has(httpAdmin)) return;
  withRoutes.add(httpAdmin);
  const mayWrite = RED.auth.needsPermission('devicelink.write');
  const handler = lazyHandlers(async () => (await import('../onem2m/admin.js')).onem2mHandlers(RED));
  httpAdmin.post('/devicelink/onem2m/test', mayWrite, handler('test'));
  httpAdmin.post('/devicelink/onem2m/browse', mayWrite, handler('browse'));
  httpAdmin.post('/devicelink/onem2m/retrieve', mayWrite, handler('retrieve'));
}
