import { pause } from '../../base/waiting';
import { isRecord, memberOf } from '../../base/records';
import { Backoff } from '../../base/backoff';
import { DeviceError, ErrorCode, toDeviceError } from '../../base/errors';
import type { Ports } from '../../base/ports';
import type { Exchange, RequestDraft } from './requester';
import type { IncomingRequest } from '../binding/binding';
import { readIncoming } from '../primitive/primitive-reader';
import {
  OPERATIONS,
  type MalformedPrimitive,
  type RequestPrimitive,
  type ResponsePrimitive,
} from '../primitive/primitives';
import { isSuccess, refusalOf } from '../primitive/status-codes';

export interface PollingChannelOptions {
  /** Of the channel's virtual child: `{pch}/pcu`. */
  readonly pcu: string;
  readonly ports: Ports;
  /**
   * Sends a request and settles with its answer. A poll carries `rqet` and is to be given longer than that (`waitMs` and the
   * time-out of any other request) before it counts as unanswered.
   */
  readonly exchange: (draft: RequestDraft, signal: AbortSignal) => Promise<Exchange>;
  /** How long the CSE may keep a poll open; default 30 s. */
  readonly waitMs?: number;
  readonly onRequest: (incoming: IncomingRequest) => void;
  readonly onMalformed: (malformed: MalformedPrimitive) => void;
  /** A poll failed; it is tried again. The channel is gone when its code is `ONEM2M_4004`. */
  readonly onProblem: (error: DeviceError) => void;
}

const WAIT_MS = 30_000;

/** An answer without a request that comes sooner than this was none that was waited for. */
const TOO_SOON_MS = 500;

/** The CSE kept the poll open, and nothing came. */
const REQUEST_TIMEOUT = 4008;

/** What one poll brought. */
type Outcome = 'requests' | 'nothing' | 'failure';

/**
 * Fetches requests from the polling channel of an AE that cannot be reached (TS-0001 9.6.21 and 9.6.22), one long poll after the
 * other, until `close`. A poll that fails, or comes back empty at once, is followed by a growing wait.
 */
export class PollingChannel {
  private readonly backoff: Backoff;
  private readonly closing = new AbortController();
  private loop: Promise<void> | undefined;

  constructor(private readonly options: PollingChannelOptions) {
    this.backoff = new Backoff(options.ports.random);
  }

  open(): void {
    this.loop ??= this.run();
  }

  /** Always resolves; nothing is asked for or handed over any more. */
  async close(): Promise<void> {
    this.closing.abort(new DeviceError(ErrorCode.CLOSED, 'the polling channel was closed'));
    await this.loop;
  }

  /** Never rejects. */
  private async run(): Promise<void> {
    while (!this.isClosed()) {
      const outcome = await this.poll();
      if (outcome === 'failure') await pause(this.options.ports.clock, this.backoff.next(), this.closing.signal);
      else this.backoff.reset();
    }
  }

  private async poll(): Promise<Outcome> {
    const { ports, pcu, waitMs = WAIT_MS } = this.options;
    const startedAt = ports.clock.now();
    try {
      const draft: RequestDraft = { op: OPERATIONS.retrieve, to: pcu, rqet: waitMs };
      const { request: poll, response } = await this.options.exchange(draft, this.closing.signal);
      if (this.isClosed()) return 'nothing';
      const isLate = ports.clock.now() - startedAt >= TOO_SOON_MS;
      if (response.rsc === REQUEST_TIMEOUT) return isLate ? 'nothing' : 'failure';
      if (!isSuccess(response.rsc)) {
        const refusal = refusalOf(response, `RETRIEVE of the polling channel ${pcu}`);
        if (refusal !== undefined) this.options.onProblem(refusal);
        return 'failure';
      }
      const requests = embeddedRequests(response.pc);
      for (const request of requests) this.hand(request, poll.rvi);
      return requests.length > 0 ? 'requests' : isLate ? 'nothing' : 'failure';
    } catch (error) {
      if (this.isClosed()) return 'nothing';
      const failure = toDeviceError(error, ErrorCode.BAD_RESPONSE);
      // A CSE that lets the poll go unanswered when its time is over.
      if (failure.code === ErrorCode.TIMEOUT && ports.clock.now() - startedAt >= waitMs) return 'nothing';
      this.options.onProblem(failure);
      return 'failure';
    }
  }

  /** `release`: of the poll; ACME names none in the requests, and yet wants one in the answers. */
  private hand(raw: unknown, release: string | undefined): void {
    if (this.isClosed()) return;
    const incoming = readIncoming(raw);
    switch (incoming.kind) {
      case 'malformed':
        this.options.onMalformed(incoming);
        return;
      case 'response':
        this.options.onMalformed({
          reason: 'a response came where a request was expected',
          rqi: incoming.response.rqi,
        });
        return;
      case 'request': {
        const { request } = incoming;
        const rvi = request.rvi ?? release;
        const answer = (response: ResponsePrimitive): Promise<void> =>
          this.answer(request, { ...(rvi === undefined ? {} : { rvi }), ...response });
        this.options.onRequest({ request, via: this.options.pcu, ...(request.rqi === '' ? {} : { answer }) });
      }
    }
  }

  /** An answer travels as a notification of its own. */
  private async answer(request: RequestPrimitive, response: ResponsePrimitive): Promise<void> {
    const { pcu } = this.options;
    const pc = { 'm2m:rsp': { ...response, rqi: request.rqi } };
    const outcome = await this.options.exchange({ op: OPERATIONS.notify, to: pcu, pc }, this.closing.signal);
    const refusal = refusalOf(outcome.response, `NOTIFY of an answer to the polling channel ${pcu}`);
    if (refusal !== undefined) throw refusal;
  }

  private isClosed(): boolean {
    return this.closing.signal.aborted;
  }
}

/**
 * The requests in the answer to a poll: one `m2m:rqp`, a list of them, or (`rqag`) a list in `m2m:agrp`. Each is still to be read.
 */
function embeddedRequests(pc: unknown): readonly unknown[] {
  const aggregated = memberOf(pc, 'm2m:agrp') ?? memberOf(pc, 'm2m:rqp');
  const list = isRecord(aggregated) && 'm2m:rqp' in aggregated ? aggregated['m2m:rqp'] : aggregated;
  if (Array.isArray(list)) return list;
  return isRecord(list) ? [list] : [];
}
