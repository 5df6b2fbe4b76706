import type { DriverCalls } from './driver-calls';
import { ErrorCode, toDeviceError, type DeviceError } from '../../base/errors';
import type { Property } from '../property';
import { RequestQueue, type RequestQueueOptions } from '../../base/request-queue';

/** How many actions of one device may be under way at once; more wait for their turn. */
const IN_FLIGHT = 10;

interface Action {
  readonly action: string;
  readonly message: Readonly<Record<string, unknown>>;
}

/**
 * A protocol's own actions (`Driver.perform`) on behalf of flows. They wait for the link like reads and writes, but run
 * beside the session's work: a browse or a history read that takes long must not hold up the syncs.
 */
export class ActionQueue<P extends Property> {
  private readonly queue: RequestQueue<Action, unknown>;
  private signal: AbortSignal | undefined;
  private inFlight = 0;

  constructor(
    private readonly calls: DriverCalls<P>,
    options: RequestQueueOptions,
  ) {
    this.queue = new RequestQueue(options);
  }

  /** Rejects with QUEUE_FULL, with what the driver said, or with why there was no answer. */
  add(action: string, message: Readonly<Record<string, unknown>>): Promise<unknown> {
    const answer = this.queue.add({ action, message });
    this.run();
    return answer;
  }

  /** The link is up until this signal is aborted, which also ends what is under way then. */
  setLinkUp(signal: AbortSignal): void {
    this.signal = signal;
    this.queue.setLinkUp(true);
    this.run();
  }

  setLinkDown(): void {
    this.signal = undefined;
    this.queue.setLinkUp(false);
  }

  /** Rejects all that wait. */
  clear(reason: DeviceError): void {
    this.queue.clear(reason);
  }

  private run(): void {
    const { signal } = this;
    if (signal === undefined || signal.aborted) return;
    for (const { item, resolve, reject } of this.queue.take(IN_FLIGHT - this.inFlight)) {
      this.inFlight += 1;
      this.calls
        .perform(item.action, item.message, signal)
        .then(resolve, (error: unknown) => reject(toDeviceError(error, ErrorCode.BAD_RESPONSE)))
        .finally(() => {
          this.inFlight -= 1;
          this.run();
        })
        .catch(() => undefined); // `resolve` and `reject` of a promise do not throw
    }
  }
}
