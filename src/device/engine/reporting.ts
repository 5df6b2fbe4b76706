import type { DeviceSnapshot } from '../snapshot';
import type { ReadCause } from './session';

/** What came in at once. */
export interface SyncReport {
  readonly snapshot: DeviceSnapshot;
  /** The properties whose value (beyond the deadband) or quality differs from last time. */
  readonly changed: readonly string[];
  readonly cause: ReadCause;
  /** Whether a document of all properties should leave now; else what changed goes out with the next one that is due. */
  readonly isDue: boolean;
}

/**
 * Decides when the document of a device is due: once a sync interval, with what came by notification and by polling alike.
 *
 * - The first sync on a link is due, and so is what a flow asked for.
 * - A change that is notified is due at once, unless the interval has had one already, or the last sync found changes by
 *   polling, so that the next will have a document anyway: then it waits for that sync.
 * - A notification that does not come in place of polling (a button, a step of a motor) has its own pace: due at once.
 * - A sync is due unless a notification's document has left since the sync before it and nothing has changed since.
 */
export class Reporting {
  private isInService = false;
  /** A notification's document has left since the last sync. */
  private hasTold = false;
  /** There are changes that no document had. */
  private isWaiting = false;
  /** The last sync found changes itself. */
  private isPolling = false;

  /** `isPaced`: whether this property is notified in place of being polled. */
  accept(cause: ReadCause, changed: readonly string[], isPaced: (name: string) => boolean): boolean {
    switch (cause) {
      case 'sync':
        return this.acceptSync(changed.length > 0);
      case 'notify':
        return changed.length > 0 && this.acceptChange(changed, isPaced);
      case 'read':
      case 'write':
        // Whoever asked gets an answer; everybody else is told by the next sync.
        this.isWaiting ||= changed.length > 0;
        return true;
    }
  }

  /** The link is gone: what comes next is the first sync on a new one. */
  restart(): void {
    this.isInService = false;
    this.hasTold = false;
    this.isWaiting = false;
    this.isPolling = false;
  }

  private acceptSync(hasChanged: boolean): boolean {
    const isDue = !this.isInService || !this.hasTold || this.isWaiting || hasChanged;
    this.isPolling = this.isInService && hasChanged;
    this.isInService = true;
    this.hasTold = false;
    this.isWaiting = false;
    return isDue;
  }

  private acceptChange(changed: readonly string[], isPaced: (name: string) => boolean): boolean {
    const isFree = !this.hasTold && !this.isPolling;
    if (!this.isInService || (!isFree && changed.every(isPaced))) {
      this.isWaiting = true;
      return false;
    }
    this.hasTold = true;
    this.isWaiting = false;
    return true;
  }
}
