import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { PythonProcess } from '../system/python-venv.ts';

/** Debian's interpreter: python3-pymodbus is installed for it and no other. */
const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('./pymodbus-server.py', import.meta.url));

/** Whether python3-pymodbus is installed. Where CI=true its absence is an error; elsewhere the reason is printed. */
export function pymodbusAvailable(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import pymodbus.server.async_io'], { stdio: 'ignore' });
    return true;
  } catch {
    const reason = 'pymodbus is not installed (apt-get install python3-pymodbus)';
    if (process.env.CI === 'true') throw new Error(reason);
    console.warn(`Left out: ${reason}`);
    return false;
  }
}

/** `unit, function, address, count` of one request the server carried out. */
export type SeenRequest = readonly [number, number, number, number];

/** One pymodbus server process; see pymodbus-server.py for what it serves. Whoever starts it must `stop()` it. */
export class Pymodbus {
  private process: PythonProcess | undefined;
  private boundPort = 0;

  get endpoint(): string {
    return `127.0.0.1:${this.boundPort}`;
  }

  /** Starts it, after a `stop` at the port it had before and with all values 0. */
  async start(): Promise<this> {
    this.process = await PythonProcess.start('pymodbus', PYTHON, [SCRIPT, String(this.boundPort)]);
    this.boundPort = Number(this.process.firstLine);
    return this;
  }

  async stop(): Promise<void> {
    const process = this.process;
    this.process = undefined;
    await process?.kill();
  }

  get(unit: number, fn: 1 | 2 | 3 | 4, address: number, count: number): Promise<number[]> {
    return this.ask({ get: [unit, fn, address, count] }) as Promise<number[]>;
  }

  async set(unit: number, fn: 1 | 2 | 3 | 4, address: number, values: readonly number[]): Promise<void> {
    await this.ask({ set: [unit, fn, address, values] });
  }

  /** A number as the server reads it from its holding registers; Python's shortest text of it. */
  decode(unit: number, address: number, type: string, order: readonly [string, string]): Promise<string> {
    return this.ask({ decode: [unit, address, type, ...order] }) as Promise<string>;
  }

  async encode(
    unit: number,
    address: number,
    type: string,
    order: readonly [string, string],
    text: string,
  ): Promise<void> {
    await this.ask({ encode: [unit, address, type, ...order, text] });
  }

  /** The requests since the last call. */
  requests(): Promise<SeenRequest[]> {
    return this.ask({ requests: true }) as Promise<SeenRequest[]>;
  }

  /** How many requests for units that it does not have came so far. */
  ignored(): Promise<number> {
    return this.ask({ ignored: true }) as Promise<number>;
  }

  /** From now on the server does not know this function. */
  async forget(fn: number): Promise<void> {
    await this.ask({ forget: fn });
  }

  private async ask(command: object): Promise<unknown> {
    if (this.process === undefined) throw new Error('pymodbus is not running');
    return this.process.ask(command);
  }
}
