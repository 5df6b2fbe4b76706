import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether socat is installed. Where CI=true its absence is an error; elsewhere the reason is printed. */
export function socatAvailable(): boolean {
  try {
    execFileSync('socat', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    const reason = 'socat is not installed (apt-get install socat)';
    if (process.env.CI === 'true') throw new Error(reason);
    console.warn(`Left out: ${reason}`);
    return false;
  }
}

/**
 * A pseudo terminal by socat, under a name that stays the same while it is taken away and brought back: `near` is what the product
 * opens; what is sent to it comes out at `far`, another one, or at a TCP port of 127.0.0.1.
 */
export class Pty {
  private readonly directory = mkdtempSync(join(tmpdir(), 'devicelink-pty-'));
  readonly near = join(this.directory, 'near');
  readonly far = join(this.directory, 'far');
  private process: ChildProcess | undefined;

  /** `port`: of a TCP server that is the other end. */
  constructor(private readonly port?: number) {}

  async start(): Promise<this> {
    const end = (link: string): string => `pty,raw,echo=0,link=${link}`;
    const other = this.port === undefined ? end(this.far) : `tcp:127.0.0.1:${this.port},nodelay`;
    const child = spawn('socat', ['-d', '-d', end(this.near), other], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.process = child;
    let told = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (chunk: Buffer) => {
        told += chunk.toString();
        if (told.includes('starting data transfer loop')) resolve();
      });
      child.once('exit', () => reject(new Error(`socat has ended: ${told}`)));
    });
    return this;
  }

  /** As when an adapter is pulled; `start` puts it in again. */
  async stop(): Promise<void> {
    const { process } = this;
    this.process = undefined;
    if (process === undefined || process.exitCode !== null) return;
    const ended = once(process, 'exit');
    process.kill('SIGTERM');
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
