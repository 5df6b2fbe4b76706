import type { Express, Request, Response } from 'express';
import type { NodeAPI } from 'node-red';
import { answerBodyFaults, isTooLarge, type BodyFault } from '../common/body-faults';
import { rootPath } from '../common/http-root';
import { refusal } from '../common/refusal';
import { lazyHandlers } from './lazy-handlers';

const withRoutes = new WeakSet<Express>();

/**
 * Adds the admin endpoints (docs/contract.md#admin-endpoints), once for each admin application however many node types ask for it:
 * any of them may be the only one that is enabled. Answers are JSON and never hold a secret.
 */
export function registerAdmin(RED: NodeAPI): void {
  const { httpAdmin } = RED;
  if (withRoutes.has(httpAdmin)) return;
  withRoutes.add(httpAdmin);
  const { httpAdminRoot } = RED.settings as { httpAdminRoot?: string | false };
  answerBodyFaults(RED, `${rootPath(httpAdminRoot)}/devicelink/`, refuseBody);

  const mayRead = RED.auth.needsPermission('devicelink.read');
  const mayWrite = RED.auth.needsPermission('devicelink.write');
  const handler = lazyHandlers(async () => (await import('../admin/admin.js')).adminHandlers(RED));
  httpAdmin.get('/devicelink/devices', mayRead, handler('devices'));
  httpAdmin.get('/devicelink/mqtt-extensions/:id/status', mayRead, handler('extensionStatus'));
  httpAdmin.get('/devicelink/mqtt-topics', mayRead, handler('topics'));
  httpAdmin.post('/devicelink/test', mayWrite, handler('test'));
}

function refuseBody(fault: BodyFault, _request: Request, response: Response): void {
  const status = fault.status ?? 500;
  const isTheirs = status >= 400 && status < 500;
  const expected = isTooLarge(fault)
    ? 'must not be longer than `apiMaxLength` in the settings of Node-RED'
    : 'must be JSON in UTF-8';
  const said = isTheirs
    ? refusal('CONFIG', `the body: ${expected}`)
    : refusal('INTERNAL', 'the request could not be handled');
  response.status(isTheirs ? status : 500).json(said);
}
