import { toDeviceError, type DeviceError } from '../../../base/errors';
import type { Clock } from '../../../base/ports';
import type { DiscoverySpec } from '../model/config';
import type { AeLifeEvent } from '../model/messages';
import { Timers } from './timers';

export interface Discovered {
  readonly addresses: readonly string[];
  /** False: there may be more than the CSE was willing to list. */
  readonly isComplete: boolean;
}

export interface DiscoveryWatchOptions {
  readonly spec: DiscoverySpec;
  readonly clock: Clock;
  /** Whether the AE is registered: nothing is asked before. */
  readonly isReady: () => boolean;
  /** What matches at present. */
  readonly discover: (spec: DiscoverySpec) => Promise<Discovered>;
  readonly onEvent: (event: AeLifeEvent) => void;
  readonly onProblem: (error: DeviceError) => void;
}

/** Looks again and again for resources, and tells which have appeared and which are gone. One that fails changes nothing. */
export class DiscoveryWatch {
  private known = new Set<string>();
  private isClosed = false;
  private isLooking = false;
  private readonly timers: Timers<'next'>;

  constructor(private readonly options: DiscoveryWatchOptions) {
    this.timers = new Timers(options.clock);
  }

  /** Looks now, and from then on every interval. */
  async look(): Promise<void> {
    if (this.isClosed || this.isLooking) return;
    const { spec, isReady, discover, onProblem } = this.options;
    this.timers.set('next', spec.intervalMs, () => void this.look());
    if (!isReady()) return;
    this.isLooking = true;
    try {
      this.compare(await discover(spec));
    } catch (error) {
      onProblem(toDeviceError(error, 'BAD_RESPONSE', spec.name));
    } finally {
      this.isLooking = false;
    }
  }

  close(): void {
    this.isClosed = true;
    this.timers.clearAll();
  }

  /** What is missing in a list that was cut is not gone. */
  private compare({ addresses, isComplete }: Discovered): void {
    if (this.isClosed) return;
    const { spec, onEvent } = this.options;
    const present = new Set(addresses);
    const tell = (event: string, address: string): void =>
      onEvent({ event, payload: address, topic: address, details: { discovery: spec.name } });
    for (const address of present) if (!this.known.has(address)) tell('found', address);
    if (isComplete) for (const address of this.known) if (!present.has(address)) tell('gone', address);
    this.known = isComplete ? present : new Set([...this.known, ...present]);
  }
}
