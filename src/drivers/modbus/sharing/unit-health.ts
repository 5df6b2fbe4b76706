import { DeviceError, ErrorCode } from '../../../base/errors';
import { isSameRead, type ModbusRequest, type ReadRequest } from '../pdu/request';

/** What usually helps where a unit does not answer. */
export const silenceAdvice = (unit: number): string =>
  unit === 0
    ? 'behind a gateway unit 0 is broadcast, which nobody answers: give all its properties the access mode WriteOnly, or set workerID'
    : 'check workerID, and that the unit is on';

const FIRST_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 30_000;
/** One lost answer happens; from the second in a row on, a unit counts as silent. */
const SILENT_FROM = 2;

/** Requests kept that the unit answered last; two, so that there is one beside the request that was just not answered. */
const MAX_WITNESSES = 2;

/**
 * How one unit has been answering lately. A silent unit is left alone for a pause that doubles from 1 s to 30 s.
 *
 * There are units that do not answer for some registers, so silence alone does not show that a unit is away: what it answered
 * last is a witness that shows it.
 */
export class UnitHealth {
  private failures = 0;
  private hasAnswered = false;
  private pausedUntil = 0;
  private answerCount = 0;
  private failureCount = 0;
  /** Latest first. */
  private witnesses: readonly ReadRequest[] = [];
  private lastUnanswered: ModbusRequest | undefined;

  constructor(readonly unit: number) {}

  /** It has been heard of, and answered the last request it got. */
  get isAnswering(): boolean {
    return this.hasAnswered && this.failures === 0;
  }

  /** The last request was not answered. */
  get isSuspect(): boolean {
    return this.failures > 0;
  }

  get isSilent(): boolean {
    return this.failures >= SILENT_FROM;
  }

  /** How many requests it has answered. */
  get answers(): number {
    return this.answerCount;
  }

  /** Grows with each answer and each missing one: where it has grown since a request was sent, more is known than that one tells. */
  get verdicts(): number {
    return this.answerCount + this.failureCount;
  }

  /**
   * What to ask before `request` of a unit that did not answer the last one: without it, two registers that are silent by
   * themselves would pass for a unit that is away. Undefined where `request` shows as much, or nothing was ever answered.
   */
  witnessBefore(request: ModbusRequest): ReadRequest | undefined {
    const best = this.otherWitness ?? this.witnesses[0];
    return best === undefined || isSameRead(best, request) ? undefined : best;
  }

  /** What was answered lately and is not what was just not answered. */
  get otherWitness(): ReadRequest | undefined {
    const { lastUnanswered } = this;
    return this.witnesses.find((witness) => lastUnanswered === undefined || !isSameRead(witness, lastUnanswered));
  }

  /** `request`: where it was a read that gave values. */
  answered(request?: ReadRequest): void {
    this.answerCount++;
    this.hasAnswered = true;
    this.failures = 0;
    this.pausedUntil = 0;
    const [latest] = this.witnesses;
    if (request === undefined || (latest !== undefined && isSameRead(latest, request))) return;
    const others = this.witnesses.filter((witness) => !isSameRead(witness, request));
    this.witnesses = [request, ...others].slice(0, MAX_WITNESSES);
  }

  /** No answer, or a gateway's word that there is none. `now` in ms. */
  unanswered(now: number, request?: ModbusRequest): void {
    this.failureCount++;
    this.lastUnanswered = request;
    this.failures++;
    if (!this.isSilent) return;
    this.pausedUntil = now + Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.failures - SILENT_FROM));
  }

  /** A new link is a new chance; what was learned about the unit's silence stays, so that it holds up nobody again. */
  linkLost(): void {
    this.hasAnswered = false;
    this.pausedUntil = 0;
  }

  /** Why a request should not even be tried now; undefined when it should. */
  refusal(now: number): DeviceError | undefined {
    if (now >= this.pausedUntil) return undefined;
    // No count and no time: the same error again and again must be one.
    return new DeviceError(
      ErrorCode.TIMEOUT,
      `unit ${this.unit} did not answer several times in a row; it is tried again in a while`,
      { advice: silenceAdvice(this.unit) },
    );
  }
}
