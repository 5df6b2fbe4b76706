import { connect } from 'node:net';
import type { Clock, TimerHandle } from '../../../base/ports';
import type { ServerUrl } from '../../client/connection-options';

const LONGEST_PAUSE_MS = 3_600_000;
/** How long it may take to accept a socket. */
const PROBE_MS = 5000;

export interface FailbackOptions {
  readonly clock: Clock;
  readonly server: ServerUrl;
  readonly goBack: () => void;
  /** How often it is looked; twice as long after each time that the server was there and took no connection. */
  readonly pauseMs: number;
}

/** While another server is used: looks whether the first one listens again. */
export class Failback {
  private timer: TimerHandle;
  private pauseMs: number;
  private probe: AbortController | undefined;

  constructor(private readonly options: FailbackOptions) {
    this.pauseMs = options.pauseMs;
  }

  /** Another server than the first has accepted. */
  start(): void {
    this.stop();
    this.timer = this.options.clock.setTimeout(() => void this.look(), this.pauseMs);
  }

  stop(): void {
    this.options.clock.clearTimeout(this.timer);
    this.probe?.abort();
    this.probe = undefined;
  }

  /** The first server has accepted. */
  arrived(): void {
    this.stop();
    this.pauseMs = this.options.pauseMs;
  }

  private async look(): Promise<void> {
    const probe = new AbortController();
    this.probe = probe;
    const listens = await accepts(this.options, probe.signal);
    if (this.probe !== probe) return;
    this.probe = undefined;
    if (!listens) {
      this.start();
      return;
    }
    this.pauseMs = Math.min(2 * this.pauseMs, LONGEST_PAUSE_MS);
    this.options.goBack();
  }
}

/** Whether a socket can be opened there. Never rejects. */
function accepts({ clock, server }: FailbackOptions, signal: AbortSignal): Promise<boolean> {
  const { transport, host, port = 0, path = '' } = server;
  return new Promise((resolve) => {
    const socket = transport === 'unix' ? connect({ path }) : connect({ host, port });
    const settle = (result: boolean): void => {
      clock.clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      resolve(result);
    };
    const onAbort = (): void => settle(false);
    const timer = clock.setTimeout(onAbort, PROBE_MS);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('error', onAbort);
    socket.once('connect', () => settle(true));
  });
}
