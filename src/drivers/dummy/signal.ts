import type { FieldReader } from '../../base/fields/fields';

/** How a value moves over time. */
export const SIGNAL_SHAPES = ['random', 'sine', 'ramp', 'step', 'constant'] as const;

export type SignalShape = (typeof SIGNAL_SHAPES)[number];

/**
 * The `signal` of a node or of one property:
 *
 * | field | meaning | default |
 * |---|---|---|
 * | `shape` | `random`: anew at each read; `sine`; `ramp`: from min to max, then back at once; `step`: half a period min, half max; `constant` | `random` |
 * | `period` | of sine, ramp and step; counted from the epoch, so that equal signals are in step | `1m` |
 * | `min`, `max` | both reached | 0 and 100; random: 0 to 999 for integers, 0 to 1 for floats, as Octopus has it |
 * | `value` | of `constant`; without it a random value is drawn once | |
 */
export interface Signal {
  readonly shape: SignalShape;
  /** > 0 */
  readonly periodMs: number;
  readonly min?: number;
  readonly max?: number;
  readonly value?: unknown;
}

/** Reads the fields of a signal; absent ones are those of `inherited`. */
export function readSignal(reader: FieldReader, inherited: Signal = DEFAULT_SIGNAL): Signal {
  const min = readLimit(reader, 'min') ?? inherited.min;
  const max = readLimit(reader, 'max') ?? inherited.max;
  const value = reader.given('value') ?? inherited.value;
  if (min !== undefined && max !== undefined && min > max)
    reader.fail('max', `must not be less than min (${min}), got ${max}`);
  return {
    shape: reader.oneOf('shape', SIGNAL_SHAPES, inherited.shape),
    periodMs: reader.given('period') === undefined ? inherited.periodMs : reader.duration('period', '1m', 1),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(value === undefined ? {} : { value }),
  };
}

/** Where the signal is between min (0) and max (1) at `now`; `random` is drawn only for the random shape. */
export function signalLevel({ shape, periodMs }: Signal, now: number, random: () => number): number {
  const phase = (now % periodMs) / periodMs;
  switch (shape) {
    case 'sine':
      return (1 + Math.sin(2 * Math.PI * phase)) / 2;
    case 'ramp':
      return phase;
    case 'step':
      return phase < 0.5 ? 0 : 1;
    case 'random':
    case 'constant':
      return random();
  }
}

export const DEFAULT_SIGNAL: Signal = { shape: 'random', periodMs: 60_000 };

const readLimit = (reader: FieldReader, name: string): number | undefined =>
  reader.given(name) === undefined ? undefined : reader.number(name, 0);
