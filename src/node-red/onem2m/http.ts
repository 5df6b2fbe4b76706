import type { Express, Request, Response } from 'express';
import type { NodeAPI } from 'node-red';
import { MAX_BODY_BYTES, readBody, TooLargeError } from '../../net/http/body';
import { serveHttp, type HttpServerReply, type ServeOptions } from '../../net/http/serve';
import { TOO_LARGE, type HttpReceiver } from '../../onem2m/binding/http/receiver';
import { answerBodyFaults, isTooLarge, type BodyFault } from '../common/body-faults';
import { rootPath } from '../common/http-root';
import { localAddressTowards } from '../common/local-address';

/** Below `httpNodeRoot`; after it comes the id of the node. */
const ROUTE = '/onem2m';

const receivers = new Map<string, HttpReceiver>();
const withRoute = new WeakSet<Express>();

/** The `path` of an HttpReceiver that takes what comes for a node. */
export const receiverPath = (nodeId: string): string => `/${encodeURIComponent(nodeId)}`;

/** From now on what comes for a node through Node-RED's own server goes to the receiver, until the function it answers is called. */
export function receiveThrough(RED: NodeAPI, nodeId: string, receiver: HttpReceiver): () => void {
  if (!withRoute.has(RED.httpNode)) {
    withRoute.add(RED.httpNode);
    const serve = (request: Request, response: Response, body: () => Promise<Buffer>): void =>
      void serveHttp(request, response, serviceOf(request, body));
    RED.httpNode.use(ROUTE, (request: Request, response: Response) => serve(request, response, () => bodyOf(request)));
    const root = `${nodeRootOf(RED)}${ROUTE}/`;
    answerBodyFaults(RED, root, (fault, request, response) => {
      request.url = request.originalUrl.slice(root.length - 1);
      serve(request, response, () => unread(fault));
    });
  }
  receivers.set(nodeId, receiver);
  // After a redeploy a new node may already stand there under the same id.
  return () => {
    if (receivers.get(nodeId) === receiver) receivers.delete(nodeId);
  };
}

interface HttpSettings {
  readonly httpNodeRoot?: string | false;
  readonly httpNodeAuth?: unknown;
  readonly https?: unknown;
  readonly uiPort?: number | string;
}

/** What in Node-RED's settings keeps a CSE out; undefined where nothing does. */
export function httpHindrance(RED: NodeAPI): string | undefined {
  const { httpNodeRoot, httpNodeAuth } = RED.settings as HttpSettings;
  const instead = 'set `notify` to `poll` or to an endpoint of its own';
  if (httpNodeRoot === false) return `httpNodeRoot is off in the settings of Node-RED; ${instead}`;
  if (httpNodeAuth === undefined) return undefined;
  return `httpNodeAuth asks everybody for a password, which a CSE does not have; ${instead}`;
}

/** How a CSE on `host` reaches the path of a node; undefined where Node-RED serves no HTTP for nodes. */
export async function pointOfAccessOf(
  RED: NodeAPI,
  nodeId: string,
  host: string,
  port: number,
): Promise<string | undefined> {
  const settings = RED.settings as HttpSettings;
  if (settings.httpNodeRoot === false) return undefined;
  const address = await localAddressTowards(host, port);
  const scheme = settings.https === undefined ? 'http' : 'https';
  const root = nodeRootOf(RED);
  const shown = address.includes(':') ? `[${address}]` : address;
  return `${scheme}://${shown}:${serverPort(RED)}${root}${ROUTE}${receiverPath(nodeId)}`;
}

const nodeRootOf = (RED: NodeAPI): string => rootPath((RED.settings as HttpSettings).httpNodeRoot);

/** At which Node-RED itself listens. */
export function serverPort(RED: NodeAPI): number {
  const address = RED.server.address();
  if (typeof address === 'object' && address !== null) return address.port;
  const { uiPort } = RED.settings as HttpSettings;
  return Number(uiPort ?? 1880);
}

/** What becomes of a request: its receiver has it, or nobody, and then its body is not read. */
function serviceOf(request: Request, body: () => Promise<Buffer>): ServeOptions {
  const receiver = receivers.get(nodeIdOf(request.url));
  if (receiver === undefined) {
    return { handle: () => Promise.resolve(notFound(request)), bodyOf: () => Promise.resolve(Buffer.alloc(0)) };
  }
  return { handle: (one) => receiver.handle(one), bodyOf: body, tooLargeHeaders: TOO_LARGE };
}

/**
 * The admin API of Node-RED, which shares its root with the nodes unless the settings say otherwise, has read and parsed every body
 * that is `application/json` by now.
 */
async function bodyOf(request: Request): Promise<Buffer> {
  if (!request.readableEnded) return readBody(request);
  const parsed: unknown = request.body;
  if (parsed === undefined) return Buffer.alloc(0);
  const body = Buffer.isBuffer(parsed)
    ? parsed
    : Buffer.from(typeof parsed === 'string' ? parsed : JSON.stringify(parsed));
  if (body.length > MAX_BODY_BYTES) throw new TooLargeError(MAX_BODY_BYTES);
  return body;
}

/** What the admin API could not parse, for the receiver to refuse as it refuses what it reads itself. */
function unread(fault: BodyFault): Promise<Buffer> {
  if (isTooLarge(fault)) return Promise.reject(new TooLargeError(MAX_BODY_BYTES));
  return Promise.resolve(Buffer.from(typeof fault.body === 'string' ? fault.body : ''));
}

function nodeIdOf(url: string): string {
  const [, segment = ''] = url.split(/[/?]/);
  try {
    return decodeURIComponent(segment);
  } catch {
    return '';
  }
}

function notFound({ headers }: Request): HttpServerReply {
  const rqi = headers['x-m2m-ri'];
  return {
    status: 404,
    headers: {
      'X-M2M-RSC': '4004',
      'Content-Type': 'application/json',
      ...(typeof rqi === 'string' ? { 'X-M2M-RI': rqi } : {}),
    },
    body: Buffer.from('{"m2m:dbg":"no application entity with this id is deployed"}'),
  };
}
