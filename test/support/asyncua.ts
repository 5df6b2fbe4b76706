import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./asyncua-server.py', import.meta.url));
const VENV = fileURLToPath(new URL('../../.cache/venv-opcua', import.meta.url));
const PYTHON = join(VENV, 'bin/python');
const VERSION = '2.1.0';
/** What installing from PyPI may take. ms */
const INSTALL_MS = 120_000;

/**
 * Whether asyncua can be used; installs it once into an environment of its own under .cache. Debian has no OPC UA server,
 * so where PyPI is out of reach its tests are left out, and the reason is printed.
 */
export function asyncuaAvailable(): boolean {
  if (isInstalled()) return true;
  try {
    mkdirSync(join(VENV, '..'), { recursive: true });
    // Two test files may get here at the same time: pip is run by one of them, the other waits.
    const install = `python3 -m venv '${VENV}' && '${PYTHON}' -m pip install --quiet asyncua==${VERSION}`;
    execFileSync('flock', [`${VENV}.lock`, 'sh', '-c', `'${PYTHON}' -c 'import asyncua' 2>/dev/null || (${install})`], {
      stdio: 'pipe',
      timeout: INSTALL_MS,
    });
  } catch (error) {
    console.warn(`Left out: asyncua cannot be installed from PyPI (${String(error).split('\n')[0]})`);
    return false;
  }
  return isInstalled();
}

function isInstalled(): boolean {
  if (!existsSync(PYTHON)) return false;
  try {
    execFileSync(PYTHON, ['-c', 'import asyncua'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** One asyncua server process; see asyncua-server.py for what it serves. Whoever starts it must `remove()` it. */
export class AsyncuaServer {
  /** Of the variables, methods and folders it serves. */
  static readonly NAMESPACE = 'urn:devicelink:asyncua';
  private readonly directory = mkdtempSync(join(tmpdir(), 'devicelink-asyncua-'));
  private child: ChildProcessWithoutNullStreams | undefined;
  private lines: Interface | undefined;
  private boundPort = 0;

  get endpoint(): string {
    return `opc.tcp://127.0.0.1:${this.boundPort}`;
  }

  get port(): number {
    return this.boundPort;
  }

  /** Starts it, after a `stop` on the port it had before and with the same certificate. */
  async start(): Promise<this> {
    this.child = spawn(PYTHON, [SCRIPT, String(this.boundPort), this.directory]);
    let errors = '';
    this.child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    this.lines = createInterface(this.child.stdout);
    const [first] = (await Promise.race([once(this.lines, 'line'), once(this.child, 'exit')])) as unknown[];
    this.boundPort = Number(first);
    if (!(this.boundPort > 0)) throw new Error(`asyncua did not start: ${errors}`);
    return this;
  }

  /** Kills it: no goodbye to its clients. */
  async stop(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (child === undefined) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    this.lines?.close();
  }

  /** Stops answering without closing anything, as a machine that hangs; `resume` goes on. */
  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  resume(): void {
    this.child?.kill('SIGCONT');
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

  connectionCount(): Promise<number> {
    return this.ask({ connections: true }) as Promise<number>;
  }

  private async ask(command: object): Promise<unknown> {
    if (this.child === undefined || this.lines === undefined) throw new Error('asyncua is not running');
    const line = once(this.lines, 'line');
    this.child.stdin.write(`${JSON.stringify(command)}\n`);
    const reply = JSON.parse(((await line) as [string])[0]) as { ok?: unknown; error?: string };
    if (reply.error !== undefined) throw new Error(`asyncua: ${reply.error}`);
    return reply.ok;
  }
}
