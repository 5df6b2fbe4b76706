import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { DeviceError, ErrorCode } from '../../base/errors';
import { readBody, TooLargeError } from './body';
import type { HttpHeaders } from './headers';

/** The certificate that a client has shown, and that was checked. */
export interface ClientCertificate {
  /** `CN=Cae, O=Plant`, the parts in the order of the certificate. */
  readonly subject: string;
  /** `DNS:ae.example, URI:urn:ae`, where it has some. */
  readonly altNames?: string;
}

/** What a connection tells of the client. */
export interface HttpPeer {
  /** IP address of who is connected: a proxy's, where there is one. */
  readonly address?: string;
  readonly certificate?: ClientCertificate;
}

/** A request as any HTTP server has it; `url` is path and query, `headers` by lower-case name. */
export interface HttpServerRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: HttpHeaders;
  readonly body: Buffer;
  readonly peer?: HttpPeer;
  /** Aborted, with LINK_LOST, when the client is gone before it was answered. */
  readonly gone?: AbortSignal;
}

export interface HttpServerReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface ServeOptions {
  /** Should always resolve; where it does not, the connection is cut. */
  readonly handle: (request: HttpServerRequest) => Promise<HttpServerReply>;
  /** Longest body in bytes; default 1 MB. */
  readonly maxBodyBytes?: number | undefined;
  /** How the body is had where it may have been read already; default: from the message. */
  readonly bodyOf?: (limit?: number) => Promise<Buffer>;
  /** What the protocol wants in the answer 413, which is given here. */
  readonly tooLargeHeaders?: Readonly<Record<string, string>>;
}

/** Hands one request over and answers it, whichever server it came through. Never rejects. */
export async function serveHttp(
  message: IncomingMessage,
  response: ServerResponse,
  { handle, maxBodyBytes, bodyOf, tooLargeHeaders }: ServeOptions,
): Promise<void> {
  const controller = new AbortController();
  response.on('error', () => undefined);
  response.once('close', () => {
    if (response.writableEnded) return;
    controller.abort(new DeviceError(ErrorCode.LINK_LOST, 'the client has closed the connection before its answer'));
  });
  try {
    const { method = '', url = '', headers } = message;
    const peer = peerOf(message);
    const body = await (bodyOf === undefined ? readBody(message, maxBodyBytes) : bodyOf(maxBodyBytes));
    const reply = await handle({ method, url, headers, body, peer, gone: controller.signal });
    response.writeHead(reply.status, { ...reply.headers, 'Content-Length': reply.body.length });
    response.end(reply.body);
  } catch (error) {
    if (!(error instanceof TooLargeError) || response.headersSent) {
      message.socket.destroy();
      return;
    }
    response.writeHead(413, { ...tooLargeHeaders, Connection: 'close', 'Content-Length': 0 });
    response.flushHeaders();
    passOver(message, () => response.end(() => message.socket.destroy()));
  }
}

/** How long the rest of a body that is too long is passed over, in milliseconds. */
const PASS_OVER_MS = 1_000;

/**
 * A client that is still writing would lose the answer by a reset, which is what Node.js does with a response that has ended
 * before its request: what comes is passed over for a moment before that.
 */
function passOver(message: IncomingMessage, end: () => void): void {
  if (message.readableEnded) {
    end();
    return;
  }
  const timer = setTimeout(end, PASS_OVER_MS);
  message.socket.once('close', () => clearTimeout(timer));
  message.once('end', () => {
    clearTimeout(timer);
    end();
  });
  message.resume();
}

/** What the connection of a request tells of its client. */
export function peerOf({ socket }: IncomingMessage): HttpPeer {
  const { remoteAddress } = socket;
  const certificate = certificateOf(socket);
  return {
    ...(remoteAddress === undefined ? {} : { address: remoteAddress.replace(/^::ffff:(?=\d+\.)/, '') }),
    ...(certificate === undefined ? {} : { certificate }),
  };
}

function certificateOf(socket: IncomingMessage['socket']): ClientCertificate | undefined {
  // One that was shown and not checked says nothing.
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const shown = socket.getPeerX509Certificate();
  if (shown === undefined) return undefined;
  const { subject, subjectAltName } = shown;
  return {
    subject: subject.split('\n').join(', '),
    ...(subjectAltName === undefined ? {} : { altNames: subjectAltName }),
  };
}

/** The part of `url` after `path`; undefined where it is not below it. `path`: without a slash at its end, empty for all. */
export function urlBelow(path: string, url: string): string | undefined {
  if (!url.startsWith(path)) return undefined;
  const rest = url.slice(path.length);
  return rest === '' || rest.startsWith('/') || rest.startsWith('?') ? rest : undefined;
}
