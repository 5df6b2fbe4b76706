import type { DeviceError } from '../../../src/base/errors.ts';

/** What became of numbered requests. Each is told here when it settles, as often as it settles. */
export class Outcomes {
  readonly ok: number[] = [];
  readonly failed = new Map<number, DeviceError>();
  /** How often each one settled. */
  private readonly times = new Map<number, number>();

  succeeded(index: number): void {
    this.count(index);
    this.ok.push(index);
  }

  rejected(index: number, error: DeviceError): void {
    this.count(index);
    this.failed.set(index, error);
  }

  get settled(): number {
    return this.times.size;
  }

  /** Those that settled more than once. */
  get repeated(): number[] {
    return [...this.times].filter(([, times]) => times > 1).map(([index]) => index);
  }

  withCode(code: string): number[] {
    return [...this.failed].filter(([, error]) => error.code === code).map(([index]) => index);
  }

  /** How many of each code. */
  codes(): Record<string, number> {
    const codes: Record<string, number> = {};
    for (const { code } of this.failed.values()) codes[code] = (codes[code] ?? 0) + 1;
    return codes;
  }

  private count(index: number): void {
    this.times.set(index, (this.times.get(index) ?? 0) + 1);
  }
}

/** Runs `run` for 0 ... `count` - 1, so many at a time. */
export async function inParallel(count: number, atOnce: number, run: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) await run(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}
