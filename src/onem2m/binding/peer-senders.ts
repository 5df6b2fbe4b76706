import type { EventEmitter } from 'node:events';
import { DeviceError, ErrorCode } from '../../base/errors';
import type { RequestPrimitive } from '../primitive/primitives';
import type { BindingEvents, CloseOptions, RequestSender, SendOptions } from './binding';
import type { Endpoint } from './endpoint';
import { unlessAborted } from '../../base/waiting';

/** Peers that a connection is kept to; beyond, the one longest unused is closed. */
const MOST_PEERS = 32;

interface Peer {
  readonly sender: RequestSender;
  /** Settles with the first `up` or `down`, or when the peer is given up. */
  readonly reached: Promise<void>;
  readonly fail: (error: DeviceError) => void;
}

/**
 * Senders to points of access besides one's own, each made when it is first needed and kept while its link lasts. One that cannot be
 * reached, or is lost, is tried again by the next request only: how often that is, its sender decides.
 */
export class PeerSenders {
  /** By address; the one longest unused first. */
  private readonly peers = new Map<string, Peer>();
  private isClosed = false;

  constructor(
    private readonly create: (endpoint: Endpoint) => RequestSender,
    /** Where answers, and what is wrong with them, are told. */
    private readonly events: EventEmitter<BindingEvents>,
  ) {}

  /** As `RequestSender.send`. */
  async send(endpoint: Endpoint, request: RequestPrimitive, options: SendOptions): Promise<void> {
    if (this.isClosed) throw closedError();
    const key = keyOf(endpoint);
    const peer = this.peers.get(key) ?? this.open(key, endpoint);
    this.peers.delete(key);
    this.peers.set(key, peer);
    this.dropOldest();
    await unlessAborted(peer.reached, options.signal);
    await peer.sender.send(request, options);
  }

  /** Always settles. */
  async close(options?: CloseOptions): Promise<void> {
    this.isClosed = true;
    await Promise.all([...this.peers].map(([key, peer]) => this.end(key, peer, closedError(), options)));
  }

  private open(key: string, endpoint: Endpoint): Peer {
    const sender = this.create(endpoint);
    const { events } = sender;
    let [reach, fail]: [() => void, (error: DeviceError) => void] = [() => undefined, () => undefined];
    const reached = new Promise<void>((resolve, reject) => ([reach, fail] = [resolve, reject]));
    // Who waits for it is told; where nobody does, nobody wants to know.
    reached.catch(() => undefined);
    const peer = { sender, reached, fail };
    events.once('up', reach);
    events.once('down', (error) => void this.end(key, peer, error));
    events.on('response', (response, traits) => this.events.emit('response', response, traits));
    events.on('malformed', (malformed) => this.events.emit('malformed', malformed));
    events.on('problem', (error) => this.events.emit('problem', error));
    sender.open();
    return peer;
  }

  /** Never rejects. */
  private async end(key: string, { sender, fail }: Peer, reason: DeviceError, options?: CloseOptions): Promise<void> {
    if (this.peers.get(key)?.sender === sender) this.peers.delete(key);
    sender.events.removeAllListeners();
    fail(reason);
    await sender.close(options);
  }

  private dropOldest(): void {
    if (this.peers.size <= MOST_PEERS) return;
    const [oldest] = this.peers;
    if (oldest !== undefined) void this.end(...oldest, closedError());
  }
}

/** The same for all that the same link can carry. */
const keyOf = ({ scheme, host, port, path, username = '' }: Endpoint): string =>
  `${scheme}://${username}@${host}:${port}${path}`;

const closedError = (): DeviceError => new DeviceError(ErrorCode.CLOSED, 'the connection was closed');
