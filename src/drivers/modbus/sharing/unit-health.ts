import { DeviceError, ErrorCode } from '../../../base/errors';

/** What usually helps where a unit does not answer. */
export const silenceAdvice = (unit: number): string =>
  unit === 0
    ? 'behind a gateway unit 0 is broadcast, which nobody answers: give all its properties the access mode WriteOnly, or set workerID'
    : 'check workerID, and that the unit is on';

const FIRST_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 30_000;
/** One lost answer happens; from the second in a row on, a unit counts as silent. */
const SILENT_FROM = 2;

/** How one unit has been answering lately. A silent unit is left alone for a pause that doubles from 1 s to 30 s. */
export class UnitHealth {
  private failures = 0;
  private hasAnswered = false;
  private pausedUntil = 0;

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

  answered(): void {
    this.hasAnswered = true;
    this.failures = 0;
    this.pausedUntil = 0;
  }

  /** No answer, or a gateway's word that there is none. `now` in ms. */
  unanswered(now: number): void {
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
