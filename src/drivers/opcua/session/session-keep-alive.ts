import type { ClientSession } from 'node-opcua-client';
import type { DeviceError } from '../../../base/errors';
import type { Clock, TimerHandle } from '../../../base/ports';
import { toOpcUaError } from '../library/status-codes';

/** A third of the shortest session time-out in use, so that a session never ends for want of requests. ms */
const INTERVAL_MS = 5000;
/** Server.ServerStatus.State */
const SERVER_STATE = 'i=2259';
const VALUE_ATTRIBUTE = 13;

/**
 * Asks the server for its state every 5 s: keeps the session, and finds out that the other side is gone where no packet
 * says so. The request has node-opcua's time-out.
 */
export class KeepAlive {
  private timer: TimerHandle;
  private stopped = false;

  constructor(
    private readonly session: Pick<ClientSession, 'read'>,
    private readonly clock: Clock,
    private readonly onFailure: (error: DeviceError) => void,
  ) {
    this.schedule();
  }

  stop(): void {
    this.stopped = true;
    this.clock.clearTimeout(this.timer);
  }

  private schedule(): void {
    this.timer = this.clock.setTimeout(() => this.ask(), INTERVAL_MS);
  }

  private ask(): void {
    this.session.read({ nodeId: SERVER_STATE, attributeId: VALUE_ATTRIBUTE }).then(
      () => {
        if (!this.stopped) this.schedule();
      },
      (error: unknown) => {
        if (!this.stopped) this.onFailure(toOpcUaError(error, 'the server does not answer any more'));
      },
    );
  }
}
