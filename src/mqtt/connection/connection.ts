import { EventEmitter } from 'node:events';
import type * as Mqtt from 'mqtt';
import { DeviceError, ErrorCode } from '../../base/errors';
import type { DeliveryOptions, ReceivedMessage } from '../../base/broker-connection';
import { KeepUp } from '../../base/keep-up';
import { loadPackage } from '../../base/optional-package';
import type { Ports, TimerHandle } from '../../base/ports';
import { LimitNotices, type BrokerLimits } from '../client/broker-limits';
import { EarlyCuts } from './attempt/early-cuts';
import { WillChoice } from './attempt/will-choice';
import { NetworkConnection, type ConnectionLoss } from './link/network-connection';
import { incomingPackets } from './session/incoming-packets';
import { ServerSessions, type SessionPresence } from './session/server-sessions';
import type { ConnectionOptions, ServerUrl, TlsOptions } from '../client/connection-options';
import { OutgoingMessage, type Reduction } from './outbox/message-queue';
import type { ConnectionStatistics } from './counted-connection';
import { lostWithMemory } from './outbox/message-errors';
import { Outbox } from './outbox/outbox';
import { PacketIds } from './session/packet-ids';
import { ProtocolChoice } from './attempt/protocol-choice';
import { ReconnectDelay } from './attempt/reconnect-delay';
import { Failback } from './attempt/failback';
import { ServerChoice } from './attempt/server-choice';
import { createStore } from '../store/create-store';
import type { MessageStore, StoredRun } from '../store/message-store';
import { Subscriptions } from './session/subscriptions';
import { checkPublishTopic, checkTopicFilter } from '../client/topic';

interface ConnectionEvents {
  /** After each CONNACK that accepts; subscriptions have been asked for again by then. */
  connected: [];
  /** After a loss, and after each attempt that failed. */
  disconnected: [DeviceError];
  /** What is worth telling the user although the connection goes on. */
  problem: [DeviceError];
}

/** How long `close` waits for messages to get through before it says DISCONNECT. */
const FLUSH_DEADLINE_MS = 2000;
/** A store that cannot be had (in use, no room) may be there again soon. */
const LONGEST_STORE_PAUSE_MS = 10_000;
/** Of the notes of a store: the server to whose session its packet identifiers belong. */
const LAST_SERVER = 'server';
const NOTHING_STORED: StoredRun = { messages: [], more: 0, lastKey: 0 };
/** Topics found publishable; a device publishes to the same few over and over. */
const TOPIC_CACHE_SIZE = 1000;

/**
 * A connection to an MQTT broker that is kept up: the first connect is retried like any other, messages wait in a bounded queue
 * meanwhile, and subscriptions outlive it.
 */
export class Connection {
  readonly events = new EventEmitter<ConnectionEvents>();
  private readonly store: MessageStore;
  private readonly outbox: Outbox;
  private readonly subscriptions: Subscriptions;
  private readonly keepUp: KeepUp;
  private readonly protocol: ProtocolChoice;
  private readonly will: WillChoice;
  private readonly earlyCuts: EarlyCuts;
  private readonly servers: ServerChoice;
  private readonly failback: Failback | undefined;
  private readonly sessions: ServerSessions;
  private readonly knownTopics = new Set<string>();
  private wasOpened = false;
  private isStoreOpen = false;
  private isClosed = false;
  private link: NetworkConnection | undefined;
  private tls: TlsOptions | undefined;
  private connectedSince: number | undefined;
  private lastError: DeviceError | undefined;
  private received = 0;
  private closing: Promise<void> | undefined;
  private onIdle: (() => void) | undefined;

  constructor(
    private readonly options: ConnectionOptions,
    private readonly ports: Ports,
    store?: MessageStore,
  ) {
    const { messageChannelDepth: depth, writeTimeoutMs, replayRate, cleanSession, resumeSubs, order } = options;
    const onProblem = (problem: DeviceError): void => void this.events.emit('problem', problem);
    const onRecovered = (): void => ports.log.info('The message store can be written again');
    const { clock } = ports;
    this.store = store ?? createStore(options.store, { clock, observer: { onProblem, onRecovered } });
    this.servers = new ServerChoice([options.server, ...(options.otherServers ?? [])]);
    this.sessions = new ServerSessions(new PacketIds(), (packetId) => this.outbox.received(packetId));
    const goBack = (): void => this.goBack();
    const { first: server, areSeveral } = this.servers;
    const { failbackPauseMs: pauseMs } = options;
    if (areSeveral && pauseMs !== undefined) this.failback = new Failback({ clock, server, goBack, pauseMs });
    const notices = new LimitNotices(() => this.server, onProblem);
    this.will = new WillChoice(options.will, notices);
    const onReduced = (what: Reduction, { maximumQos }: BrokerLimits): void =>
      what === 'qos' ? notices.qos('messages', maximumQos) : notices.retain('messages');
    this.outbox = new Outbox({ clock, depth, writeTimeoutMs, replayRate, store: this.store, onProblem, onReduced });
    this.subscriptions = new Subscriptions({ keepsSession: !cleanSession, resumeSubs, order, onProblem });
    this.protocol = new ProtocolChoice(options.protocolVersion);
    this.earlyCuts = new EarlyCuts(options.clientId);
    const delay = new ReconnectDelay(options.maxReconnectIntervalMs, ports.random);
    this.keepUp = new KeepUp({
      clock: ports.clock,
      attempt: (signal) => this.attempt(signal),
      // Of two clients that throw each other off none gets anywhere by coming back at once.
      pause: (heldMs = 0) => {
        const ms = delay.next(this.earlyCuts.areRepeated ? 0 : heldMs);
        return this.isStoreOpen ? ms : Math.min(ms, LONGEST_STORE_PAUSE_MS);
      },
      takeDown: (reason) => this.link?.close(reason),
      onDown: (error) => this.onDown(error),
    });
  }

  get server(): ServerUrl {
    return this.servers.current;
  }

  get isConnected(): boolean {
    return this.connectedSince !== undefined;
  }

  get statistics(): ConnectionStatistics {
    const { connectedSince, lastError } = this;
    return {
      ...(connectedSince !== undefined && { connectedSince }),
      ...(this.servers.areSeveral && this.isConnected && { connectedTo: this.server.text }),
      ...(lastError && { lastError: { code: lastError.code, message: lastError.message } }),
      sent: this.outbox.sent,
      received: this.received,
      queued: this.outbox.size,
      dropped: this.outbox.dropped,
      ...(this.options.store && { stored: this.store.status }),
    };
  }

  /** Starts connecting, and goes on until `close`; does nothing the second time. Outcomes come as events. */
  open(): void {
    if (this.wasOpened || this.isClosed) return;
    this.wasOpened = true;
    this.keepUp.start();
  }

  /**
   * Resolves when the message is through: QoS 0 written, QoS 1 PUBACK, QoS 2 PUBCOMP. While offline it is queued.
   * Rejects with MQTT_BAD_TOPIC, MQTT_QUEUE_FULL, MQTT_DROPPED, MQTT_WRITE_TIMEOUT, MQTT_WAIT_TIMEOUT (still queued), MQTT_REFUSED,
   * MQTT_EXPIRED, LINK_LOST (offline, and `autoReconnect` is off), CLOSED, or the reason of the signal.
   */
  publish(topic: string, payload: string | Buffer, settings: DeliveryOptions): Promise<void> {
    const { signal: abort } = settings;
    const refusal =
      this.refusal ?? this.topicProblem(topic) ?? (abort?.aborted === true ? withdrawn(abort) : undefined);
    if (refusal) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      const { clock } = this.ports;
      const { qos, retained, waitTimeoutMs, precedence, signal, onSetback, until, properties } = settings;
      let timer: TimerHandle;
      let withdraw: (() => void) | undefined;
      const settle = (error?: DeviceError): void => {
        if (waitTimeoutMs > 0) clock.clearTimeout(timer);
        if (withdraw) signal?.removeEventListener('abort', withdraw);
        if (error) reject(error);
        else resolve();
        if (this.onIdle && this.outbox.isSettled) this.onIdle();
      };
      if (waitTimeoutMs > 0) {
        timer = clock.setTimeout(() => {
          const text = `not through after ${waitTimeoutMs} ms; the message to ${topic} stays queued`;
          reject(new DeviceError('MQTT_WAIT_TIMEOUT', text));
        }, waitTimeoutMs);
      }
      const message = new OutgoingMessage(topic, payload, qos, retained, settle);
      if (onSetback) message.onSetback = onSetback;
      message.precedence = precedence;
      message.isForStore = until === 'stored' && this.store.page !== undefined;
      if (properties) {
        message.properties = properties;
        message.acceptedAt = clock.now();
      }
      if (signal) {
        withdraw = () => void this.outbox.withdraw(message, withdrawn(signal));
        signal.addEventListener('abort', withdraw);
      }
      this.outbox.add(message);
    });
  }

  /**
   * Resolves once the broker has granted it, with a function that ends it. Kept over reconnects, counted per filter.
   * Rejects with MQTT_BAD_TOPIC, MQTT_SUBSCRIBE_REFUSED, LINK_LOST (see `resumeSubs`) or CLOSED.
   */
  async subscribe(
    filter: string,
    qos: 0 | 1 | 2,
    handler: (message: ReceivedMessage) => void,
  ): Promise<() => Promise<void>> {
    const { refusal } = this;
    if (refusal) throw refusal;
    const problem = checkTopicFilter(filter);
    if (problem !== undefined) throw new DeviceError('MQTT_BAD_TOPIC', `the topic filter ${problem}`);
    return this.subscriptions.add(filter, qos, handler);
  }

  /** Lets waiting messages through if connected, then DISCONNECTs. Settles within 5 s; what is left is rejected with CLOSED. */
  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  /** Another version of the protocol, if need be, is tried at once. */
  private async attempt(signal: AbortSignal): Promise<void> {
    if (!this.isStoreOpen) await this.openStore();
    const mqtt = await loadPackage('mqtt', 'MQTT connections', () => import('mqtt'));
    await this.renewTls(signal);
    let loss: ConnectionLoss | undefined;
    do {
      signal.throwIfAborted();
      loss = await this.connect(mqtt, signal);
    } while (loss !== undefined && (this.hasAnother(loss) || this.servers.failed(loss.error)));
    if (loss !== undefined) throw this.servers.roundFailed(loss.error);
  }

  private async renewTls(signal: AbortSignal): Promise<void> {
    const renewed = await this.options.renewTls?.();
    signal.throwIfAborted();
    this.tls = renewed?.tls;
    if (renewed?.problem) this.events.emit('problem', renewed.problem);
  }

  /** Whether there is another way to connect, to be tried at once. */
  private hasAnother({ refusal, refusalCode, limits }: ConnectionLoss): boolean {
    if (this.will.refused(refusalCode, limits.maximumQos)) return true;
    return refusal !== undefined && this.protocol.refused(refusal === 'version');
  }

  /** Resolves once connected; with the loss where that failed. */
  private connect(mqtt: typeof Mqtt, signal: AbortSignal): Promise<ConnectionLoss | undefined> {
    const { server } = this;
    const notes = this.options.cleanSession ? undefined : this.store.notes;
    const session = this.sessions.of(server, (isFresh) => incomingPackets(mqtt, server.text, notes, isFresh));
    const { tls } = this;
    const options = {
      ...this.options,
      server,
      ...(tls && { tls }),
      ...(this.will.current && { will: this.will.current }),
    };
    const link = new NetworkConnection(mqtt, options, this.protocol.current, session, this.ports);
    this.link = link;
    const outcome = new Promise<ConnectionLoss | undefined>((resolve) => {
      link.events.on('connected', (presence) => {
        this.onConnected(link, presence);
        resolve(undefined);
      });
      link.events.on('lost', (loss) => {
        const error = this.onLost(loss);
        if (error !== undefined) this.keepUp.lose(signal, error);
        resolve(loss);
      });
    });
    link.events.on('completed', (packetId, isKnown) => this.outbox.completed(packetId, isKnown));
    link.events.on('problem', (problem) => this.events.emit('problem', problem));
    link.events.on('drained', () => this.outbox.drained());
    link.events.on('message', (message) => {
      this.received++;
      this.subscriptions.dispatch(message);
    });
    link.open();
    return outcome;
  }

  private onConnected(link: NetworkConnection, presence: SessionPresence): void {
    this.protocol.accepted();
    const failover = this.servers.accepted();
    if (this.servers.isFirst) this.failback?.arrived();
    else this.failback?.start();
    this.connectedSince = this.ports.clock.now();
    this.lastError = undefined;
    // Before it is said of any message that it is under way there.
    this.store.notes?.set(LAST_SERVER, Buffer.from(this.server.text)).catch(() => undefined);
    const isLastSession = this.sessions.enter(this.server, presence, this.outbox.packetIds());
    // One of another time may lack what was subscribed since, and have what nobody wants any more.
    this.subscriptions.attach(link, presence === 'present' && !isLastSession ? 'unknown' : presence);
    this.outbox.attach(link, isLastSession);
    this.events.emit('connected');
    if (failover !== undefined) this.events.emit('problem', failover);
  }

  /** Answers why, if it had been connected. */
  private onLost({ error, blamed, isUnexplained }: ConnectionLoss): DeviceError | undefined {
    const { connectedSince } = this;
    this.connectedSince = undefined;
    this.link = undefined;
    this.failback?.stop();
    this.subscriptions.detach();
    if (connectedSince === undefined) {
      this.outbox.unreached();
      this.earlyCuts.unreached();
      return undefined;
    }
    const isOnMessage = this.outbox.detach(blamed ?? false);
    if (this.isClosed) this.onIdle?.();
    return this.earlyCuts.lost(error, this.ports.clock.now() - connectedSince, isUnexplained && !isOnMessage);
  }

  private goBack(): void {
    const text = `goes back to ${this.servers.first.text}, which listens again`;
    this.servers.backToFirst();
    // Its outcome comes as an event.
    this.keepUp.restart(new DeviceError('MQTT_FAILOVER', text)).catch(() => undefined);
  }

  private onDown(error: DeviceError): void {
    if (this.isClosed || !this.options.autoReconnect) void this.keepUp.stop(error);
    if (this.isClosed) return;
    if (!this.options.autoReconnect) {
      this.outbox.failAll(offline(error), this.store.page !== undefined);
      this.subscriptions.failAll(offline(error));
    }
    this.lastError = error;
    this.events.emit('disconnected', error);
  }

  /** Why nothing can be done on this connection, now or later. */
  private get refusal(): DeviceError | undefined {
    if (this.isClosed) return closed();
    return !this.options.autoReconnect && !this.link && this.lastError ? offline(this.lastError) : undefined;
  }

  private topicProblem(topic: string): DeviceError | undefined {
    if (!this.knownTopics.has(topic)) {
      const problem = checkPublishTopic(topic);
      if (problem !== undefined) return new DeviceError('MQTT_BAD_TOPIC', `the topic ${problem}`);
      if (this.knownTopics.size >= TOPIC_CACHE_SIZE) this.knownTopics.clear();
      this.knownTopics.add(topic);
    }
    return undefined;
  }

  private async end(): Promise<void> {
    this.isClosed = true;
    this.failback?.stop();
    const { clock } = this.ports;
    this.outbox.hurry();
    if (this.isConnected && !this.outbox.isSettled) {
      await new Promise<void>((resolve) => {
        const timer = clock.setTimeout(resolve, FLUSH_DEADLINE_MS);
        this.onIdle = () => {
          clock.clearTimeout(timer);
          resolve();
        };
      });
    }
    const lost = this.store.page === undefined && !this.outbox.isSettled ? this.outbox.size : 0;
    this.outbox.failAll(closed(), true);
    if (lost > 0) this.events.emit('problem', lostWithMemory(lost));
    this.subscriptions.failAll(closed());
    await Promise.all([this.keepUp.stop(closed()), this.store.close()]);
  }

  /** With what an earlier run has left: new messages must not overtake it. */
  private async openStore(): Promise<void> {
    const opening = this.store.open();
    const run = opening === undefined ? NOTHING_STORED : await opening;
    if (this.isClosed) throw closed();
    this.isStoreOpen = true;
    this.sessions.goOnFrom(this.store.notes?.entries.get(LAST_SERVER)?.toString());
    this.subscriptions.open(this.store.notes);
    this.outbox.open(run);
  }
}

function closed(): DeviceError {
  return new DeviceError(ErrorCode.CLOSED, 'the MQTT connection was closed');
}

function withdrawn(signal: AbortSignal): DeviceError {
  const reason: unknown = signal.reason;
  if (reason instanceof DeviceError) return reason;
  return new DeviceError(ErrorCode.CLOSED, 'the message was withdrawn', { cause: reason });
}

function offline(cause: DeviceError): DeviceError {
  const text = `there is no MQTT connection, and autoReconnect is off: ${cause.message}`;
  return new DeviceError(ErrorCode.LINK_LOST, text, { cause });
}
