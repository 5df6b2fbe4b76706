import type { Request, RequestHandler } from 'express';
import type { NodeAPI } from 'node-red';
import { DeviceError } from '../../base/errors';
import { describeProblems } from '../../base/fields/fields';
import { discoverEndpoints } from '../../drivers/opcua/security/endpoints';
import type { UaSession } from '../../drivers/opcua/session/session-pool';
import { bounded, createAnswering, silentPorts } from '../admin/answering';
import { directory } from '../common/directory';
import { readLevel } from './address-space';
import { BrowseSessions } from './browse-sessions';
import { listCertificates, removeCertificate, trustCertificate } from './certificates';
import { PICKER_TIMEOUT_MS, readEndpoint, readPickerRequest, type PickerRequest } from './request';
import { searchNodes } from './search';

/** Requests that may run at once: most of them connect. */
const MOST_REQUESTS = 4;
/** Connecting and then looking. */
const REQUEST_MS = 2 * PICKER_TIMEOUT_MS;
const LONGEST_SEARCH = 200;
const MOST_CHILDREN = 10_000;

const sessions = new BrowseSessions(silentPorts);
const withListener = new WeakSet<object>();

type HandlerName = 'endpoints' | 'browse' | 'search' | 'certificates' | 'trust' | 'remove';

/**
 * What answers the dialog of an opcua-device (docs/contract.md#admin-endpoints). Answers never hold a secret; what a server
 * refuses is told as `{ ok: false, error: { code, message } }` with status 200, what is wrong in the request with 400.
 */
export function opcUaHandlers(RED: NodeAPI, pkiDirectory: string): Record<HandlerName, RequestHandler> {
  closeWithFlows(RED);
  const answered = createAnswering(MOST_REQUESTS);
  const looked = (look: (ua: UaSession, request: PickerRequest, signal: AbortSignal) => Promise<object>) =>
    answered((from) => {
      const request = readPickerRequest(RED, from, pkiDirectory);
      return bounded(REQUEST_MS, request.secrets, (signal) =>
        sessions.use(request.session, signal, (ua) => look(ua, request, signal)),
      );
    });
  return {
    endpoints: answered((request) => {
      const { endpoint, secrets } = readEndpoint(RED, request);
      return bounded(REQUEST_MS, secrets, async (signal) => ({ endpoints: await discoverEndpoints(endpoint, signal) }));
    }),
    browse: looked((ua, { body }) => {
      const start = body.integer('start', 0, 0, MOST_CHILDREN);
      const nodeID = body.string('nodeID');
      if (body.problems.length > 0) throw new DeviceError('CONFIG', describeProblems(body.problems));
      return readLevel(ua, nodeID || undefined, start);
    }),
    search: looked(async (ua, { body }, signal) => {
      const text = body.string('text').trim();
      if (text === '' || text.length > LONGEST_SEARCH) {
        throw new DeviceError('CONFIG', `text: must be 1 to ${LONGEST_SEARCH} characters to search for`);
      }
      return { ...(await searchNodes(ua, text, signal)) };
    }),
    certificates: answered(async () => ({ ...(await listCertificates(pkiDirectory)) })),
    trust: answered(async (request) => {
      await trustCertificate(pkiDirectory, thumbprintOf(request));
      for (const device of directory.devices()) if (device.type === 'opcua-device') device.retry();
      return listCertificates(pkiDirectory);
    }),
    remove: answered(async (request) => {
      await removeCertificate(pkiDirectory, thumbprintOf(request));
      return listCertificates(pkiDirectory);
    }),
  };
}

/** On a redeploy and at the end nothing stays open behind a dialog that nobody looks at. */
function closeWithFlows({ events }: NodeAPI): void {
  if (withListener.has(events)) return;
  withListener.add(events);
  events.on('flows:stopping', () => void sessions.close());
}

/** SHA-1 in hex; never a path. @throws DeviceError CONFIG */
function thumbprintOf(request: Request): string {
  const thumbprint = String(request.params['thumbprint']).toLowerCase();
  if (/^[0-9a-f]{40}$/.test(thumbprint)) return thumbprint;
  throw new DeviceError('CONFIG', 'thumbprint: must be 40 hexadecimal digits');
}
