import { expect, it } from 'vitest';
import { makeMachine } from '../../support/node-red/demo-parts.ts';

const SECONDS = 2;

it('speeds up, runs, slows down and stands still', async () => {
  const { machine, MachineState } = await makeMachine();
  const states = () => {
    const seen: number[] = [];
    for (let step = 0; step < 10 * SECONDS; step += 1) {
      machine.step();
      if (seen.at(-1) !== machine.state) seen.push(machine.state);
    }
    return seen;
  };
  expect(states()).toEqual([MachineState['Starting'], MachineState['Running']]);
  expect(machine.speed).toBe(machine.speedSetpoint);
  expect(machine.start()).toBe(false);
  expect(machine.stop()).toBe(true);
  expect(states()).toEqual([MachineState['Stopping'], MachineState['Stopped']]);
  expect(machine.speed).toBe(0);
});

it('follows its setpoint above the limit of the alarm within half a minute, and never jumps', async () => {
  const { machine, HIGH_LIMIT } = await makeMachine();
  machine.setpoint = 110;
  let before = machine.temperature;
  for (let step = 0; step < 30 * SECONDS; step += 1) {
    machine.step();
    expect(Math.abs(machine.temperature - before)).toBeLessThan(10);
    before = machine.temperature;
  }
  expect(machine.temperature).toBeGreaterThan(HIGH_LIMIT);
  expect(machine.temperature).toBeCloseTo(110, -0.5);
  machine.stop();
  for (let step = 0; step < 30 * SECONDS; step += 1) machine.step();
  expect(machine.temperature).toBeLessThan(25);
});
