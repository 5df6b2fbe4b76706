import { EventEmitter } from 'node:events';
import { Backoff } from '../../../base/backoff';
import { KeepUp } from '../../../base/keep-up';
import { DeviceError, ErrorCode } from '../../../base/errors';
import type { Ports } from '../../../base/ports';
import { authorization, type HttpAccount } from '../../../net/http/account';
import { headerText } from '../../../net/http/headers';
import type { SocketPeer } from '../../../net/socket-errors';
import { withoutName, type TlsOptions } from '../../../net/tls-client';
import { WebSocketLink, type SocketMessage, type WebSocketAddress } from '../../../net/websocket/link';
import type { Endpoint } from '../endpoint';
import type { RequestPrimitive } from '../../primitive/primitives';
import { codecOf } from '../../primitive/serialization';
import type { Serialization } from '../../primitive/codec';
import type { Binding, BindingEvents, SendOptions } from '../binding';
import { notOneM2M } from '../http/answer';
import { PeerSenders } from '../peer-senders';
import { parsePointOfAccess } from '../point-of-access';
import { unlessAborted } from '../../../base/waiting';
import { readMessage, type MessageContext } from './read-message';

export interface WebSocketBindingOptions {
  /** `ws` or `wss`. */
  readonly endpoint: Endpoint;
  readonly serialization: Serialization;
  readonly ports: Ports;
  /** For `wss`. */
  readonly tls?: TlsOptions | undefined;
  /** Instead of user and password of the endpoint. */
  readonly account?: HttpAccount | undefined;
  /** The longest message that is taken, in bytes; default 1 MB. */
  readonly maxMessageBytes?: number;
  /** A ping goes out after so much silence; default 30 s. */
  readonly keepAliveMs?: number;
  /** The link is lost when nothing arrives for so long after a ping; default 10 s. */
  readonly pingTimeoutMs?: number;
  /** For the handshake; default 10 s. */
  readonly connectTimeoutMs?: number;
}

/** A connection that held this long counts as a success; one that breaks sooner goes on backing off. */
const STABLE_MS = 1000;

/** How ACME wants to be told that an AE is to be reached over the socket it has opened itself. */
const POINT_OF_ACCESS: readonly string[] = ['ws://default'];

/** `C` and `S` ask the CSE for an id, and are none. */
const isKnown = (originator: string): boolean => originator !== '' && originator !== 'C' && originator !== 'S';

/**
 * TS-0020: bare primitives as messages over one socket, in both directions. The CSE knows whose socket it is by the
 * X-M2M-Origin of its handshake: with another originator the socket is made anew.
 */
export class WebSocketBinding implements Binding {
  readonly name = 'websocket';
  readonly events = new EventEmitter<BindingEvents>();
  readonly pointOfAccess = POINT_OF_ACCESS;
  private readonly keepUp: KeepUp;
  private readonly peer: SocketPeer;
  private readonly peers: PeerSenders;
  private originator = '';
  private link: WebSocketLink | undefined;
  /** Settles when the socket has been made anew for another originator. */
  private renewal: Promise<void> | undefined;
  private isRenewing = false;
  private wasUp = false;
  private isClosed = false;

  constructor(private readonly options: WebSocketBindingOptions) {
    const { clock, log, random } = options.ports;
    const backoff = new Backoff(random);
    this.keepUp = new KeepUp({
      clock,
      attempt: (signal) => this.attempt(signal),
      pause: (heldMs = 0) => {
        if (heldMs >= STABLE_MS) backoff.reset();
        return backoff.next();
      },
      takeDown: () => this.leave(),
      onUp: () => this.onUp(),
      onDown: (error) => this.onDown(error),
      onFault: (error) => log.error(`The connection to ${this.text} could not be handled: ${String(error)}`),
    });
    // None of user and password, which are for this peer only.
    this.peers = new PeerSenders(
      (endpoint) => new WebSocketBinding({ ...options, endpoint, account: undefined, tls: withoutName(options.tls) }),
      this.events,
    );
    this.peer = {
      noun: 'the CSE',
      address: options.endpoint.text,
      plainAdvice: 'This port probably speaks plain WebSocket: use ws://, or another port.',
      silentAdvice: 'Check that this port speaks WebSocket, and whether with TLS (wss://) or not.',
    };
  }

  get isUp(): boolean {
    return !this.isClosed && this.wasUp;
  }

  open(): void {
    if (!this.isClosed) this.keepUp.start();
  }

  async send(request: RequestPrimitive, options: SendOptions): Promise<void> {
    const { signal, pointOfAccess } = options;
    signal.throwIfAborted();
    if (pointOfAccess !== undefined && !POINT_OF_ACCESS.includes(pointOfAccess)) {
      const { endpoint } = parsePointOfAccess(pointOfAccess, ['ws', 'wss']);
      if (!isSame(endpoint, this.options.endpoint)) {
        await this.peers.send(endpoint, request, options);
        return;
      }
    }
    const payload = (await codecOf(options.serialization ?? this.options.serialization)).encode(request);
    if (this.renewal !== undefined) await unlessAborted(this.renewal, signal);
    signal.throwIfAborted();
    const link = this.link;
    if (link?.isConnected !== true) throw this.notConnected();
    await unlessAborted(link.send(payload), signal);
  }

  async listen(originator: string): Promise<void> {
    if (originator === this.originator) return this.renewal;
    const isNewToThePeer = isKnown(originator) || isKnown(this.originator);
    this.originator = originator;
    if (this.link === undefined || !isNewToThePeer || this.isClosed) return;
    this.renewal ??= this.renew().finally(() => (this.renewal = undefined));
    return this.renewal;
  }

  /** The peer sends whatever it has over the socket. */
  serve(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await Promise.all([this.keepUp.stop(this.notConnected()), this.peers.close()]);
  }

  /** The old socket first: ACME forgets whose the new one is when the old one of the same originator ends after it. */
  private async renew(): Promise<void> {
    let served: string;
    do {
      served = this.originator;
      this.isRenewing = true;
      const outcome = this.keepUp.restart(this.notConnected());
      this.isRenewing = false;
      await outcome;
    } while (served !== this.originator);
  }

  private onUp(): void {
    if (this.wasUp) return;
    this.wasUp = true;
    this.events.emit('up');
  }

  /** A socket that is made anew counts as up meanwhile. */
  private onDown(error: DeviceError): void {
    if (this.isClosed || this.isRenewing) return;
    this.wasUp = false;
    this.events.emit('down', error);
  }

  private leave(): Promise<void> | undefined {
    const { link } = this;
    this.link = undefined;
    return link?.close();
  }

  private async attempt(signal: AbortSignal): Promise<void> {
    const { ports, serialization, keepAliveMs, pingTimeoutMs } = this.options;
    // A codec that cannot be loaded is better known before anything is sent.
    await codecOf(serialization);
    signal.throwIfAborted();
    const link: WebSocketLink = new WebSocketLink({
      clock: ports.clock,
      peer: this.peer,
      keepAliveMs,
      pingTimeoutMs,
      onMessage: (message) => {
        this.receive(message, context).catch((error: unknown) => {
          ports.log.error(`A message of ${this.text} could not be handled: ${String(error)}`);
        });
      },
      onLost: (error) => {
        if (this.link === link) this.link = undefined;
        this.keepUp.lose(signal, error);
      },
    });
    const context = { link, serialization, sender: {}, gone: signal, via: this.text };
    this.link = link;
    await link.open(this.address()).catch((error: unknown) => {
      if (this.link === link) this.link = undefined;
      throw error;
    });
  }

  private address(): WebSocketAddress {
    const { endpoint, serialization, account, tls, maxMessageBytes, connectTimeoutMs } = this.options;
    const { scheme, host, port, path } = endpoint;
    const originator = isKnown(this.originator) ? { 'X-M2M-Origin': headerText('fr', this.originator) } : {};
    return {
      isSecure: scheme === 'wss',
      host,
      port,
      path,
      subprotocol: `oneM2M.${serialization}`,
      headers: { ...originator, ...authorization(account ?? endpoint) },
      tls,
      maxMessageBytes,
      connectTimeoutMs,
      explainRefusal: ({ statusCode = 0, headers }) =>
        notOneM2M(statusCode, { ...headers, 'content-type': 'text/plain' }, 1),
    };
  }

  private async receive(message: SocketMessage, context: MessageContext): Promise<void> {
    if (this.isClosed) return;
    const tell = await readMessage(message, context);
    if (!this.isClosedNow()) tell(this.events);
  }

  private isClosedNow(): boolean {
    return this.isClosed;
  }

  private get text(): string {
    return this.options.endpoint.text;
  }

  private notConnected(): DeviceError {
    return this.isClosed
      ? new DeviceError(ErrorCode.CLOSED, 'the WebSocket binding was closed')
      : new DeviceError(ErrorCode.LINK_LOST, `${this.text} is not connected`);
  }
}

const isSame = (one: Endpoint, other: Endpoint): boolean =>
  one.scheme === other.scheme && one.host === other.host && one.port === other.port && one.path === other.path;
