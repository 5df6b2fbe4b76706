import type { Store } from 'mqtt';
import type { ServerUrl } from '../../client/connection-options';
import type { PacketIds } from './packet-ids';
import type { SessionState } from './session-state';

/** Whether the broker still has the session of the last connection with it. `unknown`: MQTT 3.1 has no word for it. */
export type SessionPresence = 'present' | 'none' | 'unknown';

interface ServerSession {
  readonly state: SessionState;
  /** Packet identifiers that the broker may still hold from before another server was used. */
  held: ReadonlySet<number>;
}

/**
 * The sessions of one client with several brokers. What is under way belongs to the last one: with another broker it is published afresh,
 * and identifiers that a broker may hold from an earlier time are left alone there, as it would take a new QoS 2 message for an old one.
 */
export class ServerSessions {
  private readonly sessions = new Map<string, ServerSession>();
  private last: ServerSession | undefined;

  constructor(
    private readonly ids: PacketIds,
    private readonly onReceived: SessionState['onReceived'],
  ) {}

  /** The state of the session with a server, made if need be. */
  of(server: ServerUrl, createStore: () => Store): SessionState {
    return this.at(server, createStore).state;
  }

  /**
   * A server has accepted; `unanswered`: the identifiers of what is under way. Answers whether that belongs to its session. From now on
   * identifiers are given that are free in it.
   */
  enter(server: ServerUrl, presence: SessionPresence, unanswered: Iterable<number>): boolean {
    const session = this.sessions.get(server.text);
    if (session === undefined) return presence !== 'none';
    const { last } = this;
    this.last = session;
    const isSame = last === undefined || last === session;
    if (!isSame) last.held = new Set([...last.held, ...unanswered]);
    if (presence === 'none') session.held = new Set();
    this.ids.keepOnly(presence === 'none' ? [] : isSame ? [...session.held, ...unanswered] : session.held);
    return isSame && presence !== 'none';
  }

  private at(server: ServerUrl, createStore: () => Store): ServerSession {
    const known = this.sessions.get(server.text);
    if (known !== undefined) return known;
    const state = { ids: this.ids, incoming: createStore(), onReceived: this.onReceived };
    const session: ServerSession = { state, held: new Set() };
    this.sessions.set(server.text, session);
    return session;
  }
}
