import { EventEmitter } from 'node:events';
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import type { Ports } from '../../../base/ports';
import { readAuthorization, type Authenticate } from '../../../net/http/account';
import { headerOf, type HttpHeaders } from '../../../net/http/headers';
import { HttpListener, type HttpListenerOptions } from '../../../net/http/listener';
import { urlBelow, type HttpServerReply, type HttpServerRequest } from '../../../net/http/serve';
import { readIncoming } from '../../primitive/primitive-reader';
import { isRegistration, type RequestPrimitive, type ResponsePrimitive } from '../../primitive/primitives';
import type { Serialization } from '../../primitive/codec';
import type { BindingEvents, ReceivedRequest, RequestReceiver, SenderFacts } from '../binding';
import { decodeBody, encodeBody } from './content';
import { contentSerialization, fromHttpRequest, toHttpResponse } from './message';

export interface HttpReceiverOptions {
  readonly ports: Ports;
  /** Where notifications come in, with its slash and without one at the end; requests for anything below are taken too. */
  readonly path: string;
  /** How a CSE reaches `path` from outside; default: the address of the listener. */
  readonly pointOfAccess?: readonly string[] | undefined;
  /** A server of our own, or a share in one. Without it somebody else's calls `handle`. */
  readonly listener?: HttpListenerOptions | undefined;
  /** Whom to let in; default: everybody, and no account is known. */
  readonly authenticate?: Authenticate | undefined;
  /** After so long without an answer from here the CSE gets 4008; default 10 s. */
  readonly answerWithinMs?: number;
}

/** Requests that wait for their answer at one time; more are refused. */
const MOST_WAITING = 256;

const ANSWER_WITHIN_MS = 10_000;

/** In the answer to a body that is too long. */
export const TOO_LARGE = { 'X-M2M-RSC': '4000' };

const METHODS: ReadonlySet<string> = new Set(['POST', 'GET', 'PUT', 'DELETE']);

/** An answer that is given here, without anybody else having seen the request. */
class Refusal extends Error {
  constructor(
    readonly rsc: number,
    message: string,
  ) {
    super(message);
  }
}

class NotLoggedIn extends Refusal {
  constructor() {
    super(4103, 'user and password, or the token, are wrong or missing');
  }
}

/** With an answer 401 (RFC 9110, 11.6.1). */
const LOGIN = { 'WWW-Authenticate': 'Basic realm="oneM2M"' };

/** A request that waits for its answer, which is given it in the place of who should. */
interface Waiting {
  readonly giveUp: (rsc: number, words: string) => void;
}

/**
 * Takes the HTTP requests for an originator (notifications above all), or for a whole CSE, and answers them, whichever server they
 * come through.
 */
export class HttpReceiver implements RequestReceiver {
  readonly name = 'http';
  readonly events = new EventEmitter<BindingEvents>();
  private readonly listener: HttpListener | undefined;
  private readonly waiting = new Set<Waiting>();
  /** Who is meant by requests to the very path. */
  private served = '';
  private isClosed = false;

  constructor(private readonly options: HttpReceiverOptions) {
    if (options.listener !== undefined) {
      const { maxBodyBytes } = options.listener;
      this.listener = new HttpListener(options.ports, options.listener, {
        path: options.path,
        serve: { handle: (request) => this.handle(request), maxBodyBytes, tooLargeHeaders: TOO_LARGE },
        consequence: 'notifications cannot come in',
        onProblem: (error) => void this.events.emit('problem', error),
      });
    }
  }

  get pointOfAccess(): readonly string[] {
    const { pointOfAccess, path } = this.options;
    if (pointOfAccess !== undefined) return pointOfAccess;
    const address = this.listener?.address;
    return address === undefined ? [] : [address + path];
  }

  open(): void {
    this.start().catch((error: unknown) => {
      this.events.emit('problem', toDeviceError(error, ErrorCode.CONNECT_FAILED));
    });
  }

  /** As `open`. Resolves when requests can come in; rejects with a DeviceError where the port cannot be had, which is then tried again. */
  async start(): Promise<void> {
    await this.listener?.open();
    if (!this.isClosed) this.events.emit('up');
  }

  /** Who is meant by requests to the very path. */
  listen(originator: string): Promise<void> {
    this.served = originator;
    return Promise.resolve();
  }

  /** As `listen`: whatever is below the path is taken anyway. */
  serve(cseID: string): Promise<void> {
    return this.listen(cseID);
  }

  /** Always resolves, after `answerWithinMs` at the latest, to an answer that carries X-M2M-RSC. */
  async handle(request: HttpServerRequest): Promise<HttpServerReply> {
    const rqi = headerOf(request.headers, 'x-m2m-ri') ?? '';
    try {
      const sender = await this.senderOf(request);
      const primitive = await this.read(request, rqi);
      return await this.reply(await this.ask(primitive, request, sender), request);
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal(5000, 'the request could not be handled');
      const { rsc, message } = refusal;
      if (rsc !== 4004)
        this.events.emit('malformed', { reason: `${request.method} ${this.shown(request.url)}: ${message}` });
      const reply = await this.reply({ rsc, rqi, pc: { 'm2m:dbg': message } }, request);
      return refusal instanceof NotLoggedIn
        ? { ...reply, status: 401, headers: { ...reply.headers, ...LOGIN } }
        : reply;
    }
  }

  /** Always resolves; whoever waits is told that nobody is here any more. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const { giveUp } of [...this.waiting]) giveUp(5103, 'closed');
    await this.listener?.close();
    this.events.removeAllListeners();
  }

  /** Without the path, which may be one that nobody is to know. */
  private shown(url: string): string {
    return show(urlBelow(this.options.path, url) ?? url);
  }

  /** Throws a Refusal. */
  private async senderOf({ headers, peer }: HttpServerRequest): Promise<SenderFacts> {
    const { authenticate } = this.options;
    if (authenticate === undefined) return { ...peer };
    const account = await authenticate(readAuthorization(headerOf(headers, 'authorization')));
    if (account === undefined) throw new NotLoggedIn();
    return { ...peer, account };
  }

  /** Throws a Refusal. */
  private async read(request: HttpServerRequest, rqi: string): Promise<RequestPrimitive> {
    if (this.isClosed || this.events.listenerCount('request') === 0) throw new Refusal(5103, 'nobody listens here');
    const url = urlBelow(this.options.path, request.url);
    if (url === undefined) throw new Refusal(4004, 'there is nothing at this path');
    if (!METHODS.has(request.method)) throw new Refusal(4005, `${show(request.method)} is no method of oneM2M`);
    if (rqi === '') throw new Refusal(4000, 'X-M2M-RI is missing');
    const content = request.body.length === 0 ? undefined : await this.content(request);
    const incoming = readIncoming(refuseBadValue(() => fromHttpRequest({ ...request, url }, content)));
    if (incoming.kind === 'malformed') throw new Refusal(4000, incoming.reason);
    if (incoming.kind === 'response') throw new Refusal(4000, 'this is no request');
    const { request: primitive } = incoming;
    return primitive.to === '' ? { ...primitive, to: this.served } : primitive;
  }

  private async content({ headers, body }: HttpServerRequest): Promise<unknown> {
    const serialization = contentSerialization(headerOf(headers, 'content-type'));
    if (serialization === undefined || serialization === 'other') {
      throw new Refusal(4015, 'Content-Type must be application/json or application/cbor');
    }
    try {
      return await decodeBody(body, serialization);
    } catch {
      throw new Refusal(4000, `the body is no ${serialization.toUpperCase()}`);
    }
  }

  /** Hands a request over and waits for its answer. */
  private ask(
    request: RequestPrimitive,
    { url, headers, gone }: HttpServerRequest,
    sender: SenderFacts,
  ): Promise<ResponsePrimitive> {
    if (this.waiting.size >= MOST_WAITING) throw new Refusal(5000, 'too many requests wait for an answer');
    const { clock } = this.options.ports;
    return new Promise((resolve) => {
      const controller = new AbortController();
      const settle = (response: ResponsePrimitive): void => {
        clock.clearTimeout(timer);
        gone?.removeEventListener('abort', onGone);
        this.waiting.delete(waiting);
        resolve({ ...response, rqi: request.rqi });
      };
      const giveUp = (rsc: number, words: string): void => {
        settle({ rsc, rqi: request.rqi, pc: { 'm2m:dbg': words } });
        controller.abort(
          new DeviceError(ErrorCode.LINK_LOST, `nobody waits for the answer to ${request.rqi}: ${words}`),
        );
      };
      const onGone = (): void => giveUp(5103, 'the sender is gone');
      const waiting: Waiting = { giveUp };
      const ms = this.options.answerWithinMs ?? ANSWER_WITHIN_MS;
      const timer = clock.setTimeout(() => giveUp(4008, 'nobody answered in time'), ms);
      this.waiting.add(waiting);
      if (gone?.aborted === true) {
        onGone();
        return;
      }
      gone?.addEventListener('abort', onGone, { once: true });
      const answer = (response: ResponsePrimitive): Promise<void> => {
        if (!this.waiting.has(waiting)) {
          return Promise.reject(new DeviceError(ErrorCode.TIMEOUT, `the answer to ${request.rqi} came too late`));
        }
        settle(response);
        return Promise.resolve();
      };
      const received: ReceivedRequest = {
        request,
        via: pathOf(url),
        answer,
        transport: 'http',
        serialization: wanted(headers),
        isRegistration: isRegistration(request),
        sender,
        gone: controller.signal,
      };
      try {
        this.events.emit('request', received);
      } catch {
        settle({ rsc: 5000, rqi: request.rqi, pc: { 'm2m:dbg': 'the request could not be handled' } });
      }
    });
  }

  private async reply(response: ResponsePrimitive, { headers }: HttpServerRequest): Promise<HttpServerReply> {
    const serialization = wanted(headers);
    try {
      const message = toHttpResponse(response, serialization);
      const body = await encodeBody(message.content, serialization);
      return { status: message.status, headers: message.headers, body };
    } catch {
      // A member that no header can hold: the code alone always can be.
      const message = toHttpResponse({ rsc: response.rsc, rqi: '' }, serialization);
      return { status: message.status, headers: { 'X-M2M-RSC': String(response.rsc) }, body: Buffer.alloc(0) };
    }
  }
}

/** What the sender wants to read; else what it wrote; else JSON. */
function wanted(headers: HttpHeaders): Serialization {
  const accepted = (headerOf(headers, 'accept') ?? '').split(',').map(contentSerialization);
  const written = contentSerialization(headerOf(headers, 'content-type'));
  const found = [...accepted, written].find((one) => one === 'json' || one === 'cbor');
  return found ?? 'json';
}

function refuseBadValue<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Refusal(4000, error instanceof DeviceError ? error.message : 'the address cannot be read');
  }
}

const pathOf = (url: string): string => show(url.split('?')[0] ?? '');

/** For messages. */
const show = (text: string): string => text.replace(/[^\x21-\x7e]/g, '?').slice(0, 200);
