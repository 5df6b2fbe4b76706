import type { Backoff } from '../../base/backoff';
import { DeviceError, ErrorCode } from '../../base/errors';
import { KeepUp } from '../../base/keep-up';
import type { Clock } from '../../base/ports';
import type { Property } from '../property';
import type { DriverCalls } from './driver-calls';

/** What the user wants. `none`: nothing yet. `closed` is final. */
export type Wish = 'none' | 'connected' | 'disconnected' | 'closed';

export interface LinkHooks {
  /** The link is made: bring the device into service. Rejects when the link turned out not to be usable. */
  readonly bringUp: (signal: AbortSignal) => Promise<void>;
  /** The link was made, tried or in use, and is gone for this reason. */
  readonly onDown: (reason: DeviceError) => void;
}

/** Keeps a driver connected as long as that is wished, for ever, with growing pauses between attempts. */
export class DriverLink<P extends Property> {
  private wished: Wish = 'none';
  private readonly keepUp: KeepUp;

  constructor(
    private readonly calls: DriverCalls<P>,
    clock: Clock,
    backoff: Backoff,
    hooks: LinkHooks,
  ) {
    this.keepUp = new KeepUp({
      clock,
      attempt: async (signal) => {
        await calls.connect(signal);
        signal.throwIfAborted();
        await hooks.bringUp(signal);
      },
      pause: (heldMs) => {
        if (heldMs !== undefined) backoff.reset();
        return backoff.next();
      },
      takeDown: () => calls.close(),
      onDown: hooks.onDown,
    });
  }

  get wish(): Wish {
    return this.wished;
  }

  /** Starts connecting without anyone waiting for it. */
  start(): void {
    if (this.wished === 'closed') return;
    this.wished = 'connected';
    this.keepUp.start();
  }

  /** The outcome of the attempt under way, or of one made at once (a pause between attempts is cut short). */
  connect(): Promise<void> {
    if (this.wished === 'closed') return Promise.reject(closedError());
    this.wished = 'connected';
    return this.keepUp.bringUp();
  }

  /** Ends the link and all retries; settles once the driver is closed, or its time for that is over. */
  async end(wish: 'disconnected' | 'closed'): Promise<void> {
    const isFirstClose = wish === 'closed' && this.wished !== 'closed';
    if (this.wished !== 'closed') this.wished = wish;
    const isDown = this.keepUp.fact === 'down';
    await this.keepUp.stop(this.wished === 'closed' ? closedError() : disconnectedError());
    if (isDown && isFirstClose) await this.calls.close(); // a driver may hold something although it was never connected
  }

  /** The link of this signal's generation is gone. Reports of earlier generations change nothing. */
  lose(signal: AbortSignal | undefined, error: DeviceError): void {
    this.keepUp.lose(signal, error);
  }

  /** The driver told that its link is gone. */
  loseCurrent(error: DeviceError): void {
    this.keepUp.lose(this.keepUp.signal, error);
  }
}

export const closedError = (): DeviceError => new DeviceError(ErrorCode.CLOSED, 'the device was closed');
export const disconnectedError = (): DeviceError =>
  new DeviceError(ErrorCode.CLOSED, 'the device is disconnected on request');
