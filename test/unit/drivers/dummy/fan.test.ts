import { beforeEach, describe, expect, it } from 'vitest';
import { Fan, FAN_PROPERTIES, type Gear } from '../../../../src/drivers/dummy/fan';
import { FakeClock } from '../../../support/fakes/fake-clock.ts';

const [ON, GEAR, SPEED] = FAN_PROPERTIES as [
  (typeof FAN_PROPERTIES)[number],
  (typeof FAN_PROPERTIES)[number],
  (typeof FAN_PROPERTIES)[number],
];

describe('the fan', () => {
  let clock: FakeClock;
  beforeEach(() => {
    clock = new FakeClock();
  });

  function startFan(on: boolean, gear: Gear): { fan: Fan; steps: unknown[] } {
    const fan = new Fan(on, gear, clock);
    const steps: unknown[] = [];
    fan.start();
    fan.subscribe([SPEED], () => steps.push(fan.read(SPEED)));
    return { fan, steps };
  }

  it.each<[Gear, number, number, number]>([
    ['slow', 3000, 0, 100],
    ['middle', 2000, 100, 200],
    ['fast', 1000, 200, 300],
  ])('gear %s makes a step of one every %d ms, from %d to %d', async (gear, stepMs, from, to) => {
    const { fan, steps } = startFan(true, gear);
    expect(fan.read(SPEED)).toBe(from);
    await clock.advance(stepMs - 1);
    expect(steps).toEqual([]);
    await clock.advance(1);
    expect(steps).toEqual([from + 1]);
    await clock.advance(stepMs * 101);
    expect(steps).toHaveLength(102); // notified also when the highest speed is reached
    expect(steps.slice(-3)).toEqual([to, to, to]);
  });

  it('starts anew when the gear changes or when it is switched on, and tells at once', async () => {
    const { fan, steps } = startFan(true, 'slow');
    await clock.advance(6000);
    fan.write(GEAR, 'fast');
    await clock.advance(1000);
    fan.write(ON, false);
    await clock.advance(60_000);
    fan.write(ON, true);
    expect(steps).toEqual([1, 2, 200, 201, 0, 200]);
  });

  it('does not start anew for what it does already', async () => {
    const { fan, steps } = startFan(true, 'fast');
    await clock.advance(1500);
    fan.write(ON, true);
    fan.write(GEAR, 'fast');
    await clock.advance(500);
    expect(steps).toEqual([201, 202]);
  });

  it('off has no speed and no timer; a gear chosen meanwhile counts when it is switched on', () => {
    const { fan } = startFan(false, 'slow');
    expect(fan.read(SPEED)).toBe(0);
    fan.write(GEAR, 'middle');
    expect(fan.read(SPEED)).toBe(0);
    expect(clock.pending).toEqual([]);
    fan.write(ON, true);
    expect(fan.read(SPEED)).toBe(100);
  });

  it('refuses other gears, other switches and writing its speed', () => {
    const { fan } = startFan(true, 'slow');
    expect(() => fan.write(GEAR, 'turbo')).toThrow('gear must be one of slow, middle, fast, got "turbo"');
    expect(() => fan.write(ON, 'on')).toThrow('on must be true or false, got "on"');
    expect(() => fan.write(SPEED, 5)).toThrow('the fan\'s "rotatingSpeed" cannot be written');
    expect(() => fan.read({ ...SPEED, name: 'colour' })).toThrow('the fan has no property "colour"');
  });

  it('stands still between stop and start, and remembers its speed', async () => {
    const { fan, steps } = startFan(true, 'fast');
    await clock.advance(2000);
    fan.stop();
    expect(clock.pending).toEqual([]);
    await clock.advance(10_000);
    fan.start();
    await clock.advance(1000);
    expect(fan.read(SPEED)).toBe(203);
    expect(steps).toEqual([201, 202]); // stop ended the subscription
    fan.stop();
  });
});
