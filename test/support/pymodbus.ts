import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

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
  private child: ChildProcessWithoutNullStreams | undefined;
  private lines: Interface | undefined;
  private boundPort = 0;

  get endpoint(): string {
    return `127.0.0.1:${this.boundPort}`;
  }

  /** Starts it, after a `stop` at the port it had before and with all values 0. */
  async start(): Promise<this> {
    this.child = spawn(PYTHON, [SCRIPT, String(this.boundPort)]);
    let errors = '';
    this.child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    this.lines = createInterface(this.child.stdout);
    const [first] = (await Promise.race([once(this.lines, 'line'), once(this.child, 'exit')])) as unknown[];
    this.boundPort = Number(first);
    if (!(this.boundPort > 0)) throw new Error(`pymodbus did not start: ${errors}`);
    return this;
  }

  async stop(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (child === undefined) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    this.lines?.close();
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

  /** From now on the server does not know this function. */
  async forget(fn: number): Promise<void> {
    await this.ask({ forget: fn });
  }

  private async ask(command: object): Promise<unknown> {
    if (this.child === undefined || this.lines === undefined) throw new Error('pymodbus is not running');
    const line = once(this.lines, 'line');
    this.child.stdin.write(`${JSON.stringify(command)}\n`);
    return JSON.parse(((await line) as [string])[0]);
  }
}
