import { createHmac } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KeyPair } from '../../system/certificates.ts';
import { freePort } from '../../system/free-port.ts';
import { PythonProcess, PythonVenv } from '../../system/python-venv.ts';

const SCRIPT = fileURLToPath(new URL('./cse.py', import.meta.url));
const VENV = new PythonVenv('venv-onem2m', 'acmecse==2026.5.3', 'acmecse');

const SECRET = 'test';

/** As its files hold passwords and tokens. */
const hashed = (text: string): string => createHmac('sha256', SECRET).update(text).digest('hex');

/** Whether ACME, a CSE that nobody here wrote, can be used; it is installed from PyPI and needs Python 3.11. */
export function acmeAvailable(): boolean {
  return VENV.available();
}

export interface AcmeOptions {
  /** Speaks TS-0010 at this broker; not at all without one. */
  readonly broker?: {
    readonly host: string;
    readonly port: number;
    readonly username?: string;
    readonly password?: string;
    /** TLS; the certificate of the broker is checked against this authority's file. */
    readonly caFile?: string;
  };
  /** In front of the topics it listens to. */
  readonly topicPrefix?: string;
  /** TS-0009: there unless `false`. `users`: name to password; `tokens`: bearer tokens. */
  readonly http?:
    | false
    | {
        readonly tls?: KeyPair;
        readonly users?: Readonly<Record<string, string>>;
        readonly tokens?: readonly string[];
      };
  /** TS-0020: not there unless `true`. */
  readonly websocket?: boolean;
  /** SP-relative: `/id-in`. */
  readonly id?: string;
  /** Name of its CSEBase. */
  readonly base?: string;
  readonly spID?: string;
  readonly type?: 'IN' | 'MN';
  /** The CSE it registers with. */
  readonly registrar?: { readonly id: string; readonly base: string; readonly address: string };
  /** Which of its addresses it tells other CSEs; all unless told otherwise. ACME forwards a request to each that it knows of another. */
  readonly reachedBy?: readonly ('http' | 'mqtt' | 'ws')[];
  /** Which originators may register an AE; `C*,S*` and the like unless told otherwise. */
  readonly allowedOriginators?: readonly string[];
  /** Which CSEs may register. */
  readonly allowedCses?: readonly string[];
  /** How long a request may take, and a notification to be answered. s; its own is 10. */
  readonly requestSeconds?: number;
  /** How often it looks for expired resources. s; its own is 60. */
  readonly expirationSeconds?: number;
  /** How often CSEs check each other. s; its own is 60. */
  readonly checkSeconds?: number;
  /** Whether notification targets are verified; yes unless told otherwise. */
  readonly verification?: boolean;
  /** Further settings by section, over all of the above. */
  readonly settings?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** One ACME process with a directory and ports of its own, its resources in memory. Whoever starts it must `remove()` it. */
export class AcmeCse {
  private process: PythonProcess | undefined;

  private constructor(
    readonly id: string,
    readonly base: string,
    /** Where TS-0009 is served; empty without HTTP. */
    readonly httpUrl: string,
    /** Where TS-0020 is served; empty without WebSocket. */
    readonly websocketUrl: string,
    private readonly directory: string,
  ) {}

  /** Starts a CSE (a second on a quiet machine): one a test file, with `reset` (half a second) between the tests. */
  static async start(options: AcmeOptions = {}): Promise<AcmeCse> {
    const directory = mkdtempSync(join(tmpdir(), 'devicelink-acme-'));
    const { http = {}, id = '/id-in', base = 'cse-in' } = options;
    const ports = { http: await freePort(), websocket: await freePort() };
    const httpUrl = http ? `${http.tls ? 'https' : 'http'}://127.0.0.1:${ports.http}` : '';
    const websocketUrl = options.websocket ? `ws://127.0.0.1:${ports.websocket}` : '';
    const cse = new AcmeCse(id, base, httpUrl, websocketUrl, directory);
    writeFileSync(join(directory, 'acme.ini'), cse.configuration(options, ports));
    await cse.start();
    return cse;
  }

  /** Starts it (again), on the ports it had and with nothing of what it knew. */
  async start(): Promise<void> {
    try {
      this.process = await PythonProcess.start('ACME', VENV.python, [SCRIPT, this.directory]);
    } catch (error) {
      throw new Error(`${String(error)}\n${this.log()}`, { cause: error });
    }
  }

  /** Drops all its resources and goes on: faster than a restart, and its links stay up. */
  async reset(): Promise<void> {
    await this.ask({ reset: true });
  }

  /** Ends it as an operator would: it says goodbye to its broker. */
  async stop(): Promise<void> {
    await this.process?.stop();
    this.process = undefined;
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    await this.process?.kill();
    this.process = undefined;
  }

  /** Stops answering without closing anything; `resume` goes on. */
  freeze(): void {
    this.process?.signal('SIGSTOP');
  }

  resume(): void {
    this.process?.signal('SIGCONT');
  }

  /** Ends it and deletes its files. */
  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** The end of its log. */
  log(characters = 8000): string {
    const directory = join(this.directory, 'logs');
    if (!existsSync(directory)) return '';
    const files = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'));
    return files.join('\n').slice(-characters);
  }

  private async ask(command: object): Promise<void> {
    if (this.process === undefined) throw new Error('ACME is not running');
    try {
      await this.process.ask(command);
    } catch (error) {
      throw new Error(`${String(error)}\n${this.log()}`, { cause: error });
    }
  }

  private configuration(options: AcmeOptions, ports: { http: number; websocket: number }): string {
    const { broker, registrar, http = {}, reachedBy = ['http', 'mqtt', 'ws'] } = options;
    const requests = String(options.requestSeconds ?? 10);
    const pointsOfAccess = [this.httpUrl, broker ? `mqtt://${broker.host}:${broker.port}` : '', this.websocketUrl];
    const sections: Record<string, Record<string, string>> = {
      'basic.config': {
        baseDirectory: this.directory,
        cseType: options.type ?? 'IN',
        cseID: this.id.slice(1),
        cseName: this.base,
        adminID: 'CAdmin',
        networkInterface: '127.0.0.1',
        cseHost: '127.0.0.1',
        httpPort: String(ports.http),
        secret: SECRET,
        consoleType: 'simple',
        consoleTheme: 'dark',
        logLevel: process.env.ACME_LOG ?? 'info',
        databaseType: 'memory',
        serviceProviderID: options.spID ?? '//acme.example.com',
      },
      cse: {
        poa: pointsOfAccess
          .filter((address) => address !== '' && reachedBy.some((one) => address.startsWith(one)))
          .join(','),
        requestExpirationDelta: requests,
        checkExpirationsInterval: String(options.expirationSeconds ?? 60),
        enableSubscriptionVerificationRequests: String(options.verification ?? true),
      },
      'cse.registration': {
        allowedAEOriginators: (options.allowedOriginators ?? ['C*', 'S*', '/*/C*', '/*/S*']).join(','),
        allowedCSROriginators: (options.allowedCses ?? []).join(','),
        checkInterval: String(options.checkSeconds ?? 60),
      },
      // Its upper tester stays off: a request that arrives before that is registered keeps ACME from starting.
      http: { enable: String(http !== false), address: this.httpUrl || 'http://127.0.0.1' },
      'http.security': { ...(http ? this.httpSecurity(http) : {}) },
      mqtt: { enable: String(broker !== undefined), topicPrefix: options.topicPrefix ?? '' },
      'mqtt.security': {},
      websocket: {
        enable: String(options.websocket ?? false),
        port: String(ports.websocket),
        address: `ws://127.0.0.1:${ports.websocket}`,
        listenIF: '127.0.0.1',
      },
      console: { headless: 'true' },
      logging: { enableFileLogging: 'true', enableScreenLogging: 'false', size: '10000000' },
      textui: { enable: 'false' },
      webui: { enable: 'false' },
      'cse.statistics': { enable: 'false' },
      'cse.service.semantic': { enable: 'false' },
      'cse.service.location': { enable: 'false' },
    };
    if (broker) {
      Object.assign(sections.mqtt!, { address: broker.host, port: String(broker.port) });
      const tls = { useTLS: 'true', verifyCertificate: 'true', caCertificateFile: broker.caFile };
      const user = { username: broker.username, password: broker.password };
      Object.assign(sections['mqtt.security']!, broker.username ? user : {}, broker.caFile ? tls : {});
    }
    if (registrar) {
      sections['cse.registrar'] = {
        address: registrar.address,
        cseID: registrar.id,
        resourceName: registrar.base,
        INCSEcseID: registrar.id,
      };
    }
    for (const [name, values] of Object.entries(options.settings ?? {})) {
      sections[name] = { ...sections[name], ...values };
    }
    return Object.entries(sections)
      .map(([name, values]) => [`[${name}]`, ...Object.entries(values).map((entry) => entry.join('=')), ''].join('\n'))
      .join('\n');
  }

  private httpSecurity(http: Exclude<AcmeOptions['http'], false | undefined>): Record<string, string> {
    const directory = join(this.directory, 'certs');
    mkdirSync(directory, { recursive: true });
    const users = join(directory, 'users');
    const tokens = join(directory, 'tokens');
    writeFileSync(
      users,
      Object.entries(http.users ?? {})
        .map(([name, password]) => `${name}:${hashed(password)}\n`)
        .join(''),
    );
    writeFileSync(tokens, (http.tokens ?? []).map((token) => `${hashed(token)}\n`).join(''));
    return {
      useTLS: String(http.tls !== undefined),
      ...(http.tls && { caCertificateFile: http.tls.certFile, caPrivateKeyFile: http.tls.keyFile }),
      enableBasicAuth: String(http.users !== undefined),
      enableTokenAuth: String(http.tokens !== undefined),
      basicAuthFile: users,
      tokenAuthFile: tokens,
    };
  }
}
