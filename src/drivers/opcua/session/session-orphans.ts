import type { ClientSession } from 'node-opcua-client';
import type { Clock } from '../../../base/ports';

/** How long the server keeps a session nobody uses; short, so that what a crash leaves behind is soon free again. ms */
export const SESSION_TIMEOUT_MS = 30_000;

/**
 * Sessions whose connection broke before they could be closed. They still take a place at the server, which may have no
 * other: the next connection takes them over and closes them. Forgotten when the server has forgotten them.
 */
export class Orphans {
  private entries: { readonly session: ClientSession; readonly until: number }[] = [];

  constructor(private readonly clock: Clock) {}

  add(session: ClientSession): void {
    this.entries = [...this.alive(), { session, until: this.clock.now() + SESSION_TIMEOUT_MS }];
  }

  remove(session: ClientSession): void {
    this.entries = this.entries.filter((entry) => entry.session !== session);
  }

  list(): readonly ClientSession[] {
    return this.alive().map(({ session }) => session);
  }

  private alive(): typeof this.entries {
    return this.entries.filter(({ until }) => until > this.clock.now());
  }
}
