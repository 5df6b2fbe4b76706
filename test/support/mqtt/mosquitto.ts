import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeyPair } from '../system/certificates';
import { freePort } from '../system/free-port';

const BROKER = ['/usr/sbin/mosquitto', '/usr/bin/mosquitto', '/usr/local/sbin/mosquitto'].find((path) =>
  existsSync(path),
);

/**
 * Whether Debian's mosquitto is installed. Where CI=true its absence is an error; elsewhere the reason is printed,
 * for `describe.skipIf(!mosquittoAvailable())`.
 */
export function mosquittoAvailable(): boolean {
  if (BROKER !== undefined) return true;
  const reason = 'mosquitto is not installed (apt-get install mosquitto mosquitto-clients)';
  if (process.env.CI === 'true') throw new Error(reason);
  console.warn(`Left out: ${reason}`);
  return false;
}

export interface MosquittoOptions {
  /** `plain` unless told otherwise. `unix` has no port. */
  listener?: 'plain' | 'tls' | 'ws' | 'wss' | 'unix';
  /** 127.0.0.1 unless told otherwise; `::1` for IPv6. */
  host?: string;
  /** A free one unless told otherwise. */
  port?: number;
  /** For `tls` and `wss`. */
  server?: KeyPair;
  /** The authority's file; with it a client certificate is demanded. */
  clientCaFile?: string;
  /** Clients must log in as one of these; without it anonymous clients are let in. */
  users?: Readonly<Record<string, string>>;
  /** Keeps sessions and retained messages over `stop` and `start`. */
  persistent?: boolean;
  /** Further lines of mosquitto.conf. */
  lines?: readonly string[];
  /** Further lines that belong to the listener, such as `max_qos`. */
  listenerLines?: readonly string[];
}

/** One mosquitto process with a configuration and directory of its own. Whoever starts it must `remove()` it. */
export class Mosquitto {
  private child: ChildProcess | undefined;
  private log = '';

  private constructor(
    readonly host: string,
    readonly port: number,
    /** The socket file of a `unix` listener. */
    readonly socketPath: string,
    private readonly directory: string,
    private readonly scheme: string,
    /** A plain TCP listener of the same broker, for mosquitto_sub and mosquitto_pub; the only one of a `plain` broker. */
    readonly plain: { readonly host: string; readonly port: number },
  ) {}

  /** Starts a broker and waits until it accepts connections. */
  static async start(options: MosquittoOptions = {}): Promise<Mosquitto> {
    const listener = options.listener ?? 'plain';
    const host = options.host ?? '127.0.0.1';
    const port = options.port ?? (await freePort(host));
    const directory = mkdtempSync(join(tmpdir(), 'devicelink-mosquitto-'));
    const scheme = { plain: 'mqtt', tls: 'mqtts', ws: 'ws', wss: 'wss', unix: 'unix' }[listener];
    // Mosquitto 2.0.11 refuses to start with WebSocket listeners alone; the plain one also serves witnesses.
    const plain = listener === 'plain' ? { host, port } : { host: '127.0.0.1', port: await freePort() };
    const broker = new Mosquitto(host, port, join(directory, 'mqtt.sock'), directory, scheme, plain);
    writeFileSync(join(directory, 'mosquitto.conf'), broker.configuration(listener, options).join('\n') + '\n');
    await broker.start();
    return broker;
  }

  /** `mqtt://127.0.0.1:1234`, `unix:///tmp/...`, brackets round an IPv6 address. */
  get url(): string {
    if (this.scheme === 'unix') return `unix://${this.socketPath}`;
    return `${this.scheme}://${this.host.includes(':') ? `[${this.host}]` : this.host}:${this.port}`;
  }

  /** What the broker has logged so far. */
  get output(): string {
    return this.log;
  }

  /** Starts it (again), on the same port and with the same files. */
  async start(): Promise<void> {
    if (BROKER === undefined) throw new Error('mosquitto is not installed');
    const child = spawn(BROKER, ['-v', '-c', join(this.directory, 'mosquitto.conf')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.log = (this.log + text).slice(-2_000_000);
      });
    }
    for (let attempt = 0; !(await this.accepts()); attempt++) {
      if (child.exitCode !== null || attempt > 400) throw new Error(`mosquitto did not start:\n${this.log}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Ends it as an operator would (SIGTERM). */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  /** Ends it as a power cut would (SIGKILL). */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** It goes on existing, and neither answers nor closes anything, until `kill`. */
  pause(): void {
    this.child?.kill('SIGSTOP');
  }

  /** Ends it and deletes its files. */
  async remove(): Promise<void> {
    await this.end('SIGTERM');
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    const lastResort = setTimeout(() => child.kill('SIGKILL'), 3000);
    await exit;
    clearTimeout(lastResort);
  }

  private accepts(): Promise<boolean> {
    return new Promise((resolve) => {
      const target = this.scheme === 'unix' ? { path: this.socketPath } : { host: this.host, port: this.port };
      const socket = connect(target, () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => {
        resolve(false);
      });
    });
  }

  private configuration(listener: string, options: MosquittoOptions): string[] {
    const lines = ['per_listener_settings false', 'log_type all', ...(options.lines ?? [])];
    if (options.persistent) {
      lines.push('persistence true', `persistence_location ${this.directory}/`);
    }
    // Ports and files of a root-started mosquitto would otherwise belong to a user that may not read them.
    if (process.getuid?.() === 0) lines.push('user root');
    lines.push(options.users ? 'allow_anonymous false' : 'allow_anonymous true');
    if (options.users) lines.push(`password_file ${this.writePasswords(options.users)}`);
    if (listener !== 'plain') lines.push(`listener ${this.plain.port} ${this.plain.host}`);
    lines.push(listener === 'unix' ? `listener 0 ${this.socketPath}` : `listener ${this.port} ${this.host}`);
    if (listener === 'ws' || listener === 'wss') lines.push('protocol websockets');
    if (listener === 'tls' || listener === 'wss') {
      if (!options.server) throw new Error('A TLS listener needs a certificate');
      lines.push(`certfile ${options.server.certFile}`, `keyfile ${options.server.keyFile}`);
      if (options.clientCaFile) lines.push(`cafile ${options.clientCaFile}`, 'require_certificate true');
    }
    return [...lines, ...(options.listenerLines ?? [])];
  }

  private writePasswords(users: Readonly<Record<string, string>>): string {
    const file = join(this.directory, 'passwords');
    writeFileSync(
      file,
      Object.entries(users)
        .map(([user, password]) => `${user}:${password}\n`)
        .join(''),
      { mode: 0o600 },
    );
    execFileSync('mosquitto_passwd', ['-U', file], { stdio: 'ignore' });
    return file;
  }
}
