import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws' with { 'resolution-mode': 'import' };
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import type { Ports } from '../../../base/ports';
import { show } from '../../../base/show';
import { readAuthorization, type Authenticate } from '../../../net/http/account';
import { headerOf } from '../../../net/http/headers';
import { HttpListener, type HttpListenerOptions } from '../../../net/http/listener';
import { peerOf } from '../../../net/http/serve';
import { refuseUpgrade } from '../../../net/http/server';
import { WebSocketAcceptor } from '../../../net/websocket/acceptor';
import { WebSocketLink } from '../../../net/websocket/link';
import type { Serialization } from '../../primitive/codec';
import type { RequestPrimitive } from '../../primitive/primitives';
import { codecOf } from '../../primitive/serialization';
import type { Binding, BindingEvents, SenderFacts, SendOptions } from '../binding';
import { unlessAborted } from '../../../base/waiting';
import { readMessage, type MessageContext } from './read-message';

export interface WebSocketReceiverOptions {
  readonly ports: Ports;
  /** A server of our own, or a share in one: an HTTP receiver may have the same path. `maxBodyBytes` is the longest message. */
  readonly listener: HttpListenerOptions;
  /** Where sockets are accepted, and at all that is below it; with its slash and without one at the end. Empty for all. */
  readonly path: string;
  /** How a peer reaches `path` from outside; default: the address of the listener. */
  readonly pointOfAccess?: readonly string[] | undefined;
  /** Whom to let in; default: everybody, and no account is known. */
  readonly authenticate?: Authenticate | undefined;
  /** A ping goes out after so much silence; default 30 s. */
  readonly keepAliveMs?: number;
  /** A socket is lost when nothing arrives for so long after a ping; default 10 s. */
  readonly pingTimeoutMs?: number;
}

/** Sockets at one time; further ones are refused. */
const MOST_SOCKETS = 256;

/** An AE that is to be reached over the socket that it has opened itself says so by this point of access. */
const DEFAULT_SOCKET = /^wss?:\/\/default\/?$/iu;

const SUBPROTOCOLS: Readonly<Record<Serialization, string>> = { json: 'oneM2M.json', cbor: 'oneM2M.cbor' };

/** A socket that was accepted. */
interface Accepted extends MessageContext {
  readonly controller: AbortController;
}

/**
 * TS-0020 from the side of a CSE: accepts sockets, takes the requests that come over them, and sends requests over those of the
 * originators that are connected.
 */
export class WebSocketReceiver implements Binding {
  readonly name = 'websocket';
  readonly events = new EventEmitter<BindingEvents>();
  private readonly listener: HttpListener;
  private readonly acceptor: WebSocketAcceptor;
  private readonly accepted = new Set<Accepted>();
  private isListening = false;
  private isClosed = false;

  constructor(private readonly options: WebSocketReceiverOptions) {
    const { ports, listener, path } = options;
    const { maxBodyBytes: maxMessageBytes } = listener;
    this.acceptor = new WebSocketAcceptor({ subprotocols: Object.values(SUBPROTOCOLS), maxMessageBytes });
    this.listener = new HttpListener(ports, listener, {
      path,
      upgrade: (message, socket, head) => this.onHandshake(message, socket, head),
      consequence: 'sockets cannot be accepted',
      onProblem: (error) => void this.events.emit('problem', error),
    });
  }

  get isUp(): boolean {
    return this.isListening && !this.isClosed;
  }

  get pointOfAccess(): readonly string[] {
    const { pointOfAccess, path } = this.options;
    if (pointOfAccess !== undefined) return pointOfAccess;
    const { address } = this.listener;
    return address === undefined ? [] : [address.replace(/^http/, 'ws') + path];
  }

  open(): void {
    this.start().catch((error: unknown) => {
      this.events.emit('problem', toDeviceError(error, ErrorCode.CONNECT_FAILED));
    });
  }

  /** As `open`. Resolves when sockets are accepted; rejects with a DeviceError where the port cannot be had, which is then tried again. */
  async start(): Promise<void> {
    await this.acceptor.open();
    await this.listener.open();
    if (this.isClosed) return;
    this.isListening = true;
    this.events.emit('up');
  }

  /** Whoever comes to the path is taken, as with `serve`. */
  listen(): Promise<void> {
    return Promise.resolve();
  }

  serve(): Promise<void> {
    return Promise.resolve();
  }

  async send(request: RequestPrimitive, options: SendOptions): Promise<void> {
    const { signal, receiver, pointOfAccess } = options;
    if (this.isClosed) throw closedError();
    signal.throwIfAborted();
    if (pointOfAccess !== undefined && !DEFAULT_SOCKET.test(pointOfAccess)) {
      throw new DeviceError(ErrorCode.CONFIG, 'only sockets that were accepted can be sent over: ws://default');
    }
    if (receiver === undefined) throw new DeviceError(ErrorCode.CONFIG, 'the request names no receiver');
    // The latest: an older one of the same originator may be dead without anybody knowing.
    const found = [...this.accepted].findLast(({ sender }) => sender.originator === receiver);
    if (found === undefined) throw new DeviceError(ErrorCode.LINK_LOST, `${show(receiver)} has no socket here`);
    const codec = await codecOf(options.serialization ?? found.serialization);
    signal.throwIfAborted();
    await unlessAborted(found.link.send(codec.encode(request)), signal);
  }

  /** Always resolves, within two seconds; the sockets are told that this side is going away. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    const links = [...this.accepted].map((one) => {
      one.controller.abort(closedError());
      return one.link.close(GOING_AWAY);
    });
    this.accepted.clear();
    await Promise.all(links);
    await this.listener.close();
  }

  private onHandshake(message: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.admit(message, socket, head).catch((error: unknown) => {
      socket.destroy();
      this.options.ports.log.error(`A WebSocket handshake could not be handled: ${String(error)}`);
    });
  }

  private async admit(message: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { authenticate } = this.options;
    const { headers } = message;
    const account = await authenticate?.(readAuthorization(headerOf(headers, 'authorization')));
    if (authenticate !== undefined && account === undefined) {
      refuseUpgrade(socket, '401 Unauthorized', { 'WWW-Authenticate': 'Basic realm="oneM2M"' });
      return;
    }
    if (this.isClosed || this.accepted.size >= MOST_SOCKETS) {
      refuseUpgrade(socket, '503 Service Unavailable');
      return;
    }
    const originator = headerOf(headers, 'x-m2m-origin');
    const sender: SenderFacts = {
      ...peerOf(message),
      ...(account === undefined ? {} : { account }),
      ...(originator === undefined || originator === '' ? {} : { originator }),
    };
    this.acceptor.accept(message, socket, head, (one) => this.take(one, sender));
  }

  private take(socket: WebSocket, sender: SenderFacts): void {
    const { ports, keepAliveMs, pingTimeoutMs } = this.options;
    const via = `the socket of ${sender.originator === undefined ? (sender.address ?? 'a peer') : show(sender.originator)}`;
    const controller = new AbortController();
    const link: WebSocketLink = new WebSocketLink({
      clock: ports.clock,
      peer: { noun: 'the peer', address: via, plainAdvice: '', silentAdvice: '' },
      keepAliveMs,
      pingTimeoutMs,
      onMessage: (message) => {
        if (this.isClosed) return;
        readMessage(message, accepted).then(
          (tell) => {
            if (!this.isClosed) tell(this.events);
          },
          (error: unknown) => ports.log.error(`A message of ${via} could not be handled: ${String(error)}`),
        );
      },
      onLost: (error) => {
        this.accepted.delete(accepted);
        controller.abort(error);
      },
    });
    const serialization = socket.protocol === SUBPROTOCOLS.cbor ? 'cbor' : 'json';
    const accepted: Accepted = { link, serialization, sender, gone: controller.signal, via, controller };
    link.take(socket);
    if (this.isClosed) void link.close(GOING_AWAY);
    else this.accepted.add(accepted);
  }
}

/** RFC 6455, 7.4.1. */
const GOING_AWAY = 1001;

const closedError = (): DeviceError => new DeviceError(ErrorCode.CLOSED, 'the WebSocket receiver was closed');
