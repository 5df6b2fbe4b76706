import { EventEmitter } from 'node:events';
import { DeviceError, ErrorCode } from '../../../base/errors';
import type { Ports } from '../../../base/ports';
import { authorization, type HttpAccount } from '../../../net/http/account';
import { MAX_BODY_BYTES } from '../../../net/http/body';
import { withoutName, type TlsOptions } from '../../../net/tls-client';
import type { Serialization } from '../../primitive/codec';
import type { RequestPrimitive } from '../../primitive/primitives';
import type { BindingEvents, RequestSender, SendOptions } from '../binding';
import type { Endpoint } from '../endpoint';
import { parsePointOfAccess } from '../point-of-access';
import { encodeBody } from './content';
import { HttpExchanges } from './exchange';
import { toHttpRequest } from './message';
import { readAnswer } from './read-answer';

export interface HttpSenderOptions {
  /** `http` or `https`. Its path is put in front of every request's. Without one each request names its point of access. */
  readonly endpoint?: Endpoint | undefined;
  readonly serialization: Serialization;
  readonly ports: Ports;
  /** For `https`. `serverName` is that of the endpoint; other points of access have their own. */
  readonly tls?: TlsOptions | undefined;
  /** Instead of user and password of the endpoint; other points of access never see it. */
  readonly account?: HttpAccount | undefined;
  /** The longest answer that is read, in bytes; default 1 MB. */
  readonly maxBodyBytes?: number;
  /** What is to be done before requests may leave. Never rejects. */
  readonly before?: () => Promise<void>;
  /** Where what happens is told; default: an emitter of its own. */
  readonly events?: EventEmitter<BindingEvents>;
}

/** Where a request goes. */
interface Destination {
  readonly endpoint: Endpoint;
  readonly account: HttpAccount;
  readonly tls: TlsOptions | undefined;
  /** Path and query of a request, of the address and the request's own. */
  readonly target: (path: string) => string;
}

/** TS-0009. Each request is one HTTP request; redirects are told, not followed. */
export class HttpSender implements RequestSender {
  readonly name = 'http';
  readonly events: EventEmitter<BindingEvents>;
  private readonly exchanges: HttpExchanges;
  private readonly closing = new AbortController();
  private isStarted = false;
  private isOpen = false;

  constructor(private readonly options: HttpSenderOptions) {
    this.events = options.events ?? new EventEmitter<BindingEvents>();
    this.exchanges = new HttpExchanges(options.maxBodyBytes ?? MAX_BODY_BYTES);
  }

  get isUp(): boolean {
    return this.isOpen && !this.closing.signal.aborted;
  }

  open(): void {
    if (this.isStarted || this.closing.signal.aborted) return;
    this.isStarted = true;
    this.start().catch((error: unknown) => {
      this.options.ports.log.error(`The HTTP binding could not be started: ${String(error)}`);
    });
  }

  async send(request: RequestPrimitive, options: SendOptions): Promise<void> {
    if (this.closing.signal.aborted) throw closedError();
    options.signal.throwIfAborted();
    const destination = this.destinationOf(request, options.pointOfAccess);
    const { endpoint, account, tls, target } = destination;
    const serialization = options.serialization ?? this.options.serialization;
    const { method, path, headers, content } = toHttpRequest(request, serialization);
    const body = await encodeBody(content, serialization);
    const outgoing = {
      endpoint,
      tls,
      method,
      path: target(path),
      headers: {
        ...headers,
        ...authorization(account),
        ...(body.length === 0 && method !== 'POST' && method !== 'PUT' ? {} : { 'Content-Length': body.length }),
      },
      body,
    };
    const answer = await this.exchanges.exchange(outgoing, AbortSignal.any([options.signal, this.closing.signal]));
    const read = await readAnswer(answer, request.rqi, serialization);
    if ('response' in read) this.events.emit('response', read.response, read.traits);
    else this.events.emit('malformed', { reason: `${endpoint.text}: ${read.malformed}`, rqi: request.rqi });
  }

  close(): Promise<void> {
    this.closing.abort(closedError());
    this.exchanges.close();
    return Promise.resolve();
  }

  private async start(): Promise<void> {
    await this.options.before?.();
    await new Promise((resolve) => setImmediate(resolve));
    if (this.closing.signal.aborted) return;
    this.isOpen = true;
    this.events.emit('up');
  }

  /** Throws a DeviceError CONFIG where none is known. */
  private destinationOf({ to }: RequestPrimitive, pointOfAccess: string | undefined): Destination {
    const { endpoint, account, tls } = this.options;
    if (pointOfAccess !== undefined) {
      const given = parsePointOfAccess(pointOfAccess, ['http', 'https']);
      const { username, password } = given.endpoint;
      return {
        endpoint: given.endpoint,
        account: { username, password },
        tls: withoutName(tls),
        // Where nothing is named at the address, it is all.
        target: (path) =>
          withQuery(to === '' ? (given.path || '/') + path.slice(1) : given.endpoint.path + path, given.query),
      };
    }
    if (endpoint === undefined) {
      throw new DeviceError(ErrorCode.CONFIG, 'the request names no point of access, and there is no endpoint');
    }
    return { endpoint, account: account ?? endpoint, tls, target: (path) => endpoint.path + path };
  }
}

function withQuery(path: string, query: string): string {
  if (query === '') return path;
  return `${path}${path.includes('?') ? '&' : '?'}${query}`;
}

const closedError = (): DeviceError => new DeviceError(ErrorCode.CLOSED, 'the HTTP binding was closed');
