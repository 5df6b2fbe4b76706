import type { Clock, Logger, Ports, TimerHandle } from '../../../src/base/ports.ts';

interface FakeTimer {
  readonly at: number;
  readonly delayMs: number;
  readonly callback: () => void;
}

const realSetImmediate = setImmediate;

/** Lets every promise reaction that is due run, and those they cause, without moving any clock. */
export async function flushMicrotasks(): Promise<void> {
  await new Promise<void>((resolve) => realSetImmediate(resolve));
}

/**
 * A clock that moves only when told to. Timers run in the order of their due time (equal times: in the order they were
 * set), and between two timers all promise reactions run, as they would in real life.
 */
export class FakeClock implements Clock {
  private time: number;
  private nextId = 1;
  private readonly timers = new Map<number, FakeTimer>();

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.time = start;
  }

  now(): number {
    return this.time;
  }

  setTimeout(callback: () => void, delayMs: number): TimerHandle {
    const id = this.nextId++;
    this.timers.set(id, { at: this.time + Math.max(0, delayMs), delayMs, callback });
    return id;
  }

  clearTimeout(handle: TimerHandle): void {
    this.timers.delete(handle as number);
  }

  /** The delays, as they were asked for, of the timers that have neither fired nor been cleared; oldest first. */
  get pending(): readonly number[] {
    return [...this.timers.values()].map((timer) => timer.delayMs);
  }

  /** Moves time forward by `ms` and runs all that falls due, also what is newly set on the way. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    await flushMicrotasks();
    for (let due = this.nextDue(end); due !== undefined; due = this.nextDue(end)) {
      const [id, timer] = due;
      this.timers.delete(id);
      this.time = Math.max(this.time, timer.at);
      timer.callback();
      await flushMicrotasks();
    }
    this.time = end;
  }

  /** Runs what is due now, without moving time. */
  async settle(): Promise<void> {
    await this.advance(0);
  }

  private nextDue(end: number): [number, FakeTimer] | undefined {
    let first: [number, FakeTimer] | undefined;
    for (const entry of this.timers) {
      if (entry[1].at <= end && (first === undefined || entry[1].at < first[1].at)) first = entry;
    }
    return first;
  }
}

/** A logger that keeps its lines, each with the level before it: `warn: ...`. */
export class MemoryLog implements Logger {
  readonly lines: string[] = [];
  debug = (message: string): void => void this.lines.push(`debug: ${message}`);
  info = (message: string): void => void this.lines.push(`info: ${message}`);
  warn = (message: string): void => void this.lines.push(`warn: ${message}`);
  error = (message: string): void => void this.lines.push(`error: ${message}`);
}

/** Ports with a fake clock, a log that is kept, and no jitter (`random` always answers 0). */
export function fakePorts(random: () => number = () => 0): Ports & { clock: FakeClock; log: MemoryLog } {
  return { clock: new FakeClock(), log: new MemoryLog(), random };
}
