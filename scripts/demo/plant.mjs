/**
 * The small plant behind the demo's Modbus server: an oven with a temperature that drifts, a humidity, a threshold that can
 * be set, an alarm, a battery and a run switch. Big-endian, zero-based addresses:
 *
 * | register   | what                                                                    |
 * |------------|-------------------------------------------------------------------------|
 * | holding 0  | temperature, float32 (2 registers), kelvin                              |
 * | holding 2  | humidity, float32 (2), percent                                          |
 * | holding 4  | threshold, int32 (2), kelvin, writable                                  |
 * | holding 6  | battery, int8 in one register, percent                                  |
 * | holding 7  | name plate, text (14), filled up with NUL                               |
 * | coil 0     | alarm: temperature above threshold                                      |
 * | coil 1     | run switch, writable: while it is off, temperature and humidity stay    |
 *
 * The layout is that of the Octopus simulator, so that its manifests can be tried here too.
 */
const REGISTER_COUNT = 21;
const THRESHOLD_REGISTER = 4;
const NAME_PLATE = 'DeviceLink demo plant';

/** The temperature swings around the first threshold once in so many steps, so the alarm comes and goes. */
const STEPS_PER_SWING = 60;
const FULL_BATTERY = 100;
const EMPTY_BATTERY = 20;
const STEPS_PER_BATTERY_PERCENT = 3600;

export class Plant {
  #holding = Buffer.alloc(REGISTER_COUNT * 2);
  #running = true;
  #steps = 0;

  constructor() {
    this.#holding.writeInt32BE(324, THRESHOLD_REGISTER * 2);
    this.#holding.write(NAME_PLATE, 7 * 2, 'latin1');
    this.#measure();
  }

  get temperature() {
    return this.#holding.readFloatBE(0);
  }

  get threshold() {
    return this.#holding.readInt32BE(THRESHOLD_REGISTER * 2);
  }

  get alarm() {
    return this.temperature - this.threshold > 0.1;
  }

  get isRunning() {
    return this.#running;
  }

  /** One second of the plant's life. */
  step() {
    if (!this.#running) return;
    this.#steps += 1;
    this.#measure();
  }

  readHolding(address, quantity) {
    if (address + quantity > REGISTER_COUNT) return undefined;
    return Array.from({ length: quantity }, (_, index) => this.#holding.readUInt16BE((address + index) * 2));
  }

  /** All or nothing. @returns whether these registers may be written */
  writeHolding(address, values) {
    if (address < THRESHOLD_REGISTER || address + values.length > THRESHOLD_REGISTER + 2) return false;
    values.forEach((value, index) => this.#holding.writeUInt16BE(value, (address + index) * 2));
    return true;
  }

  readCoil(address) {
    return [this.alarm, this.#running][address];
  }

  /** @returns whether the coil may be written */
  writeCoil(address, value) {
    if (address !== 1) return false;
    this.#running = Boolean(value);
    return true;
  }

  #measure() {
    const swing = Math.sin((2 * Math.PI * this.#steps) / STEPS_PER_SWING);
    const battery = FULL_BATTERY - Math.floor(this.#steps / STEPS_PER_BATTERY_PERCENT);
    // Tenths, as a real sensor gives them.
    this.#holding.writeFloatBE(Math.round((324 + 12 * swing) * 10) / 10, 0);
    this.#holding.writeFloatBE(Math.round((55 - 30 * swing) * 10) / 10, 2 * 2);
    this.#holding.writeInt16BE(Math.max(battery, EMPTY_BATTERY), 6 * 2);
  }
}
