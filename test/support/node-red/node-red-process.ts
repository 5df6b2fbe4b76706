import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { inject } from 'vitest';

const ROOT = dirname(dirname(dirname(import.meta.dirname)));
const RUNTIMES = { 5: 'node-red', 4: 'node-red-4' } as const;

export type FlowNode = Record<string, unknown> & { id: string; type: string };

export interface NodeRedOptions {
  /** Node-RED 5 unless told otherwise. */
  version?: 4 | 5;
  flows?: readonly FlowNode[];
  /** Merged over the usual settings; must be JSON. */
  settings?: Record<string, unknown>;
  /** Lines of JavaScript that run after the settings were made and may change `settings` (functions, modules). */
  settingsScript?: string;
  env?: Record<string, string>;
  /** An existing user directory; it is then the caller's to remove. Default: a copy of the one the tarball was installed in. */
  userDir?: string;
}

/** A node set as the admin API lists it. */
export interface NodeSet {
  id: string;
  name: string;
  module: string;
  types: string[];
  enabled: boolean;
  err?: unknown;
}

export interface AdminReply {
  status: number;
  body: unknown;
  text: string;
}

/** Settings that keep dialogs and look-ups away from tests. */
const SETTINGS = {
  uiHost: '127.0.0.1',
  uiPort: 0,
  flowFile: 'flows.json',
  credentialSecret: 'only-for-tests',
  telemetry: { enabled: false, updateNotification: false },
  editorTheme: { tours: false, projects: { enabled: false } },
  logging: { console: { level: 'debug', metrics: false, audit: false } },
};

/** A real Node-RED with the packed tarball in a user directory of its own, driven over its admin API. */
export class NodeRedProcess {
  private output = '';
  private readonly watchers = new Set<() => void>();
  private exit: Promise<number | null>;
  private hasExited = false;

  private constructor(
    readonly userDir: string,
    private readonly ownsUserDir: boolean,
    readonly child: ChildProcess,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8');
      stream?.on('data', (text: string) => {
        this.output += text;
        for (const watch of [...this.watchers]) watch();
      });
    }
    this.exit = new Promise((resolve) => {
      child.once('exit', (code) => {
        this.hasExited = true;
        for (const watch of [...this.watchers]) watch();
        resolve(code);
      });
    });
  }

  /** Starts it and waits until its flows run. The caller must `stop()` it. */
  static async start(options: NodeRedOptions = {}): Promise<NodeRedProcess> {
    const userDir = options.userDir ?? (await cleanUserDir());
    const settings = { ...SETTINGS, ...options.settings };
    await writeFile(
      join(userDir, 'settings.js'),
      `const settings = ${JSON.stringify(settings, null, 2)};\n${options.settingsScript ?? ''}\nmodule.exports = settings;\n`,
    );
    if (options.flows) await writeFile(join(userDir, 'flows.json'), JSON.stringify(options.flows));
    const red = join(ROOT, 'node_modules', RUNTIMES[options.version ?? 5], 'red.js');
    const bin = join(ROOT, 'node_modules', '.bin');
    const child = spawn(join(bin, 'node'), [red, '--userDir', userDir, '--settings', join(userDir, 'settings.js')], {
      cwd: userDir,
      env: { PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: userDir, LANG: 'C.UTF-8', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const started = new NodeRedProcess(userDir, options.userDir === undefined, child);
    try {
      await started.waitForLog(/Server now running at \S+/, 40_000);
      await started.waitForLog(/Started flows|Waiting for missing types/, 20_000);
    } catch (error) {
      await started.stop();
      throw error;
    }
    return started;
  }

  /** Everything it has written so far. */
  get log(): string {
    return this.output;
  }

  /** Lines of the log at level warn or error, and whatever Node.js itself warned about. */
  get warnings(): string[] {
    return this.output.split('\n').filter((line) => /\[(warn|error)\]|Warning:|DeprecationWarning/.test(line));
  }

  /** `http://127.0.0.1:<port>`, without a trailing slash. */
  get url(): string {
    const url = /Server now running at (http:\/\/[^\s/]+)/.exec(this.output)?.[1];
    if (url === undefined) throw new Error('Node-RED does not listen yet');
    return url;
  }

  /** Waits until the log, from position `from` on, matches. */
  async waitForLog(pattern: RegExp, timeoutMs = 15_000, from = 0): Promise<void> {
    const matches = () => pattern.test(this.output.slice(from));
    if (matches()) return;
    await new Promise<void>((resolve, reject) => {
      const settle = (error?: Error) => {
        clearTimeout(timer);
        this.watchers.delete(watch);
        if (error) reject(error);
        else resolve();
      };
      const fail = (why: string) => settle(new Error(`${why} before the log said ${String(pattern)}:\n${this.output}`));
      const timer = setTimeout(() => fail(`${timeoutMs} ms passed`), timeoutMs);
      const watch = () => {
        if (matches()) settle();
        else if (this.hasExited) fail('Node-RED ended');
      };
      this.watchers.add(watch);
      watch();
    });
  }

  /** One request to the admin API (or to any path Node-RED serves). */
  async request(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<AdminReply> {
    const reply = await fetch(this.url + path, {
      method,
      headers: { Accept: 'application/json', 'Content-Type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    return { status: reply.status, text, body: parsed(text) };
  }

  async getFlows(): Promise<FlowNode[]> {
    return (await this.expectOk('GET', '/flows')) as FlowNode[];
  }

  /** Deploys all flows; settles when the changed ones have stopped and started again. */
  async deploy(flows: readonly FlowNode[], type: 'full' | 'nodes' | 'flows' = 'full'): Promise<void> {
    await this.expectOk('POST', '/flows', flows, { 'Node-RED-Deployment-Type': type });
  }

  /** All node sets with their types. */
  async nodeSets(): Promise<NodeSet[]> {
    return (await this.expectOk('GET', '/nodes')) as NodeSet[];
  }

  /** Enables or disables one node set, as the palette manager does. */
  async setEnabled(set: NodeSet, enabled: boolean): Promise<void> {
    await this.expectOk('PUT', `/nodes/${set.module}/${set.name}`, { enabled });
  }

  /** Ends it as a service manager would, by force after 20 s, and removes its user directory. Answers the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (!this.hasExited) this.child.kill(signal);
    const force = setTimeout(() => this.child.kill('SIGKILL'), 20_000);
    const code = await this.exit;
    clearTimeout(force);
    if (this.ownsUserDir) await rm(this.userDir, { recursive: true, force: true });
    return code;
  }

  private async expectOk(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<unknown> {
    const reply = await this.request(method, path, body, headers);
    if (reply.status >= 300) throw new Error(`${method} ${path} answered ${reply.status}: ${reply.text}`);
    return reply.body;
  }
}

/** A fresh copy of the user directory the tarball was installed in, its packages as hard links; the caller removes it. */
export async function cleanUserDir(): Promise<string> {
  const template = inject('userDirTemplate');
  const userDir = await mkdtemp(join(tmpdir(), 'devicelink-user-dir-'));
  await promisify(execFile)('cp', ['-al', join(template, 'node_modules'), userDir]);
  await cp(join(template, 'package.json'), join(userDir, 'package.json'));
  return userDir;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
