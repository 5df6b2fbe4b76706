import type { Express } from 'express';
import type { NodeAPI } from 'node-red';
import { lazyHandlers } from './lazy-handlers';

const withRoutes = new WeakSet<Express>();

/**
 * Adds what the dialog of a modbus-device asks (docs/contract.md#admin-endpoints): which models and registers a device has, what registers may mean,
 * and the serial ports of the machine. What connects needs the permission `devicelink.write`.
 */
export function registerModbusAdmin(RED: NodeAPI): void {
  const { httpAdmin } = RED;
  if (withRoutes.has(httpAdmin)) return;
  withRoutes.add(httpAdmin);
  const mayRead = RED.auth.needsPermission('devicelink.read');
  const mayWrite = RED.auth.needsPermission('devicelink.write');
  const handler = lazyHandlers(async () => (await import('../modbus/admin.js')).modbusHandlers(RED));
  httpAdmin.get('/devicelink/modbus/serial-ports', mayRead, handler('serialPorts'));
  httpAdmin.post('/devicelink/modbus/discover', mayWrite, handler('discover'));
  httpAdmin.post('/devicelink/modbus/scan', mayWrite, handler('scan'));
  httpAdmin.post('/devicelink/modbus/guess', mayWrite, handler('guess'));
}
