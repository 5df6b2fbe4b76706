import { memberOf } from '../../base/records';
import { DeviceError, ErrorCode } from '../../base/errors';
import type { Clock } from '../../base/ports';
import type { Exchange, RequestDraft } from './requester';
import type { Client, ExchangeOptions } from './client';
import { OPERATIONS, type ResponsePrimitive } from '../primitive/primitives';
import { newRequestId } from '../primitive/request-id';

export interface NonBlockingOptions {
  readonly client: Pick<Client, 'exchange'>;
  readonly clock: Clock;
  /** How long the result of an accepted request is waited for, ms. */
  readonly resultTimeoutMs: number;
}

/** Between two looks at a request resource: a quick answer comes quickly, a slow one costs little. ms */
const FIRST_LOOK_MS = 100;
const LAST_LOOK_MS = 5000;

const ACCEPTED = 1000;
const ACCEPTED_SYNCHRONOUS = 1001;
const ACCEPTED_ASYNCHRONOUS = 1002;

/** `rs` of a request resource (TS-0004 6.3.4.2.7). */
const COMPLETED = 1;
const FAILED = 2;

/**
 * Requests whose answer is only "accepted" (`rt`, TS-0001 8.2.2), as if they were answered at once: the request resource of a
 * synchronous one is looked at until it is done, the notification with the result of an asynchronous one is waited for.
 */
export class NonBlocking {
  private readonly awaited = new Map<string, (result: ResponsePrimitive) => void>();

  constructor(private readonly options: NonBlockingOptions) {}

  /** As Client.exchange; `response` is the final result, and `durationMs` the time until then. */
  exchange(draft: RequestDraft, options: ExchangeOptions = {}): Promise<Exchange> {
    const rtv = draft.rt?.rtv ?? 3;
    return rtv === 3 || rtv === 5 ? this.options.client.exchange(draft, options) : this.follow(draft, rtv, options);
  }

  private async follow(draft: RequestDraft, rtv: 1 | 2 | 4, options: ExchangeOptions): Promise<Exchange> {
    const { client } = this.options;
    const rqi = draft.rqi ?? newRequestId();
    // The result may overtake the answer that announces it.
    let take: (result: ResponsePrimitive) => void = () => undefined;
    const result = new Promise<ResponsePrimitive>((resolve) => (take = resolve));
    this.awaited.set(rqi, take);
    try {
      const exchange = await client.exchange({ ...draft, rqi }, options);
      const { rsc, pc } = exchange.response;
      const isElsewhere = (draft.rt?.nu?.length ?? 0) > 0;
      if (rsc === ACCEPTED_SYNCHRONOUS || (rsc === ACCEPTED && rtv === 1))
        return await this.poll(exchange, pc, options);
      if (rsc !== ACCEPTED_ASYNCHRONOUS || isElsewhere) return exchange;
      return await this.within(exchange, result, options.signal);
    } finally {
      this.awaited.delete(rqi);
    }
  }

  /** A result that was notified (`m2m:rsp`); false if nobody waits for it. */
  take(result: ResponsePrimitive): boolean {
    const take = this.awaited.get(result.rqi);
    take?.(result);
    return take !== undefined;
  }

  private async poll(accepted: Exchange, pc: unknown, options: ExchangeOptions): Promise<Exchange> {
    const uri = uriOf(pc);
    if (uri === undefined) {
      const text = `the CSE accepted the request ${accepted.request.to}, but does not say where its result will be`;
      throw new DeviceError(ErrorCode.BAD_RESPONSE, text);
    }
    const { client, clock, resultTimeoutMs } = this.options;
    const startedAt = clock.now();
    for (let pause = FIRST_LOOK_MS; ; pause = Math.min(pause * 2, LAST_LOOK_MS)) {
      const look = await client.exchange({ op: OPERATIONS.retrieve, to: uri }, options);
      const response = resultOf(look.response, accepted.request.rqi);
      if (response !== undefined) return done(accepted, response, startedAt, clock);
      if (clock.now() + pause - startedAt > resultTimeoutMs) throw noResult(accepted, resultTimeoutMs);
      await this.pause(pause, options.signal);
    }
  }

  private async within(
    accepted: Exchange,
    result: Promise<ResponsePrimitive>,
    signal: AbortSignal | undefined,
  ): Promise<Exchange> {
    const { clock, resultTimeoutMs } = this.options;
    const startedAt = clock.now();
    const stop = new AbortController();
    const onAbort = (): void => stop.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const response = await Promise.race([result, this.pause(resultTimeoutMs, stop.signal)]);
      if (response === undefined) throw noResult(accepted, resultTimeoutMs);
      return done(accepted, response, startedAt, clock);
    } finally {
      signal?.removeEventListener('abort', onAbort);
      stop.abort();
    }
  }

  /** Rejects with the signal's reason. */
  private pause(ms: number, signal: AbortSignal | undefined): Promise<undefined> {
    const { clock } = this.options;
    const pause = new Promise<undefined>((resolve, reject) => {
      const onAbort = (): void => {
        clock.clearTimeout(timer);
        reject(signal?.reason instanceof Error ? signal.reason : new DeviceError(ErrorCode.CLOSED, 'cancelled'));
      };
      const timer = clock.setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve(undefined);
      }, ms);
      if (signal?.aborted === true) onAbort();
      else signal?.addEventListener('abort', onAbort, { once: true });
    });
    // One that has lost a race is nobody's any more.
    pause.catch(() => undefined);
    return pause;
  }
}

function done(accepted: Exchange, response: ResponsePrimitive, startedAt: number, clock: Clock): Exchange {
  return { ...accepted, response, durationMs: accepted.durationMs + clock.now() - startedAt };
}

function noResult({ request }: Exchange, timeoutMs: number): DeviceError {
  const text = `the CSE accepted the request ${request.to}, but there was no result within ${timeoutMs} ms`;
  return new DeviceError(ErrorCode.TIMEOUT, `${text}; it may have taken effect`);
}

function uriOf(pc: unknown): string | undefined {
  const uri = memberOf(pc, 'm2m:uri');
  return typeof uri === 'string' && uri !== '' ? uri : undefined;
}

/** The result that a request resource holds; undefined while it is pending. What is no request resource is the result itself. */
function resultOf(look: ResponsePrimitive, rqi: string): ResponsePrimitive | undefined {
  const resource = memberOf(look.pc, 'm2m:req');
  if (resource === undefined) return look;
  const status = Number(memberOf(resource, 'rs'));
  const result = memberOf(resource, 'ors');
  if (typeof result === 'object' && result !== null && Number.isInteger(Number(memberOf(result, 'rsc')))) {
    if (status !== COMPLETED && status !== FAILED) return undefined;
    return { ...result, rsc: Number(memberOf(result, 'rsc')), rqi };
  }
  return status === FAILED ? { rsc: 5000, rqi } : status === COMPLETED ? { rsc: 2000, rqi } : undefined;
}
