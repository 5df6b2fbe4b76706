import { EventEmitter } from 'node:events';
import { DeviceError, ErrorCode } from '../../../base/errors';
import type { Ports } from '../../../base/ports';
import { headerOf, type HttpHeaders } from '../../../net/http/headers';
import { HttpListener, type HttpListenerOptions } from '../../../net/http/listener';
import { urlBelow, type HttpServerReply, type HttpServerRequest } from '../../../net/http/serve';
import { readIncoming } from '../../primitive/primitive-reader';
import type { MalformedPrimitive, RequestPrimitive, ResponsePrimitive } from '../../primitive/primitives';
import type { Serialization } from '../../primitive/codec';
import type { IncomingRequest } from '../binding';
import { decodeBody, encodeBody } from './content';
import { contentSerialization, fromHttpRequest, toHttpResponse } from './message';

export interface HttpReceiverOptions {
  readonly ports: Ports;
  /** Where notifications come in, with its slash and without one at the end; requests for anything below are taken too. */
  readonly path: string;
  /** How a CSE reaches `path` from outside; default: the address of the listener. */
  readonly pointOfAccess?: readonly string[] | undefined;
  /** A server of our own. Without one somebody else's calls `handle`. */
  readonly listener?: HttpListenerOptions | undefined;
  /** After so long without an answer from here the CSE gets 4008; default 10 s. */
  readonly answerWithinMs?: number;
}

/** Requests that wait for their answer at one time; more are refused. */
const MOST_WAITING = 256;

const ANSWER_WITHIN_MS = 10_000;

/** In the answer to a body that is too long. */
export const TOO_LARGE = { 'X-M2M-RSC': '4000' };

const METHODS: ReadonlySet<string> = new Set(['POST', 'GET', 'PUT', 'DELETE']);

interface ReceiverEvents {
  request: [IncomingRequest];
  malformed: [MalformedPrimitive];
  problem: [DeviceError];
}

/** An answer that is given here, without anybody else having seen the request. */
class Refusal extends Error {
  constructor(
    readonly rsc: number,
    message: string,
  ) {
    super(message);
  }
}

/** Takes the HTTP requests of a CSE (notifications above all) and answers them, whichever server they come through. */
export class HttpReceiver {
  readonly events = new EventEmitter<ReceiverEvents>();
  private readonly listener: HttpListener | undefined;
  private readonly waiting = new Set<(response: ResponsePrimitive) => void>();
  private originator = '';
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

  /** Resolves when requests can come in. Rejects with a DeviceError where the port cannot be had; it is then tried again. */
  async open(): Promise<void> {
    await this.listener?.open();
  }

  /** Who is meant by requests to the very path. */
  listen(originator: string): void {
    this.originator = originator;
  }

  /** Always resolves, after `answerWithinMs` at the latest, to an answer that carries X-M2M-RSC. */
  async handle(request: HttpServerRequest): Promise<HttpServerReply> {
    const rqi = headerOf(request.headers, 'x-m2m-ri') ?? '';
    try {
      const primitive = await this.read(request, rqi);
      return await this.reply(await this.ask(primitive, request.url), request);
    } catch (error) {
      const { rsc, message } = error instanceof Refusal ? error : new Refusal(5000, 'the request could not be handled');
      if (rsc !== 4004) this.events.emit('malformed', { reason: `${request.method} ${show(request.url)}: ${message}` });
      return this.reply({ rsc, rqi, pc: { 'm2m:dbg': message } }, request);
    }
  }

  /** Always resolves; whoever waits is told that nobody is here any more. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const settle of [...this.waiting]) settle({ rsc: 5103, rqi: '', pc: { 'm2m:dbg': 'closed' } });
    await this.listener?.close();
    this.events.removeAllListeners();
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
    return primitive.to === '' ? { ...primitive, to: this.originator } : primitive;
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
  private ask(request: RequestPrimitive, url: string): Promise<ResponsePrimitive> {
    if (this.waiting.size >= MOST_WAITING) throw new Refusal(5000, 'too many requests wait for an answer');
    const { clock } = this.options.ports;
    return new Promise((resolve) => {
      const settle = (response: ResponsePrimitive): void => {
        clock.clearTimeout(timer);
        this.waiting.delete(settle);
        resolve({ ...response, rqi: request.rqi });
      };
      const ms = this.options.answerWithinMs ?? ANSWER_WITHIN_MS;
      const timer = clock.setTimeout(
        () => settle({ rsc: 4008, rqi: request.rqi, pc: { 'm2m:dbg': 'nobody answered in time' } }),
        ms,
      );
      this.waiting.add(settle);
      const answer = (response: ResponsePrimitive): Promise<void> => {
        if (!this.waiting.has(settle)) {
          return Promise.reject(new DeviceError(ErrorCode.TIMEOUT, `the answer to ${request.rqi} came too late`));
        }
        settle(response);
        return Promise.resolve();
      };
      try {
        this.events.emit('request', { request, via: pathOf(url), answer });
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
