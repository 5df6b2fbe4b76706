import { DeviceError, ErrorCode } from '../../base/errors';
import { show } from '../../base/fields/fields';
import type { Clock, TimerHandle } from '../../base/ports';
import type { DummyModel } from './model';
import type { DummyProperty } from './property';
import { DEFAULT_SIGNAL } from './signal';

export const GEARS = ['slow', 'middle', 'fast'] as const;

export type Gear = (typeof GEARS)[number];

/** Where each gear starts and ends, and how long a step of one takes (Octopus' DummySpecialDevice). */
const COURSES: Readonly<Record<Gear, { readonly from: number; readonly to: number; readonly stepMs: number }>> = {
  slow: { from: 0, to: 100, stepMs: 3000 },
  middle: { from: 100, to: 200, stepMs: 2000 },
  fast: { from: 200, to: 300, stepMs: 1000 },
};

const fixed = { signal: DEFAULT_SIGNAL, frozen: false } as const;

/** The fan's properties are given, not declared in the flow. */
export const FAN_PROPERTIES: readonly DummyProperty[] = [
  { name: 'on', type: 'boolean', accessMode: 'ReadWrite', ...fixed },
  { name: 'gear', type: 'string', accessMode: 'ReadWrite', description: GEARS.join(', '), ...fixed },
  { name: 'rotatingSpeed', type: 'int', accessMode: 'ReadOnly', ...fixed },
];

type Listener = () => void;

/**
 * A fan that speeds up step by step while it is on. Switching on or changing the gear starts at the gear's lowest speed;
 * off, the speed is 0. Every step notifies, also when the highest speed is reached, as Octopus does.
 */
export class Fan implements DummyModel {
  private speed: number;
  private timer: TimerHandle;
  private started = false;
  private readonly listeners = new Set<Listener>();

  constructor(
    private on: boolean,
    private gear: Gear,
    private readonly clock: Clock,
  ) {
    this.speed = on ? COURSES[gear].from : 0;
  }

  start(): void {
    this.started = true;
    this.scheduleStep();
  }

  stop(): void {
    this.started = false;
    this.listeners.clear();
    this.clock.clearTimeout(this.timer);
  }

  read({ name }: DummyProperty): unknown {
    switch (name) {
      case 'on':
        return this.on;
      case 'gear':
        return this.gear;
      case 'rotatingSpeed':
        return this.speed;
      default:
        throw new DeviceError(ErrorCode.UNKNOWN_PROPERTY, `the fan has no property ${show(name)}`);
    }
  }

  write({ name }: DummyProperty, value: unknown): void {
    if (name === 'on') this.run(toSwitch(value), this.gear);
    else if (name === 'gear') this.run(this.on, toGear(value));
    else throw new DeviceError(ErrorCode.READ_ONLY, `the fan's ${show(name)} cannot be written`);
  }

  subscribe(properties: readonly DummyProperty[], notify: (changed: readonly DummyProperty[]) => void): () => void {
    const listener = (): void => notify(properties);
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private run(on: boolean, gear: Gear): void {
    if (on === this.on && gear === this.gear) return;
    this.on = on;
    this.gear = gear;
    this.speed = on ? COURSES[gear].from : 0;
    this.scheduleStep();
    this.tell();
  }

  private scheduleStep(): void {
    this.clock.clearTimeout(this.timer);
    if (!this.started || !this.on) return;
    this.timer = this.clock.setTimeout(() => this.step(), COURSES[this.gear].stepMs);
  }

  private step(): void {
    this.speed = Math.min(this.speed + 1, COURSES[this.gear].to);
    this.scheduleStep();
    this.tell();
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

function toSwitch(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new DeviceError(ErrorCode.BAD_VALUE, `on must be true or false, got ${show(value)}`);
}

function toGear(value: unknown): Gear {
  const gear = GEARS.find((name) => name === value);
  if (gear !== undefined) return gear;
  throw new DeviceError(ErrorCode.BAD_VALUE, `gear must be one of ${GEARS.join(', ')}, got ${show(value)}`);
}
