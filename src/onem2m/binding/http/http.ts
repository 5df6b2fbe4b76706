import { EventEmitter } from 'node:events';
import { Agent as PlainAgent, request as plainRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import type { Ports } from '../../../base/ports';
import { authorization, type HttpAccount } from '../../../net/http/account';
import { MAX_BODY_BYTES, readBody, TooLargeError } from '../../../net/http/body';
import { headerOf } from '../../../net/http/headers';
import { socketError, type SocketPeer } from '../../../net/socket-errors';
import { tlsClientOptions, type TlsOptions } from '../../../net/tls-client';
import type { Endpoint } from '../endpoint';
import type { RequestPrimitive } from '../../primitive/primitives';
import { readIncoming } from '../../primitive/primitive-reader';
import type { Serialization } from '../../primitive/codec';
import type { Binding, BindingEvents, SendOptions } from '../binding';
import { notOneM2M } from './answer';
import { decodeBody, encodeBody } from './content';
import { contentSerialization, fromHttpResponse, toHttpRequest } from './message';
import type { HttpReceiver } from './receiver';

export interface HttpBindingOptions {
  /** `http` or `https`. Its path is put in front of every request's. */
  readonly endpoint: Endpoint;
  readonly serialization: Serialization;
  readonly ports: Ports;
  /** For `https`. */
  readonly tls?: TlsOptions | undefined;
  /** Instead of user and password of the endpoint. */
  readonly account?: HttpAccount | undefined;
  /** Where notifications come in; without one the AE cannot be reached. */
  readonly receiver?: HttpReceiver | undefined;
  /** The longest answer that is read, in bytes; default 1 MB. */
  readonly maxBodyBytes?: number;
}

/** Sockets to one CSE; requests beyond wait for one. A long poll occupies one all the time. */
const MAX_SOCKETS = 32;

/** Idle sockets are closed before a server does it (Node.js after 5 s), lest a request meets a socket that is just being closed. */
const IDLE_SOCKET_MS = 4000;

interface Answer {
  readonly message: IncomingMessage;
  readonly body: Buffer;
}

/** TS-0009. Each request is one HTTP request; redirects are told, not followed. */
export class HttpBinding implements Binding {
  readonly name = 'http';
  readonly events = new EventEmitter<BindingEvents>();
  private readonly agent: PlainAgent;
  private readonly peer: SocketPeer;
  private readonly closing = new AbortController();
  private isStarted = false;
  private isOpen = false;

  constructor(private readonly options: HttpBindingOptions) {
    const { endpoint } = options;
    const agentOptions = { keepAlive: true, maxSockets: MAX_SOCKETS, timeout: IDLE_SOCKET_MS, noDelay: true };
    this.agent =
      endpoint.scheme === 'https'
        ? new TlsAgent({ ...agentOptions, ...tlsClientOptions(endpoint.host, options.tls) })
        : new PlainAgent(agentOptions);
    this.peer = {
      noun: 'the CSE',
      address: endpoint.text,
      plainAdvice: 'This port probably speaks plain HTTP: use http://, or another port.',
      silentAdvice: 'Check that this port speaks HTTP, and whether with TLS (https://) or not.',
    };
    options.receiver?.events.on('request', (request) => this.events.emit('request', request));
    options.receiver?.events.on('malformed', (malformed) => this.events.emit('malformed', malformed));
    options.receiver?.events.on('problem', (error) => this.events.emit('problem', error));
  }

  get isUp(): boolean {
    return this.isOpen && !this.closing.signal.aborted;
  }

  get pointOfAccess(): readonly string[] {
    return this.options.receiver?.pointOfAccess ?? [];
  }

  open(): void {
    if (this.isStarted || this.closing.signal.aborted) return;
    this.isStarted = true;
    this.start().catch((error: unknown) => {
      this.options.ports.log.error(`The HTTP binding could not be started: ${String(error)}`);
    });
  }

  async listen(originator: string): Promise<void> {
    this.options.receiver?.listen(originator);
    return Promise.resolve();
  }

  async send(request: RequestPrimitive, { signal }: SendOptions): Promise<void> {
    if (this.closing.signal.aborted) throw closedError();
    signal.throwIfAborted();
    const { serialization, endpoint, account } = this.options;
    const { method, path, headers, content } = toHttpRequest(request, serialization);
    const body = await encodeBody(content, serialization);
    const answer = await this.exchange(
      {
        method,
        path: endpoint.path + path,
        headers: {
          ...headers,
          ...authorization(account ?? endpoint),
          ...(body.length === 0 && method !== 'POST' && method !== 'PUT' ? {} : { 'Content-Length': body.length }),
        },
      },
      body,
      AbortSignal.any([signal, this.closing.signal]),
    );
    await this.deliver(request.rqi, answer);
  }

  async close(): Promise<void> {
    this.closing.abort(closedError());
    this.agent.destroy();
    await this.options.receiver?.close();
  }

  /** The receiver first: an AE registers with its address as soon as requests can be sent. */
  private async start(): Promise<void> {
    try {
      await this.options.receiver?.open();
    } catch (error) {
      this.events.emit('problem', toDeviceError(error, ErrorCode.CONNECT_FAILED));
    }
    await new Promise((resolve) => setImmediate(resolve));
    if (this.closing.signal.aborted) return;
    this.isOpen = true;
    this.events.emit('up');
  }

  private exchange(
    request: { readonly method: string; readonly path: string; readonly headers: Record<string, string | number> },
    body: Buffer,
    signal: AbortSignal,
  ): Promise<Answer | TooLargeError> {
    const { endpoint, maxBodyBytes = MAX_BODY_BYTES } = this.options;
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(toDeviceError(signal.reason, ErrorCode.CLOSED));
        return;
      }
      let hasLeft = false;
      const start = endpoint.scheme === 'https' ? tlsRequest : plainRequest;
      const outgoing: ClientRequest = start({
        agent: this.agent,
        host: endpoint.host,
        port: endpoint.port,
        ...request,
      });
      const onAbort = (): void => {
        reject(toDeviceError(signal.reason, ErrorCode.CLOSED));
        outgoing.destroy();
      };
      const stop = (): void => signal.removeEventListener('abort', onAbort);
      const fail = (error: unknown): void => {
        stop();
        reject(this.failure(error, hasLeft));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      outgoing.on('socket', (socket) => {
        const isReady = !socket.connecting;
        if (isReady) hasLeft = true;
        else socket.once(endpoint.scheme === 'https' ? 'secureConnect' : 'connect', () => (hasLeft = true));
      });
      outgoing.on('error', fail);
      outgoing.on('response', (message) => {
        readBody(message, maxBodyBytes).then(
          (received) => {
            stop();
            resolve({ message, body: received });
          },
          (error: unknown) => {
            outgoing.destroy();
            if (!(error instanceof TooLargeError)) {
              fail(error);
              return;
            }
            stop();
            resolve(error);
          },
        );
      });
      outgoing.end(body);
    });
  }

  /** Once the request is on its way nobody knows whether it took effect. */
  private failure(error: unknown, hasLeft: boolean): DeviceError {
    if (!hasLeft) {
      const failed = socketError(this.peer, error, false);
      if (failed.code !== ErrorCode.TIMEOUT) return failed;
      const advice = failed.advice === undefined ? {} : { advice: failed.advice };
      return new DeviceError(ErrorCode.CONNECT_FAILED, failed.message, { cause: error, ...advice });
    }
    const lost = socketError(this.peer, error, true);
    // TLS 1.3 refuses a client certificate after the handshake, and lets nothing through.
    if (lost.code.startsWith('TLS_')) return lost;
    const text = `${lost.message}, before the answer had arrived: nobody knows whether the request took effect`;
    return new DeviceError(ErrorCode.TIMEOUT, text, { cause: error });
  }

  private async deliver(rqi: string, answer: Answer | TooLargeError): Promise<void> {
    const malformed = (reason: string): void =>
      void this.events.emit('malformed', { reason: `${this.options.endpoint.text}: ${reason}`, rqi });
    if (answer instanceof TooLargeError) {
      malformed(`the answer is longer than ${answer.limit} bytes`);
      return;
    }
    const { message, body } = answer;
    const { statusCode: status = 0, headers } = message;
    const objection = notOneM2M(status, headers, body.length);
    if (objection !== undefined) {
      malformed(objection);
      return;
    }
    // It is an answer of a CSE: where it does not tell the serialization, it is the one asked for.
    const given = contentSerialization(headerOf(headers, 'content-type')) ?? this.options.serialization;
    let content: unknown;
    try {
      content = given === 'other' ? body.toString() : await decodeBody(body, given);
    } catch (error) {
      malformed(`the content of the answer cannot be read: ${toDeviceError(error, ErrorCode.BAD_RESPONSE).message}`);
      return;
    }
    const incoming = readIncoming(fromHttpResponse({ status, headers }, rqi, content));
    if (incoming.kind !== 'response') {
      malformed(incoming.kind === 'malformed' ? incoming.reason : 'the answer is no response');
      return;
    }
    const { response } = incoming;
    if (response.rqi !== rqi) {
      malformed('the answer is that to another request; a cache between here and the CSE may have sent it');
      return;
    }
    // ACME's own comes after that of its web server; `headers` has the first alone.
    const server = message.headersDistinct['server']?.join(', ');
    this.events.emit('response', response, server === undefined ? {} : { server });
  }
}

const closedError = (): DeviceError => new DeviceError(ErrorCode.CLOSED, 'the HTTP binding was closed');
