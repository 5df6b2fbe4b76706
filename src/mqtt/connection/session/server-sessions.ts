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
  /** That of the last session of an earlier run, and identifiers that it may hold. */
  private earlier: string | undefined;
  private heldEarlier: ReadonlySet<number> = new Set();

  constructor(
    private readonly ids: PacketIds,
    private readonly onReceived: SessionState['onReceived'],
  ) {}

  /** What is under way in the store of an earlier run belongs to the session with this server, whether it is still used or not. */
  goOnFrom(server: string | undefined): void {
    this.earlier = server;
  }

  /** The state of the session with a server, made if need be. `isFresh`: the broker has forgotten what an earlier run received. */
  of(server: ServerUrl, createStore: (isFresh: boolean) => Store): SessionState {
    return this.at(server, createStore).state;
  }

  /**
   * A server has accepted; `unanswered`: the identifiers of what is under way. Answers whether that belongs to its session. From now on
   * identifiers are given that are free in it.
   */
  enter(server: ServerUrl, presence: SessionPresence, unanswered: Iterable<number>): boolean {
    const session = this.sessions.get(server.text);
    if (session === undefined) return presence !== 'none';
    const { last, earlier } = this;
    this.last = session;
    const isSame = last === undefined ? earlier === undefined || earlier === server.text : last === session;
    if (!isSame) this.leave(last, unanswered);
    if (presence === 'none') session.held = new Set();
    this.ids.keepOnly(presence === 'none' ? [] : isSame ? [...session.held, ...unanswered] : session.held);
    return isSame && presence !== 'none';
  }

  /** What is under way is published afresh elsewhere. */
  private leave(last: ServerSession | undefined, unanswered: Iterable<number>): void {
    if (last === undefined) this.heldEarlier = new Set(unanswered);
    const left = last ?? this.sessions.get(this.earlier ?? '');
    if (left !== undefined) left.held = new Set([...left.held, ...unanswered]);
  }

  private at(server: ServerUrl, createStore: (isFresh: boolean) => Store): ServerSession {
    const known = this.sessions.get(server.text);
    if (known !== undefined) return known;
    const renewIncoming = (): Store => createStore(true);
    const state = { ids: this.ids, incoming: createStore(false), renewIncoming, onReceived: this.onReceived };
    const session: ServerSession = { state, held: server.text === this.earlier ? this.heldEarlier : new Set() };
    this.sessions.set(server.text, session);
    return session;
  }
}
