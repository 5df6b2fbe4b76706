import type { Express, Request, RequestHandler, Response } from 'express';
import type { NodeAPI } from 'node-red';
import { withDeadline } from '../device/deadline';
import { DeviceError } from '../device/errors';
import { describeProblems } from '../device/fields';
import { systemClock, type Logger } from '../device/ports';
import { discoverEndpoints } from '../drivers/opcua/endpoints';
import type { UaSession } from '../drivers/opcua/session-pool';
import { directory } from './directory';
import { toFlowError } from './flow-error';
import { readLevel } from './opcua-address-space';
import { BrowseSessions } from './opcua-browse-sessions';
import { listCertificates, removeCertificate, trustCertificate } from './opcua-certificates';
import { PICKER_TIMEOUT_MS, readEndpoint, readPickerRequest, type PickerRequest } from './opcua-request';
import { searchNodes } from './opcua-search';
import { redact } from './secrets';

/** Requests that may run at once: most of them connect. */
const MOST_REQUESTS = 4;
/** Connecting and then looking. */
const REQUEST_MS = 2 * PICKER_TIMEOUT_MS;
const LONGEST_SEARCH = 200;
const MOST_CHILDREN = 10_000;

/** HTTP statuses of errors that are not the server's. */
const STATUS: Readonly<Record<string, number>> = { CONFIG: 400, INTERNAL: 500 };

const silent: Logger = { debug: noop, info: noop, warn: noop, error: noop };
const sessions = new BrowseSessions({ clock: systemClock, random: Math.random, log: silent });
const withRoutes = new WeakSet<Express>();
const withListener = new WeakSet<object>();

/**
 * Adds what the dialog of an opcua-device asks (nodes.md section 6): endpoints, address space and certificates. Everything
 * that connects or changes something needs the permission `devicelink.write`. Answers never hold a secret; what a server
 * refuses is told as `{ ok: false, error: { code, message } }` with status 200, what is wrong in the request with 400.
 */
export function registerOpcUaAdmin(RED: NodeAPI, pkiDirectory: string): void {
  const { httpAdmin } = RED;
  if (withRoutes.has(httpAdmin)) return;
  withRoutes.add(httpAdmin);
  closeWithFlows(RED);

  const mayRead = RED.auth.needsPermission('devicelink.read');
  const mayWrite = RED.auth.needsPermission('devicelink.write');
  const answered = createAnswering();
  const looked = (look: (ua: UaSession, request: PickerRequest, signal: AbortSignal) => Promise<object>) =>
    answered(({ body }) => {
      const request = readPickerRequest(RED, body, pkiDirectory);
      return bounded(request.secrets, (signal) =>
        sessions.use(request.session, signal, (ua) => look(ua, request, signal)),
      );
    });

  httpAdmin.post(
    '/devicelink/opcua/endpoints',
    mayWrite,
    answered(({ body }) => {
      const endpoint = readEndpoint(RED, body);
      return bounded([], async (signal) => ({ endpoints: await discoverEndpoints(endpoint, signal) }));
    }),
  );
  httpAdmin.post(
    '/devicelink/opcua/browse',
    mayWrite,
    looked((ua, { body }) => {
      const start = body.integer('start', 0, 0, MOST_CHILDREN);
      const nodeID = body.string('nodeID');
      if (body.problems.length > 0) throw new DeviceError('CONFIG', describeProblems(body.problems));
      return readLevel(ua, nodeID || undefined, start);
    }),
  );
  httpAdmin.post(
    '/devicelink/opcua/search',
    mayWrite,
    looked(async (ua, { body }, signal) => {
      const text = body.string('text').trim();
      if (text === '' || text.length > LONGEST_SEARCH) {
        throw new DeviceError('CONFIG', `text: must be 1 to ${LONGEST_SEARCH} characters to search for`);
      }
      return { ...(await searchNodes(ua, text, signal)) };
    }),
  );
  httpAdmin.get(
    '/devicelink/opcua/certificates',
    mayRead,
    answered(async () => ({ ...(await listCertificates(pkiDirectory)) })),
  );
  httpAdmin.post(
    '/devicelink/opcua/certificates/:thumbprint/trust',
    mayWrite,
    answered(async (request) => {
      await trustCertificate(pkiDirectory, thumbprintOf(request));
      for (const device of directory.devices()) if (device.type === 'opcua-device') device.retry();
      return listCertificates(pkiDirectory);
    }),
  );
  httpAdmin.delete(
    '/devicelink/opcua/certificates/:thumbprint',
    mayWrite,
    answered(async (request) => {
      await removeCertificate(pkiDirectory, thumbprintOf(request));
      return listCertificates(pkiDirectory);
    }),
  );
}

/** On a redeploy and at the end nothing stays open behind a dialog that nobody looks at. */
function closeWithFlows({ events }: NodeAPI): void {
  if (withListener.has(events)) return;
  withListener.add(events);
  events.on('flows:stopping', () => void sessions.close());
}

/** Makes handlers of functions that answer an object or throw; refuses what is too much at once. */
function createAnswering(): (handle: (request: Request) => Promise<object> | object) => RequestHandler {
  let running = 0;
  return (handle) => (request: Request, response: Response) => {
    if (running >= MOST_REQUESTS) {
      response.status(429).json(refusal('BUSY', 'too many requests are running, try again'));
      return;
    }
    running += 1;
    void new Promise<object>((resolve) => resolve(handle(request)))
      .then(
        (answer) => response.json({ ok: true, ...answer }),
        (error: unknown) => {
          const { code, message } = toFlowError(error);
          response.status(STATUS[code] ?? 200).json(refusal(code, message));
        },
      )
      .finally(() => (running -= 1));
  };
}

/** Within the time a picker has; an error is told without secrets. */
async function bounded<T>(secrets: readonly string[], look: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const message = `no answer within ${REQUEST_MS / 1000} s`;
  try {
    return await withDeadline({ clock: systemClock, ms: REQUEST_MS, message }, look);
  } catch (error) {
    const { code, message: text } = toFlowError(error);
    throw new DeviceError(code, redact(text, secrets));
  }
}

/** SHA-1 in hex; never a path. @throws DeviceError CONFIG */
function thumbprintOf(request: Request): string {
  const thumbprint = String(request.params['thumbprint']).toLowerCase();
  if (/^[0-9a-f]{40}$/.test(thumbprint)) return thumbprint;
  throw new DeviceError('CONFIG', 'thumbprint: must be 40 hexadecimal digits');
}

const refusal = (code: string, message: string): object => ({ ok: false, error: { code, message } });

function noop(): void {
  // What happened is told in the answer, not in the log.
}
