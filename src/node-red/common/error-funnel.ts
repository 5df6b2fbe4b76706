import type { Node } from 'node-red';
import type { DeviceError } from '../../base/errors';
import { systemClock, type Clock, type TimerHandle } from '../../base/ports';
import { problemKind } from '../../base/problem-kind';
import { toFlowError } from './flow-error';

/** Distinct errors remembered; the oldest is forgotten first. */
const REMEMBERED = 50;
/** How long trouble has to stay away until the same is news again, in milliseconds. */
const CALM_MS = 5 * 60_000;
/** How often trouble is told that comes and goes within that time: the second time shows that it was not a single event. */
const TOLD = 2;

interface Remembered {
  readonly source: string;
  readonly message: string;
  /** How often it came after it was over. */
  relapses: number;
  /** Since it was told last. */
  repeats: number;
  /** When it was over, in milliseconds since the epoch; absent while it lasts. */
  overSince?: number;
  calm?: TimerHandle;
}

/**
 * The one way by which errors that no message caused leave a node: to Catch nodes, and to the log where none catches them.
 * The same error is told once, whatever counters and times are in its text; its repeats are counted, and the count is
 * logged when the trouble is over. Trouble that comes and goes is over once it has stayed away for five minutes.
 */
export class ErrorFunnel {
  private readonly seen = new Map<string, Remembered>();

  /** `context` is what the message of a Catch node holds besides `error`: who it was. */
  constructor(
    private readonly node: Node,
    private readonly context: () => Record<string, unknown> = () => ({}),
    private readonly clock: Clock = systemClock,
  ) {}

  /** `source` groups errors that end together (`device`, `mqtt`). Answers whether it was news. */
  report(source: string, error: DeviceError): boolean {
    if (!this.isNews(source, error)) return false;
    this.node.error(toFlowError(error), this.context());
    return true;
  }

  /** As `report`, where somebody else tells it: for a message that could not be handled as little as the one before. */
  isNews(source: string, { code, message }: Pick<DeviceError, 'code' | 'message'>): boolean {
    const key = `${source} ${code} ${problemKind(message)}`;
    const known = this.seen.get(key);
    if (known !== undefined && this.isKnown(known)) return false;
    if (known === undefined) this.remember(key, { source, message, relapses: 0, repeats: 0 });
    return true;
  }

  /** The trouble of this source is over. */
  recovered(source: string): void {
    const now = this.clock.now();
    for (const [key, entry] of this.seen) {
      if (entry.source !== source || entry.overSince !== undefined) continue;
      entry.overSince = now;
      if (entry.relapses < TOLD) this.tellOver(entry);
      else entry.calm = this.clock.setTimeout(() => this.forget(key, entry), CALM_MS);
    }
  }

  close(): void {
    for (const { calm } of this.seen.values()) this.clock.clearTimeout(calm);
    this.seen.clear();
  }

  /** Whether one that was told before is not to be told now. */
  private isKnown(entry: Remembered): boolean {
    const { overSince } = entry;
    if (overSince === undefined) {
      entry.repeats += 1;
      return true;
    }
    delete entry.overSince;
    this.clock.clearTimeout(entry.calm);
    entry.relapses = this.clock.now() - overSince < CALM_MS ? entry.relapses + 1 : 0;
    if (entry.relapses < TOLD) {
      entry.repeats = 0;
      return false;
    }
    entry.repeats += 1;
    if (entry.relapses === TOLD) {
      const minutes = CALM_MS / 60_000;
      this.node.warn(
        `${entry.message}: comes and goes, and is told again once it has stayed away for ${minutes} minutes`,
      );
    }
    return true;
  }

  private remember(key: string, entry: Remembered): void {
    if (this.seen.size >= REMEMBERED) {
      const [oldest] = this.seen;
      if (oldest !== undefined) this.forget(...oldest);
    }
    this.seen.set(key, entry);
  }

  private forget(key: string, entry: Remembered): void {
    this.clock.clearTimeout(entry.calm);
    this.seen.delete(key);
    if (entry.relapses >= TOLD) this.tellOver(entry);
  }

  private tellOver({ repeats, message }: Remembered): void {
    if (repeats > 0) this.node.log(`Over, after ${repeats} more times: ${message}`);
  }
}
