import { unlessAborted } from '../../../base/waiting';
import { DeviceError, ErrorCode } from '../../../base/errors';
import { toOpcUaError } from './status-codes';

/** `OPCUA_...` codes by which a server says that a request or its answer was too large. */
const TOO_LARGE: ReadonlySet<string> = new Set([
  'OPCUA_BadTooManyOperations',
  'OPCUA_BadEncodingLimitsExceeded',
  'OPCUA_BadResponseTooLarge',
  'OPCUA_BadRequestTooLarge',
  'OPCUA_BadTcpMessageTooLarge',
]);

/** One outcome per item: the answer, or why there is none. */
export type Outcome<A> =
  { readonly ok: true; readonly answer: A } | { readonly ok: false; readonly error: DeviceError };

/**
 * One service (Read, Write, ...) in requests of as many items as the server takes: not more than its operation limit, and
 * half as many from the moment it says that a request was too large.
 */
export class Batches {
  private size: number;

  constructor(
    /** From the server's operation limits; at least 1. */
    limit: number,
    private readonly what: string,
  ) {
    this.size = Math.max(1, limit);
  }

  /**
   * One outcome per item, in order. Rejects only when the link is lost, or the signal aborted.
   * `call` answers one item per item given.
   */
  async run<I, A>(
    items: readonly I[],
    signal: AbortSignal,
    call: (items: I[]) => Promise<readonly A[]>,
  ): Promise<Outcome<A>[]> {
    const outcomes: Outcome<A>[] = [];
    const { size } = this;
    while (outcomes.length < items.length) {
      const batch = items.slice(outcomes.length, outcomes.length + this.size);
      try {
        const answers = await unlessAborted(call(batch), signal, this.what);
        outcomes.push(...batch.map((_, index) => this.outcomeOf(answers[index])));
      } catch (error) {
        if (signal.aborted) throw error;
        const reason = toOpcUaError(error, this.what);
        if (isLinkError(reason)) throw reason;
        if (!TOO_LARGE.has(reason.code) || batch.length === 1) {
          // One that is too large by itself says nothing about how many of the others fit.
          if (TOO_LARGE.has(reason.code)) this.size = size;
          outcomes.push(...batch.map(() => ({ ok: false as const, error: reason })));
        } else {
          this.size = Math.ceil(batch.length / 2);
        }
      }
    }
    return outcomes;
  }

  private outcomeOf<A>(answer: A | undefined): Outcome<A> {
    if (answer !== undefined) return { ok: true, answer };
    return {
      ok: false,
      error: new DeviceError(ErrorCode.BAD_RESPONSE, `${this.what}: the server answered too few results`),
    };
  }
}

/** Nobody answered, or the connection is gone: what the server thinks of single nodes is unknown. */
export const isLinkError = ({ code }: DeviceError): boolean =>
  code === ErrorCode.LINK_LOST || code === ErrorCode.TIMEOUT || code === ErrorCode.CONNECT_FAILED;
