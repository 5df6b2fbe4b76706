import { DeviceError, ErrorCode } from '../../../base/errors';
import type { Clock } from '../../../base/ports';
import { pause } from '../../../base/waiting';
import type { Client, ExchangeOptions } from '../../exchange/client';
import { OPERATIONS } from '../../primitive/primitives';
import { unwrap } from '../../resource/resource-types';
import { isSuccess } from '../../primitive/status-codes';
import type { AeConfig } from '../model/config';
import type { Peer } from './peer';
import type { Exchange, RequestDraft } from '../../exchange/requester';

export interface HiddenErrorsOptions {
  readonly client: Pick<Client, 'exchange'>;
  readonly peer: Pick<Peer, 'profile'>;
  readonly config: Pick<AeConfig, 'cse' | 'ae' | 'timeoutMs'>;
  readonly clock: Clock;
}

/** How long is waited for what tells why there was no answer, ms. */
const LOOK_MS = 3000;

/** How much longer than for its CSEBase, which it was asked for later, the CSE may take for what is there, ms. */
const GRACE_MS = 500;
/** So long what was seen is not looked for again, ms. */
const SEEN_MS = 30_000;
const MOST_SEEN = 1000;

/** The answer that the CSE did not send; undefined where none can be told. */
type Explanation = (options: ExchangeOptions) => Promise<Exchange | undefined>;

const NOT_FOUND = 4004;
const CONFLICT = 4105;

/**
 * Finds out why some requests were not answered where the CSE never sends an error (OpenMTC over MQTT, docs/facts/onem2m.md#nine-facts, 7):
 * what is to be created may exist already, or its parent be missing; the AE may have been forgotten. Such a request is answered
 * with the status code it should have had. One that stays unexplained rejects with TIMEOUT, like any other.
 */
export class HiddenErrors {
  /** After one thing that existed already, others will: to see that at once saves the time of a request without an answer. */
  private looksFirst = false;
  /** When resources were there last, by address. */
  private readonly seen = new Map<string, number>();

  constructor(private readonly options: HiddenErrorsOptions) {}

  /** As Client.exchange. */
  exchange(draft: RequestDraft, options: ExchangeOptions = {}): Promise<Exchange> {
    const { client, peer } = this.options;
    const explain = peer.profile.hidesErrors ? this.explanationOf(draft) : undefined;
    return explain === undefined ? client.exchange(draft, options) : this.explained(draft, explain, options);
  }

  private async explained(draft: RequestDraft, explain: Explanation, options: ExchangeOptions): Promise<Exchange> {
    const { client } = this.options;
    if (draft.op === OPERATIONS.create || draft.op === OPERATIONS.delete) {
      const isFirst = this.looksFirst && draft.op === OPERATIONS.create;
      const known = isFirst ? await this.foundFirst(draft, options) : undefined;
      const refusal = known ?? (await this.missingTarget(draft, options));
      if (refusal !== undefined) return refusal;
    }
    try {
      const exchange = await client.exchange(draft, options);
      this.learn(draft, exchange.response.rsc);
      return exchange;
    } catch (error) {
      if (!(error instanceof DeviceError) || error.code !== ErrorCode.TIMEOUT) throw error;
      this.seen.delete(draft.to);
      const answer = await explain(options);
      if (answer === undefined) throw error;
      return answer;
    }
  }

  /** What could tell why this request has no answer; undefined for one that nothing is known to do about. */
  private explanationOf(draft: RequestDraft): Explanation | undefined {
    const { cse, ae } = this.options.config;
    if (draft.op === OPERATIONS.create) return (options) => this.whyNotCreated(draft, options);
    if (draft.op === OPERATIONS.delete) return (options) => this.whyNotDeleted(draft, options);
    if (draft.op !== OPERATIONS.retrieve || draft.to !== `${cse.base}/${ae.name}`) return undefined;
    return async (options) => {
      const base = await this.look(cse.base, options);
      return base === undefined ? undefined : refused(draft, base, NOT_FOUND);
    };
  }

  /**
   * The refusal of what is to be created, or deleted, where there is nothing. Of the target itself there is silence then, which takes its
   * time to be told from a slow answer; the CSEBase, asked for after it, is answered in any case, and soon after that it is told.
   */
  private async missingTarget(draft: RequestDraft, options: ExchangeOptions): Promise<Exchange | undefined> {
    const { to: target } = draft;
    const { config, clock } = this.options;
    // What is to be deleted may be gone however lately it was there.
    const seenAt = draft.op === OPERATIONS.delete ? undefined : this.seen.get(target);
    // Another CSE may be far away.
    if (
      target === config.cse.base ||
      target.startsWith('/') ||
      (seenAt !== undefined && clock.now() - seenAt < SEEN_MS)
    )
      return undefined;
    const enough = new AbortController();
    const signal = options.signal === undefined ? enough.signal : AbortSignal.any([options.signal, enough.signal]);
    try {
      const found = this.look(target, { signal });
      const base = this.look(config.cse.base, { signal }).then(async (answer) => {
        if (answer !== undefined) await pause(clock, GRACE_MS + 2 * answer.durationMs, signal);
        return answer;
      });
      const first = await Promise.race([
        found.then((answer) => answer ?? base),
        base.then((answer) => answer ?? found),
      ]);
      if (options.signal?.aborted === true) return undefined;
      if (first === undefined || first.request.to === config.cse.base) return first && refused(draft, first, NOT_FOUND);
      this.note(target);
      return undefined;
    } finally {
      enough.abort(new DeviceError(ErrorCode.CLOSED, 'it is known by now'));
    }
  }

  private learn(draft: RequestDraft, rsc: number): void {
    if (draft.op === OPERATIONS.delete) this.seen.delete(draft.to);
    if (draft.op !== OPERATIONS.create || !(isSuccess(rsc) || rsc === CONFLICT)) return;
    this.note(draft.to);
    const address = addressOf(draft);
    if (address !== undefined) this.note(address);
  }

  private note(address: string): void {
    if (this.seen.size >= MOST_SEEN) this.seen.clear();
    this.seen.set(address, this.options.clock.now());
  }

  private async whyNotCreated(draft: RequestDraft, options: ExchangeOptions): Promise<Exchange | undefined> {
    const address = addressOf(draft);
    const [resource, parent, base] = await Promise.all([
      address === undefined ? undefined : this.look(address, options),
      this.look(draft.to, options),
      this.look(this.options.config.cse.base, options),
    ]);
    if (resource !== undefined) {
      this.looksFirst = true;
      return refused(draft, resource, CONFLICT);
    }
    // Without a sign of life from anywhere nothing is known.
    return parent === undefined && base !== undefined ? refused(draft, base, NOT_FOUND) : undefined;
  }

  private async whyNotDeleted(draft: RequestDraft, options: ExchangeOptions): Promise<Exchange | undefined> {
    const [resource, base] = await Promise.all([
      this.look(draft.to, options),
      this.look(this.options.config.cse.base, options),
    ]);
    return resource === undefined && base !== undefined ? refused(draft, base, NOT_FOUND) : undefined;
  }

  private async foundFirst(draft: RequestDraft, options: ExchangeOptions): Promise<Exchange | undefined> {
    const address = addressOf(draft);
    const found = address === undefined ? undefined : await this.look(address, options);
    if (address !== undefined && found === undefined) this.looksFirst = false;
    return found === undefined ? undefined : refused(draft, found, CONFLICT);
  }

  private async look(to: string, { signal }: ExchangeOptions): Promise<Exchange | undefined> {
    const { client, config } = this.options;
    try {
      const draft = { op: OPERATIONS.retrieve, to };
      const timeoutMs = Math.min(LOOK_MS, config.timeoutMs);
      const exchange = await client.exchange(draft, { signal, timeoutMs, isPoll: true });
      return isSuccess(exchange.response.rsc) ? exchange : undefined;
    } catch {
      return undefined;
    }
  }
}

/** Of the resource that is to be created; undefined where the CSE would name it. */
function addressOf({ to, pc }: RequestDraft): string | undefined {
  const { rn } = (unwrap(pc)?.representation ?? {}) as Readonly<Record<string, unknown>>;
  return typeof rn === 'string' ? `${to}/${rn}` : undefined;
}

/** The answer that `draft` should have had; `look` is what told so. */
function refused(draft: RequestDraft, { request, durationMs }: Exchange, rsc: number): Exchange {
  const { rqi, fr, rvi } = request;
  const asked = { rqi, ...(fr === undefined ? {} : { fr }), ...(rvi === undefined ? {} : { rvi }), ...draft };
  return { request: { ...asked, rqi: draft.rqi ?? rqi }, response: { rsc, rqi: draft.rqi ?? rqi }, durationMs };
}
