import type { Node } from 'node-red';
import type { DeviceError } from '../../base/errors';
import { toFlowError } from './flow-error';

/** Distinct errors remembered; the oldest is forgotten first. */
const REMEMBERED = 50;

/**
 * The one way by which errors that no message caused leave a node: to Catch nodes, and to the log where none catches them.
 * The same error is told once; its repeats are counted, and the count is logged when the trouble is over.
 */
export class ErrorFunnel {
  private readonly seen = new Map<string, { source: string; message: string; repeats: number }>();

  /** `context` is what the message of a Catch node holds besides `error`: who it was. */
  constructor(
    private readonly node: Node,
    private readonly context: () => Record<string, unknown> = () => ({}),
  ) {}

  /** `source` groups errors that end together (`device`, `mqtt`). Answers whether it was news. */
  report(source: string, error: DeviceError): boolean {
    const key = `${source} ${error.code} ${error.message}`;
    const known = this.seen.get(key);
    if (known !== undefined) {
      known.repeats += 1;
      return false;
    }
    if (this.seen.size >= REMEMBERED) {
      const [oldest] = this.seen.keys();
      if (oldest !== undefined) this.seen.delete(oldest);
    }
    this.seen.set(key, { source, message: error.message, repeats: 0 });
    this.node.error(toFlowError(error), this.context());
    return true;
  }

  /** The trouble of this source is over: from now on the same error is news again. */
  recovered(source: string): void {
    for (const [key, entry] of this.seen) {
      if (entry.source !== source) continue;
      this.seen.delete(key);
      if (entry.repeats > 0) this.node.log(`Over, after ${entry.repeats} more times: ${entry.message}`);
    }
  }
}
