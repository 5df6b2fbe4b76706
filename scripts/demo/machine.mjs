/**
 * The small machine behind the demo's OPC UA server: a heated mixer that is started and stopped, with a speed and a
 * temperature that follow their setpoints while it runs. It knows nothing of OPC UA.
 */
export const MachineState = Object.freeze({ Stopped: 0, Starting: 1, Running: 2, Stopping: 3 });

export const MAX_SPEED = 3000;
export const MAX_SETPOINT = 120;
/** Degrees Celsius; the alarm is on from here. */
export const HIGH_LIMIT = 80;
export const HIGH_HIGH_LIMIT = 100;

const AMBIENT = 20;
/** Revolutions a minute it gains or loses in one step. */
const SPEED_STEP = 300;
/** The part of the way to its goal that the temperature goes in one step. */
const WARMING = 0.1;
/** Degrees; a real sensor is never quite still. */
const NOISE = 0.2;

export class Machine {
  #speed = 0;
  #temperature = AMBIENT;
  #isOn = true;
  #steps = 0;
  /** Degrees Celsius, 0 to 120. */
  setpoint = 60;
  /** Revolutions a minute, 0 to 3000. */
  speedSetpoint = 1200;
  recipe = { name: 'Tomato soup', temperature: 60, minutes: 45, ingredients: ['tomatoes', 'water', 'salt'] };

  get temperature() {
    return this.#temperature;
  }

  get speed() {
    return this.#speed;
  }

  get state() {
    const goal = this.#isOn ? this.speedSetpoint : 0;
    if (this.#isOn) return this.#speed === goal ? MachineState.Running : MachineState.Starting;
    return this.#speed === 0 ? MachineState.Stopped : MachineState.Stopping;
  }

  /** @returns false: it was on already */
  start() {
    const wasOff = !this.#isOn;
    this.#isOn = true;
    return wasOff;
  }

  /** @returns false: it was off already */
  stop() {
    const wasOn = this.#isOn;
    this.#isOn = false;
    return wasOn;
  }

  /** Half a second of the machine's life. */
  step() {
    this.#steps += 1;
    const speed = this.#isOn ? this.speedSetpoint : 0;
    this.#speed += Math.max(-SPEED_STEP, Math.min(SPEED_STEP, speed - this.#speed));
    const goal = (this.#isOn ? this.setpoint : AMBIENT) + NOISE * Math.sin(this.#steps);
    this.#temperature += WARMING * (goal - this.#temperature);
  }
}
