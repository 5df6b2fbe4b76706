import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PythonProcess, PythonVenv } from '../system/python-venv.ts';

const SCRIPT = fileURLToPath(new URL('./asyncua-server.py', import.meta.url));
const VENV = new PythonVenv('venv-opcua', 'asyncua==2.1.0', 'asyncua');

/** Whether asyncua can be used; Debian has no OPC UA server, so it is installed from PyPI. */
export function asyncuaAvailable(): boolean {
  return VENV.available();
}

/** One asyncua server process; see asyncua-server.py for what it serves. Whoever starts it must `remove()` it. */
export class AsyncuaServer {
  /** Of the variables, methods and folders it serves. */
  static readonly NAMESPACE = 'urn:devicelink:asyncua';
  private readonly directory = mkdtempSync(join(tmpdir(), 'devicelink-asyncua-'));
  private process: PythonProcess | undefined;
  private boundPort = 0;

  constructor(private readonly structureTypes = 0) {}

  get endpoint(): string {
    return `opc.tcp://127.0.0.1:${this.boundPort}`;
  }

  get port(): number {
    return this.boundPort;
  }

  /** Starts it, after a `stop` on the port it had before and with the same certificate. */
  async start(): Promise<this> {
    const args = [SCRIPT, String(this.boundPort), this.directory, String(this.structureTypes)];
    this.process = await PythonProcess.start('asyncua', VENV.python, args);
    this.boundPort = Number(this.process.firstLine);
    return this;
  }

  /** Kills it: no goodbye to its clients. */
  async stop(): Promise<void> {
    const process = this.process;
    this.process = undefined;
    await process?.kill();
  }

  /** Stops answering without closing anything, as a machine that hangs; `resume` goes on. */
  freeze(): void {
    this.process?.signal('SIGSTOP');
  }

  resume(): void {
    this.process?.signal('SIGCONT');
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** The server's own view of a variable (`types/Int32`); 64-bit integers beyond 2^53 as text, bytes as hex. */
  get(name: string): Promise<unknown> {
    return this.ask({ get: name });
  }

  async set(name: string, value: unknown): Promise<void> {
    await this.ask({ set: [name, value] });
  }

  async setRecipe(minutes: number): Promise<void> {
    await this.ask({ recipe: minutes });
  }

  connectionCount(): Promise<number> {
    return this.ask({ connections: true }) as Promise<number>;
  }

  private async ask(command: object): Promise<unknown> {
    if (this.process === undefined) throw new Error('asyncua is not running');
    const reply = (await this.process.ask(command)) as { ok?: unknown; error?: string };
    if (reply.error !== undefined) throw new Error(`asyncua: ${reply.error}`);
    return reply.ok;
  }
}
