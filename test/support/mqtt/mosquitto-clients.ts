import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { promisify } from 'node:util';

/** Where mosquitto_sub and mosquitto_pub connect: a plain listener. */
export interface PlainBroker {
  readonly host: string;
  readonly port: number;
}

export interface SubscriberOptions {
  qos?: 0 | 1 | 2;
  /** Further arguments (`-u`, `-P`, `-c`, `-i`, ...). */
  args?: readonly string[];
}

/** What mosquitto_sub saw of one message. */
export interface SeenMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly retained: boolean;
  readonly qos: number;
}

/** A running mosquitto_sub: an independent witness of what went through the broker. */
export class MosquittoSubscriber {
  readonly messages: SeenMessage[] = [];
  private rest = '';
  private readonly waiting = new Set<() => void>();

  private constructor(private readonly child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.take(text);
    });
  }

  /** Starts it and waits until the broker has confirmed the subscription. */
  static async start(
    broker: PlainBroker,
    filter: string,
    options: SubscriberOptions = {},
  ): Promise<MosquittoSubscriber> {
    const args = ['-h', broker.host, '-p', String(broker.port), '-t', filter, '-q', String(options.qos ?? 2)];
    // %x is the payload in hex, so that any bytes and line ends survive.
    const child = spawn(
      'stdbuf',
      ['-oL', 'mosquitto_sub', '-d', ...args, '-F', '= %r %q %x %t', ...(options.args ?? [])],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const subscriber = new MosquittoSubscriber(child);
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => {
        reject(new Error(`mosquitto_sub ended with code ${code ?? 'none'}`));
      });
      child.stdout.on('data', (text: string) => {
        if (text.includes('Subscribed (mid')) resolve();
      });
    });
    return subscriber;
  }

  /** Resolves as soon as there are `count` messages (all so far, not new ones); rejects after `timeoutMs`. */
  async waitFor(count: number, timeoutMs = 10_000): Promise<readonly SeenMessage[]> {
    await new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (this.messages.length < count) return;
        this.waiting.delete(check);
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.waiting.delete(check);
        reject(new Error(`Saw ${this.messages.length} of ${count} messages in ${timeoutMs} ms`));
      }, timeoutMs);
      this.waiting.add(check);
      check();
    });
    return this.messages;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    // Now and then it goes on after that, where the signal meets it between two messages.
    const lastResort = setTimeout(() => this.child.kill('SIGKILL'), 1000);
    await exit;
    clearTimeout(lastResort);
  }

  private take(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      const match = /^= (\d) (\d) ([0-9a-f]*) (.*)$/.exec(line);
      if (!match) continue;
      const [, retained, qos, hex = '', topic = ''] = match;
      this.messages.push({ topic, payload: Buffer.from(hex, 'hex'), retained: retained === '1', qos: Number(qos) });
    }
    for (const check of [...this.waiting]) check();
  }
}

/** Publishes one message with mosquitto_pub and waits until it is through. */
export async function mosquittoPublish(
  broker: PlainBroker,
  topic: string,
  payload: string,
  { qos = 1, retained = false, args = [] }: { qos?: 0 | 1 | 2; retained?: boolean; args?: readonly string[] } = {},
): Promise<void> {
  const base = ['-h', broker.host, '-p', String(broker.port), '-t', topic, '-m', payload, '-q', String(qos)];
  await promisify(execFile)('mosquitto_pub', [...base, ...(retained ? ['-r'] : []), ...args]);
}
