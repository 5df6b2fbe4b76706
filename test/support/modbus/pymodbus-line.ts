import { fileURLToPath } from 'node:url';
import { PythonProcess, PythonVenv } from '../system/python-venv.ts';
import { pymodbusAvailable } from './pymodbus.ts';

const SCRIPT = fileURLToPath(new URL('./pymodbus-line.py', import.meta.url));
const DEBIANS = '/usr/bin/python3';
const NEWEST = new PythonVenv('venv-pymodbus', 'pymodbus[serial]==3.16.1', 'pymodbus, serial');

/** The interpreters with a pymodbus, by the name of their version; those that are not there are told. */
export const pymodbusVersions = (): (readonly [version: string, python: string])[] => [
  ...(pymodbusAvailable() ? [['3.0 of Debian', DEBIANS] as const] : []),
  ...(NEWEST.available() ? [['3.16.1', NEWEST.python] as const] : []),
];

export const newestPymodbus = (): string | undefined => (NEWEST.available() ? NEWEST.python : undefined);

/** A server of pymodbus over a serial line, TLS or UDP; see pymodbus-line.py. Whoever starts it must `stop()` it. */
export class PymodbusLine {
  private constructor(private readonly process: PythonProcess) {}

  static async start(python: string, ...args: readonly string[]): Promise<PymodbusLine> {
    return new PymodbusLine(await PythonProcess.start('pymodbus', python, [SCRIPT, ...args]));
  }

  /** Of TLS and UDP. */
  get port(): number {
    return Number(this.process.firstLine);
  }

  get(unit: number, fn: 1 | 2 | 3 | 4, address: number, count: number): Promise<number[]> {
    return this.process.ask({ get: [unit, fn, address, count] }) as Promise<number[]>;
  }

  async set(unit: number, fn: 1 | 2 | 3 | 4, address: number, values: readonly number[]): Promise<void> {
    await this.process.ask({ set: [unit, fn, address, values] });
  }

  stop(): Promise<void> {
    return this.process.kill();
  }
}
