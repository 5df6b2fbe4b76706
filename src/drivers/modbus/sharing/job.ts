import { DeviceError, ErrorCode } from '../../../base/errors';
import { whenAborted } from '../../../base/abort-listeners';
import type { ModbusRequest, ReadRequest } from '../pdu/request';

/** A device on the shared connection. */
export interface Sharer {
  /** Unit id, 0-255. */
  readonly unit: number;
  /**
   * Requests in flight on the connection that this device's server can bear; the smallest of all sharers counts. `auto`: as many
   * as it turns out to answer.
   */
  readonly pipelining: number | 'auto';
  /** How often it is read; ms. */
  readonly intervalMs?: number;
}

/** A request of one device, from being asked for until it is settled. */
export class Job {
  /** Resolves with the bytes read. */
  readonly answer: Promise<Uint8Array>;
  private resolve: (bytes: Uint8Array) => void = () => undefined;
  private reject: (reason: Error) => void = () => undefined;
  private stopListening: () => void = () => undefined;
  private settled = false;
  /** It was sent once before, and got no answer through no fault of its own. */
  isRepeated = false;
  /** So often it was sent again because it, or its answer, may have been lost on the way. */
  losses = 0;

  constructor(
    readonly sharer: Sharer,
    readonly request: ModbusRequest,
    readonly options: JobOptions,
  ) {
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    const { signal } = options;
    if (signal.aborted) this.fail(reasonOf(signal));
    else this.stopListening = whenAborted(signal, () => this.fail(reasonOf(signal)));
  }

  get unit(): number {
    return this.sharer.unit;
  }

  /** Nobody waits for it any more. */
  get isSettled(): boolean {
    return this.settled;
  }

  succeed(bytes: Uint8Array): void {
    if (this.settle()) this.resolve(bytes);
  }

  fail(reason: Error): void {
    if (this.settle()) this.reject(reason);
  }

  private settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    this.stopListening();
    return true;
  }
}

export interface JobOptions {
  /** For the answer, from sending on; ms. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Sent even in the pause of a silent unit: somebody wants to know whether it is back. */
  readonly probe?: boolean;
  /** Nobody waits for it: only whether it is answered counts. */
  readonly isCheck?: boolean;
  /** Nobody answers it: it is done when the operating system has taken it. */
  readonly isBroadcast?: boolean;
}

const reasonOf = ({ reason }: AbortSignal): Error =>
  reason instanceof Error ? reason : new DeviceError(ErrorCode.CLOSED, 'the operation was cancelled');

/** A request of our own, for which nobody waits. */
export function checkOf(sharer: Sharer, request: ReadRequest, timeoutMs: number): Job {
  const check = new Job(sharer, request, { timeoutMs, signal: new AbortController().signal, isCheck: true });
  check.answer.catch(() => undefined);
  return check;
}
