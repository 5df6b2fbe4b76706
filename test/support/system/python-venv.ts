import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What installing from PyPI may take. ms */
const INSTALL_MS = 240_000;

/** A program from PyPI, in an environment of its own below .cache. */
export class PythonVenv {
  readonly python: string;
  private readonly directory: string;

  /** `name`: of the directory; `requirement`: `asyncua==2.1.0`; `module`: can be imported once it is there. */
  constructor(
    name: string,
    private readonly requirement: string,
    private readonly module: string,
  ) {
    this.directory = fileURLToPath(new URL(`../../../.cache/${name}`, import.meta.url));
    this.python = join(this.directory, 'bin/python');
  }

  /** Whether it can be used; installs it once. Where PyPI is out of reach its tests are left out, and the reason is printed. */
  available(): boolean {
    if (this.isInstalled()) return true;
    const { directory, python, module, requirement } = this;
    try {
      mkdirSync(join(directory, '..'), { recursive: true });
      // Two test files may get here at the same time: pip is run by one of them, the other waits.
      const install = `python3 -m venv '${directory}' && '${python}' -m pip install --quiet '${requirement}'`;
      const once = `'${python}' -c 'import ${module}' 2>/dev/null || (${install})`;
      execFileSync('flock', [`${directory}.lock`, 'sh', '-c', once], { stdio: 'pipe', timeout: INSTALL_MS });
    } catch (error) {
      console.warn(`Left out: ${requirement} cannot be installed from PyPI (${String(error).split('\n')[0]})`);
      return false;
    }
    return this.isInstalled();
  }

  private isInstalled(): boolean {
    if (!existsSync(this.python)) return false;
    try {
      execFileSync(this.python, ['-c', `import ${this.module}`], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  }
}

/** A Python program that prints a line once it is ready, and from then on answers each line of JSON with another. */
export class PythonProcess {
  private readonly ended: Promise<never>;

  private constructor(
    name: string,
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly lines: Interface,
    /** The first line it printed. */
    readonly firstLine: string,
  ) {
    this.ended = once(child, 'exit').then(() => {
      throw new Error(`${name} has ended`);
    });
    this.ended.catch(() => undefined);
  }

  /** Starts it and waits for its first line; an error with what it wrote to stderr where there is none. */
  static async start(name: string, python: string, args: readonly string[]): Promise<PythonProcess> {
    const child = spawn(python, args);
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-20_000)));
    const lines = createInterface(child.stdout);
    const [first] = (await Promise.race([once(lines, 'line'), once(child, 'exit')])) as unknown[];
    if (typeof first !== 'string') throw new Error(`${name} did not start: ${errors}`);
    return new PythonProcess(name, child, lines, first);
  }

  /** The answer to one command; one command at a time. */
  async ask(command: object): Promise<unknown> {
    const line = once(this.lines, 'line');
    this.child.stdin.write(`${JSON.stringify(command)}\n`);
    const [text] = (await Promise.race([line, this.ended])) as [string];
    return JSON.parse(text);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Kills it: no goodbye to its clients. */
  async kill(): Promise<void> {
    await this.end(() => this.child.kill('SIGKILL'));
  }

  /** Ends its stdin, whereupon the program is to end; kills it after 5 s. */
  async stop(): Promise<void> {
    await this.end(() => this.child.stdin.end());
  }

  private async end(how: () => void): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exit = once(this.child, 'exit');
      how();
      const lastResort = setTimeout(() => this.child.kill('SIGKILL'), 5000);
      await exit;
      clearTimeout(lastResort);
    }
    this.lines.close();
  }
}
