import { EventEmitter } from 'node:events';
import { withDeadline } from '../../../base/deadline';
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import type { Ports } from '../../../base/ports';
import type { ReceivedMessage } from '../../../base/broker-connection';
import type { ServerUrl } from '../../../mqtt/client/server-url';
import { topicMatches } from '../../../mqtt/client/topic';
import type { RequestPrimitive } from '../../primitive/primitives';
import { Recent } from '../../../base/recent';
import { codecOf, jsonCodec } from '../../primitive/serialization';
import { cseFilters, notificationFilters } from '../../primitive/topics';
import type { Serialization } from '../../primitive/codec';
import type { Binding, BindingEvents, CloseOptions, SendOptions } from '../binding';
import type { Endpoint } from '../endpoint';
import { PeerSenders } from '../peer-senders';
import { parsePointOfAccess } from '../point-of-access';
import { unlessAborted } from '../../../base/waiting';
import type { BrokerConnection } from '../../../base/broker-connection';
import { MqttIncoming } from './incoming';
import { isAe, Routes, type Route, type RouteOptions } from './routes';
import { asSendError } from './send-errors';
import { TopicSubscriptions } from './topic-subscriptions';

/** A connection to a broker, and how to leave nothing behind there. */
export interface BrokerAccess {
  readonly connection: BrokerConnection;
  /** Where it is; points of access there are reached over this connection. */
  readonly server?: ServerUrl | undefined;
  /** Makes the broker forget this client after the connection was closed (TS-0010 6.3). */
  readonly forget?: (() => Promise<void>) | undefined;
}

export interface MqttBindingOptions extends BrokerAccess, RouteOptions {
  /** `//sp.example`, or empty: for notifications addressed with it. */
  readonly spID: string;
  readonly serialization: Serialization;
  /** In front of the first slash of every topic. */
  readonly topicPrefix?: string;
  /** A topic of the user's own on which notifications come too. */
  readonly notifyTopic?: string;
  readonly pointOfAccess: readonly string[];
  /** A connection to another broker, for points of access there; without it they cannot be reached. */
  readonly connectTo?: ((endpoint: Endpoint) => BrokerAccess) | undefined;
  /** The longest payload that is read, in bytes; default 1 MB. */
  readonly maxPayloadBytes?: number;
  readonly ports: Ports;
}

/** Originators whose answers are listened for at one time: an AE has one, and flows may speak for a few more. */
const MAX_ORIGINATORS = 50;
/** Own requests that are known again when they come back. */
const REMEMBERED = 200;
const MAX_PAYLOAD_BYTES = 1_000_000;
const SEND = { qos: 1, retained: false, waitTimeoutMs: 0 } as const;
const CLOSE_DEADLINE_MS = 2500;
const UNSUBSCRIBE_DEADLINE_MS = 1000;

/** TS-0010: requests and answers on topics of a broker, at QoS 1. */
export class MqttBinding implements Binding {
  readonly name = 'mqtt';
  readonly events = new EventEmitter<BindingEvents>();
  readonly pointOfAccess: readonly string[];
  private readonly connection: BrokerConnection;
  private readonly prefix: string;
  private readonly responses: TopicSubscriptions;
  private readonly notifications: TopicSubscriptions;
  private readonly served: TopicSubscriptions;
  private readonly routes: Routes;
  private readonly peers: PeerSenders;
  /** Aborted when the broker is gone; another one for each connection. */
  private gone = new AbortController();
  /** The originators of own requests, by `rqi`. */
  private readonly published = new Recent<string>(REMEMBERED);
  private readonly refused = new Set<string>();
  private isOpen = false;
  private isClosed = false;

  constructor(private readonly options: MqttBindingOptions) {
    this.connection = options.connection;
    this.prefix = options.topicPrefix ?? '';
    this.pointOfAccess = options.pointOfAccess;
    this.routes = new Routes(options, this.prefix);
    this.peers = new PeerSenders((endpoint) => this.createPeer(endpoint), this.events);
    const incoming = new MqttIncoming({
      prefix: this.prefix,
      maxPayloadBytes: options.maxPayloadBytes ?? MAX_PAYLOAD_BYTES,
      log: options.ports.log,
      events: this.events,
      gone: () => this.gone.signal,
      isOwn: ({ rqi, fr = '' }) => this.published.get(rqi) === fr,
      answer: async (topic, payload) => {
        this.throwIfDown();
        await this.connection.publish(topic, payload, SEND);
      },
    });
    const handler = (message: ReceivedMessage): void => {
      if (!this.isClosed) incoming.receive(message);
    };
    this.responses = new TopicSubscriptions(this.connection, handler, MAX_ORIGINATORS);
    this.notifications = new TopicSubscriptions(this.connection, handler);
    this.served = new TopicSubscriptions(this.connection, handler);
  }

  get isUp(): boolean {
    return this.isOpen && !this.isClosed && this.connection.isConnected;
  }

  open(): void {
    if (this.isOpen || this.isClosed) return;
    this.isOpen = true;
    this.connection.events.on('connected', this.onConnected);
    this.connection.events.on('disconnected', this.onDisconnected);
    this.connection.events.on('problem', this.onProblem);
    this.connection.open();
  }

  async send(request: RequestPrimitive, options: SendOptions): Promise<void> {
    const { registration, pointOfAccess, receiver, signal } = options;
    const given = pointOfAccess === undefined ? undefined : parsePointOfAccess(pointOfAccess, ['mqtt', 'mqtts']);
    if (given !== undefined && !this.isHere(given.endpoint)) {
      await this.peers.send(given.endpoint, request, options);
      return;
    }
    this.throwIfDown();
    signal.throwIfAborted();
    const serialization = options.serialization ?? this.options.serialization;
    const kind = registration === 'reg_req' ? 'reg_req' : 'req';
    const topic = given?.path.slice(1) ?? '';
    const cseID = given?.endpoint.cseID ?? '';
    const named = receiver ?? (cseID === '' ? undefined : cseID);
    const route =
      topic === '' ? this.routes.of(request, { kind, serialization, receiver: named }) : this.routes.named(topic);
    const codec = serialization === 'json' ? jsonCodec : await codecOf(serialization);
    await this.publish(request, codec.encode(request), route, options);
  }

  /**
   * All forms in which CSEs notify an AE. Rejects where the broker refuses the standard one; where it refuses another that is a problem
   * to be told, for only some CSEs need it.
   */
  async listen(originator: string): Promise<void> {
    const { receiver: cseID, spID, notifyTopic = '' } = this.options;
    const isAssigned = isAe(originator);
    const filters = isAssigned ? notificationFilters({ aeID: originator, cseID, spID, prefix: this.prefix }) : [];
    if (isAssigned && notifyTopic !== '' && !filters.some(({ filter }) => topicMatches(filter, notifyTopic))) {
      filters.push({ filter: notifyTopic, isStandard: false });
    }
    const former = this.notifications.filters.filter((known) => !filters.some(({ filter }) => filter === known));
    await Promise.all(
      filters.map(async ({ filter, isStandard }) => {
        try {
          await this.notifications.add(filter);
        } catch (error) {
          if (isStandard || this.isClosed) throw error;
          this.events.emit('problem', toDeviceError(error, ErrorCode.LINK_LOST));
        }
      }),
    );
    await Promise.all(former.map((filter) => this.notifications.end(filter)));
  }

  async serve(cseID: string): Promise<void> {
    await Promise.all(cseFilters(cseID, this.prefix).map((filter) => this.served.add(filter)));
  }

  async close({ forget = false }: CloseOptions = {}): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.gone.abort(new DeviceError(ErrorCode.CLOSED, 'the MQTT binding was closed'));
    const { clock } = this.options.ports;
    const deadline = { clock, ms: CLOSE_DEADLINE_MS, message: 'the broker did not answer' };
    const left = withDeadline(deadline, () => this.leave(forget)).catch(() => undefined);
    await Promise.all([left, this.peers.close({ forget })]);
    this.connection.events.off('connected', this.onConnected);
    this.connection.events.off('disconnected', this.onDisconnected);
    this.connection.events.off('problem', this.onProblem);
  }

  private readonly onConnected = (): void => {
    if (this.isClosed) return;
    if (this.gone.signal.aborted) this.gone = new AbortController();
    this.events.emit('up');
  };

  private readonly onDisconnected = (error: DeviceError): void => {
    if (this.isClosed) return;
    this.gone.abort(error);
    this.events.emit('down', error);
  };

  private readonly onProblem = (error: DeviceError): void => {
    if (!this.isClosed) this.events.emit('problem', error);
  };

  private async publish(
    { rqi, fr = '' }: RequestPrimitive,
    payload: string | Buffer,
    { topic, filter }: Route,
    { signal, onSetback }: SendOptions,
  ): Promise<void> {
    let mayHaveLeft = false;
    try {
      if (filter !== undefined && !this.responses.isLatest(filter)) await unlessAborted(this.hear(filter), signal);
      this.throwIfDown();
      this.published.add(rqi, fr);
      mayHaveLeft = true;
      await this.connection.publish(topic, payload, { ...SEND, signal, ...(onSetback && { onSetback }) });
    } catch (error) {
      throw asSendError(toDeviceError(error, ErrorCode.LINK_LOST), mayHaveLeft);
    }
  }

  /** Answers on this filter. That a broker refuses it is told once, however many requests fail for it. */
  private async hear(filter: string): Promise<void> {
    try {
      await this.responses.add(filter);
      this.refused.delete(filter);
    } catch (error) {
      const refusal = toDeviceError(error, ErrorCode.LINK_LOST);
      if (refusal.code === 'MQTT_SUBSCRIBE_REFUSED' && !this.refused.has(filter)) {
        this.refused.add(filter);
        this.onProblem(refusal);
      }
      throw refusal;
    }
  }

  /** Where others use the connection, or its session stays, the subscriptions would too. */
  private async leave(forget: boolean): Promise<void> {
    const { ports, forget: forgetSession } = this.options;
    if (forget && forgetSession === undefined && this.connection.isConnected) {
      const deadline = { clock: ports.clock, ms: UNSUBSCRIBE_DEADLINE_MS, message: 'the broker did not answer' };
      const ended = Promise.all([this.responses, this.notifications, this.served].map((each) => each.endAll()));
      await withDeadline(deadline, () => ended).catch(() => undefined);
    }
    await this.connection.close();
    if (forget) await forgetSession?.();
  }

  /** Whether a point of access is at this broker. */
  private isHere({ scheme, host, port }: Endpoint): boolean {
    const { server } = this.options;
    if (server?.host !== host) return false;
    const isSecure = server.transport === 'tls' || server.transport === 'wss';
    if (isSecure !== (scheme === 'mqtts')) return false;
    // What is reached through a WebSocket is also there by MQTT itself, as points of access say it.
    const isPlain = server.transport === 'tcp' || server.transport === 'tls';
    return port === (isPlain ? server.port : isSecure ? 8883 : 1883);
  }

  /** Throws a DeviceError CONFIG where only this broker is spoken to. */
  private createPeer(endpoint: Endpoint): MqttBinding {
    const { connectTo } = this.options;
    if (connectTo === undefined) {
      throw new DeviceError(
        ErrorCode.CONFIG,
        `the point of access ${endpoint.text} is at a broker that is not connected`,
      );
    }
    const { connection, forget } = connectTo(endpoint);
    const { server, cseID: receiver } = endpoint;
    return new MqttBinding({ ...this.options, connection, forget, server, receiver, connectTo: undefined });
  }

  private throwIfDown(): void {
    if (this.isClosed) throw new DeviceError(ErrorCode.CLOSED, 'the MQTT binding was closed');
    if (!this.isUp) throw new DeviceError(ErrorCode.LINK_LOST, 'the broker is not connected');
  }
}
