import { settlesWithin } from '../../../base/settle-within';

/**
 * What was begun on a session and has not settled yet: a session must not be closed under it. The server would keep what it
 * was just making for others of the session, and node-opcua goes on with the answer in turns of which nobody knows.
 */
export class Begun {
  private readonly open = new Set<Promise<unknown>>();

  /** Answers `work` itself. */
  add<T>(work: Promise<T>): Promise<T> {
    const end = (): unknown => this.open.delete(work);
    this.open.add(work);
    work.then(end, end);
    return work;
  }

  /** Settles when all has settled, also what began meanwhile, and a turn after it; at the latest after `ms`. */
  async settled(ms: number): Promise<void> {
    await settlesWithin(ms, this.all());
    await new Promise((resolve) => setImmediate(resolve));
  }

  private async all(): Promise<void> {
    while (this.open.size > 0) await Promise.allSettled(this.open);
  }
}
