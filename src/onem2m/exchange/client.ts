import { EventEmitter } from 'node:events';
import { DeviceError, ErrorCode, toDeviceError } from '../../base/errors';
import type { Ports } from '../../base/ports';
import { expireAfter } from '../../base/deadline';
import type { Exchange, RequestDraft } from './requester';
import type {
  CloseOptions,
  IncomingRequest,
  PeerTraits,
  RequestReceiver,
  RequestSender,
  SendOptions,
} from '../binding/binding';
import { IncomingRequests } from './incoming';
import {
  OPERATIONS,
  type MalformedPrimitive,
  type RequestPrimitive,
  type ResponsePrimitive,
} from '../primitive/primitives';
import { Recent } from '../../base/recent';
import { newRequestId } from '../primitive/request-id';
import { isSuccess } from '../primitive/status-codes';

export interface ClientOptions {
  readonly sender: RequestSender;
  /** Where requests of others come in; the sender may be one of them. */
  readonly receivers?: readonly RequestReceiver[];
  readonly ports: Ports;
  /** For one request, from the moment it is asked for to its answer. */
  readonly timeoutMs: number;
  /** `rvi` of requests that name none. */
  readonly release: string;
  /** `fr` of requests that name none. */
  readonly originator: () => string | undefined;
  /** What is known to be behind a missing answer, added to the error's text. */
  readonly timeoutAdvice?: () => string | undefined;
  /** One request at a time, long polls aside: for a peer that mixes up what follows each other at once. */
  readonly isExclusive?: () => boolean;
}

export interface ExchangeOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
  readonly registration?: SendOptions['registration'];
  readonly serialization?: SendOptions['serialization'];
  /** It may be given up without anybody being interested in a refusal that still comes. */
  readonly isPoll?: boolean;
}

export interface ClientEvents {
  up: [];
  down: [DeviceError];
  problem: [DeviceError];
  /** Each request that comes in, once, however often it is delivered. */
  request: [IncomingRequest];
  /** Any answer to one of our requests, with what it tells about the CSE. */
  answer: [ResponsePrimitive, PeerTraits];
  /** An answer whose request had been given up. */
  late: [ResponsePrimitive];
}

/** Requests without an answer at one time; more are refused. */
const MOST_PENDING = 1000;
/** Ids remembered after their request was given up, to tell late answers from repeated and foreign ones. */
const REMEMBERED = 2000;

/** `rtv` of a request that is not to be answered, and the status code it gets here. HTTP answers it all the same, with nothing. */
const NO_RESPONSE = 5;
const ACCEPTED = 1000;

const ANSWERED = new DeviceError(ErrorCode.CLOSED, 'the request is answered');

const UNANSWERED = 'the CSE has not answered the one before it, and takes one at a time';

type State = 'waiting' | 'sending' | 'sent';

/** `answered`: too late. */
type GivenUp = 'request' | 'poll' | 'answered';

interface Pending {
  readonly request: RequestPrimitive;
  readonly how: Pick<SendOptions, 'registration' | 'serialization'>;
  readonly startedAt: number;
  readonly controller: AbortController;
  readonly isPoll: boolean;
  state: State;
  /** Why it does not get through, as it seems. */
  setback?: DeviceError;
  settle(outcome: ResponsePrimitive | DeviceError): void;
}

/**
 * Requests and their answers, over any binding: each request settles exactly once. Answers are matched by `rqi` alone, because
 * peers fill `to`, `fr` and topics as they like. Requests wait for the link in order, as long as their time lasts.
 */
export class Client {
  readonly events = new EventEmitter<ClientEvents>();
  private readonly pending = new Map<string, Pending>();
  private readonly givenUp = new Recent<GivenUp>(REMEMBERED);
  /** Where each answer comes twice, the second one follows at once. */
  private lastAnswered = '';
  /** Receivers that are not the sender. */
  private readonly others: readonly RequestReceiver[];
  private readonly incoming: IncomingRequests;
  private lastLoss: DeviceError | undefined;
  private closed: DeviceError | undefined;

  constructor(private readonly options: ClientOptions) {
    const { sender, receivers = [] } = options;
    this.others = receivers.filter((each) => !Object.is(each, sender));
    this.incoming = new IncomingRequests(
      options.ports.clock,
      (error) => this.events.emit('problem', error),
      (request) => this.events.emit('request', request),
    );
    sender.events.on('up', () => this.onUp());
    sender.events.on('down', (error) => this.onDown(error));
    sender.events.on('response', (response, traits) => this.onResponse(response, traits));
    for (const { events } of receivers) events.on('request', (request) => this.incoming.take(request));
    for (const { events } of this.others) events.on('down', (error) => this.events.emit('problem', error));
    for (const { events } of [sender, ...this.others]) {
      events.on('problem', (error) => this.events.emit('problem', error));
      events.on('malformed', (malformed) => this.onMalformed(malformed));
    }
  }

  get isUp(): boolean {
    return this.options.sender.isUp;
  }

  /** Requests under way. */
  get size(): number {
    return this.pending.size;
  }

  open(): void {
    this.options.sender.open();
    for (const receiver of this.others) receiver.open();
  }

  /**
   * Settles exactly once: with the answer, whatever its status code, or with a DeviceError: TIMEOUT (the request may have taken
   * effect), LINK_LOST (it has not left), MQTT_REFUSED (the broker does not take it), BAD_VALUE, BAD_RESPONSE, QUEUE_FULL, CONFIG or CLOSED. With `rt.rtv` 5 nobody answers:
   * it resolves with status code 1000 once the request has left.
   */
  exchange(draft: RequestDraft, options: ExchangeOptions = {}): Promise<Exchange> {
    const request = this.complete(draft);
    const refusal = this.refusalOf(request);
    if (refusal !== undefined) return Promise.reject(refusal);
    const { clock } = this.options.ports;
    const startedAt = clock.now();
    return new Promise((resolve, reject) => {
      const { signal, timeoutMs = this.options.timeoutMs } = options;
      const controller = new AbortController();
      const giveUp = (): void => pending.settle(toDeviceError(signal?.reason, ErrorCode.CLOSED));
      const callOff = expireAfter(clock, timeoutMs, () => pending.settle(this.timeUp(pending, timeoutMs)));
      const pending: Pending = {
        request,
        how: howOf(options),
        startedAt,
        controller,
        isPoll: options.isPoll === true,
        state: 'waiting',
        settle: (outcome) => {
          if (!this.pending.delete(request.rqi)) return;
          const isError = outcome instanceof DeviceError;
          if (isError) this.givenUp.set(request.rqi, options.isPoll === true ? 'poll' : 'request');
          else this.lastAnswered = request.rqi;
          callOff();
          signal?.removeEventListener('abort', giveUp);
          // Not sent again by a later connection, now that nobody waits for it.
          if (pending.state !== 'sent') controller.abort(isError ? outcome : ANSWERED);
          if (isError) reject(outcome);
          else resolve({ request, response: outcome, durationMs: clock.now() - startedAt });
          if (this.options.isExclusive?.() === true) this.sendWaiting();
        },
      };
      this.pending.set(request.rqi, pending);
      if (signal?.aborted === true) giveUp();
      else signal?.addEventListener('abort', giveUp, { once: true });
      if (this.mayLeave(pending)) this.send(pending);
    });
  }

  /** Rejects all that is under way, and says of what may have left that it may have taken effect. */
  giveUp(reason: DeviceError): void {
    const { code, message } = reason;
    // Those that wait first: none of them is to take the place of another.
    const all = [...this.pending.values()].sort(
      (a, b) => Number(b.state === 'waiting') - Number(a.state === 'waiting'),
    );
    for (const pending of all) {
      const hasNoEffect = pending.state === 'waiting' || isHarmless(pending.request);
      pending.settle(hasNoEffect ? reason : new DeviceError(code, `${message}; the request may have taken effect`));
    }
  }

  /** Ends sender and receivers; what is pending is rejected with CLOSED. */
  async close(options: CloseOptions = {}): Promise<void> {
    this.closed ??= new DeviceError(ErrorCode.CLOSED, 'the oneM2M client was closed');
    this.incoming.close();
    this.giveUp(this.closed);
    const all = [this.options.sender, ...this.others];
    await Promise.all(all.map((each) => each.close(options)));
    for (const { events } of all) events.removeAllListeners();
  }

  private complete(draft: RequestDraft): RequestPrimitive {
    const originator = this.options.originator();
    return {
      rvi: this.options.release,
      ...(originator === undefined ? {} : { fr: originator }),
      ...draft,
      rqi: draft.rqi ?? newRequestId(),
    };
  }

  private refusalOf({ rqi }: RequestPrimitive): DeviceError | undefined {
    if (this.closed !== undefined) return this.closed;
    if (this.pending.size >= MOST_PENDING) {
      const text = `${MOST_PENDING} requests are waiting for an answer already; this one was not sent`;
      return new DeviceError(ErrorCode.QUEUE_FULL, text);
    }
    if (rqi === '' || this.pending.has(rqi)) {
      const text = `msg.onem2m.rqi must be unique among the requests under way, got "${rqi}"`;
      return new DeviceError(ErrorCode.BAD_MESSAGE, text);
    }
    return undefined;
  }

  private mayLeave({ isPoll }: Pending): boolean {
    if (!this.isUp || this.closed !== undefined) return false;
    if (isPoll || this.options.isExclusive?.() !== true) return true;
    return ![...this.pending.values()].some((other) => !other.isPoll && other.state !== 'waiting');
  }

  private sendWaiting(): void {
    for (const pending of [...this.pending.values()]) {
      if (pending.state === 'waiting' && this.mayLeave(pending)) this.send(pending);
    }
  }

  private send(pending: Pending): void {
    const { request, how, controller } = pending;
    pending.state = 'sending';
    const onSetback = (error: DeviceError): void => void (pending.setback = error);
    const options = { signal: controller.signal, onSetback, ...how };
    this.options.sender.send(request, options).then(
      () => {
        pending.state = 'sent';
        if (request.rt?.rtv === NO_RESPONSE) pending.settle({ rsc: ACCEPTED, rqi: request.rqi });
      },
      (error: unknown) => this.onNotSent(pending, toDeviceError(error, ErrorCode.LINK_LOST)),
    );
  }

  /** What did not leave because the link went waits for the next one; anything else is final. */
  private onNotSent(pending: Pending, error: DeviceError): void {
    const isLink = error.code === ErrorCode.LINK_LOST || error.code === ErrorCode.CONNECT_FAILED;
    if (isLink && !this.isUp && this.closed === undefined) pending.state = 'waiting';
    else pending.settle(error);
  }

  private timeUp({ request, state, setback }: Pending, timeoutMs: number): DeviceError {
    const what = `${nameOf(request)} ${request.to}`;
    if (state === 'sending' && setback !== undefined) {
      return new DeviceError(setback.code, `${what} did not get through: ${setback.message}`, adviceOf(setback));
    }
    if (state === 'waiting') {
      const reason = this.lastLoss?.message ?? (this.isUp ? UNANSWERED : 'there is no connection yet');
      return new DeviceError(ErrorCode.LINK_LOST, `${what} was not sent within ${timeoutMs} ms: ${reason}`);
    }
    const effect = isHarmless(request) ? '' : '; it may have taken effect';
    const advice = this.options.timeoutAdvice?.();
    return new DeviceError(
      ErrorCode.TIMEOUT,
      `no answer to ${what} within ${timeoutMs} ms${effect}`,
      advice === undefined ? {} : { advice },
    );
  }

  private onUp(): void {
    this.lastLoss = undefined;
    this.sendWaiting();
    this.events.emit('up');
  }

  private onDown(error: DeviceError): void {
    this.lastLoss = error;
    this.events.emit('down', error);
  }

  private onResponse(response: ResponsePrimitive, traits: PeerTraits): void {
    const pending = this.pending.get(response.rqi);
    if (pending !== undefined) {
      const isUnasked = pending.request.rt?.rtv === NO_RESPONSE && isSuccess(response.rsc);
      pending.settle(isUnasked ? { rsc: ACCEPTED, rqi: response.rqi } : response);
      this.events.emit('answer', response, traits);
      return;
    }
    const what = this.givenUp.get(response.rqi);
    if (what === 'request' || what === 'poll') {
      this.givenUp.set(response.rqi, 'answered');
      if (what === 'request' || isSuccess(response.rsc)) this.events.emit('late', response);
    } else {
      // Repeated, or for somebody else with the same originator: none of our business, but worth a look when debugging.
      this.options.ports.log.debug(`An answer without a request: ${response.rqi}, status ${response.rsc}`);
      if (response.rqi === this.lastAnswered) this.events.emit('answer', response, traits);
    }
  }

  private onMalformed({ reason, rqi }: MalformedPrimitive): void {
    const error = new DeviceError(ErrorCode.BAD_RESPONSE, reason);
    const pending = rqi === undefined ? undefined : this.pending.get(rqi);
    if (pending !== undefined) pending.settle(error);
    else this.events.emit('problem', error);
  }
}

const adviceOf = ({ advice }: DeviceError): { advice?: string } => (advice === undefined ? {} : { advice });

const howOf = ({
  registration,
  serialization,
}: ExchangeOptions): Pick<SendOptions, 'registration' | 'serialization'> => ({
  ...(registration === undefined ? {} : { registration }),
  ...(serialization === undefined ? {} : { serialization }),
});

const isHarmless = ({ op }: RequestPrimitive): boolean => op === OPERATIONS.retrieve;

function nameOf({ op }: RequestPrimitive): string {
  const entry = Object.entries(OPERATIONS).find(([, code]) => code === op);
  return (entry?.[0] ?? `operation ${op}`).toUpperCase();
}
