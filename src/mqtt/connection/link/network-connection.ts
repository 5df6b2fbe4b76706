import { EventEmitter } from 'node:events';
import type * as Mqtt from 'mqtt';
import type { MqttClient, Packet } from 'mqtt';
import type { DeviceError } from '../../../base/errors';
import { expireAfter } from '../../../base/deadline';
import type { Ports } from '../../../base/ports';
import {
  authNotSupported,
  closedByBroker,
  disconnectedByBroker,
  noConnack,
  noPingResponse,
  notMqtt,
  refusedByBroker,
  tooLargeToTake,
  transportError,
} from '../../client/connection-errors';
import type { ConnectionOptions } from '../../client/connection-options';
import { filterProblem, PROTOCOL_LIMITS, type BrokerLimits } from '../../client/broker-limits';
import { readConnack } from './connack';
import { connectOptions } from './connect-options';
import { holdReleases } from './held-releases';
import { filterIncoming, InboundFilter, otherProtocol, refusal, type OversizePublish } from './inbound-filter';
import { incomingProperties, outgoingProperties, ReceivedAliases } from './properties';
import { messageRefused, subscriptionImpossible, subscriptionRefused } from './refusals';
import { createClient } from './transport';
import type { ReceivedMessage } from '../../../base/broker-connection';
import type { OutgoingMessage } from '../outbox/message-queue';
import type { BlamedLoss } from '../outbox/message-errors';
import type { Wire } from '../outbox/wire';
import type { SessionPresence } from '../session/server-sessions';
import type { SessionState } from '../session/session-state';
import { PingWatchdog } from '../../../net/ping-watchdog';
import type { ProtocolVersion } from '../attempt/protocol-choice';
import { mayBlameMessage, refusesVersion, serverReason } from '../../client/reason-codes';
import { serverWords, type ServerRemarks } from '../../client/server-words';
import type { SubscriptionWire } from '../session/subscriptions';

export interface ConnectionLoss {
  readonly error: DeviceError;
  /** Set where a message may have been the reason: not after a timeout of this side, or a reason of the broker's own. */
  readonly blamed: BlamedLoss | undefined;
  /** The other side ended it without a word, or because of another client. */
  readonly isUnexplained: boolean;
  /** The broker refused the protocol version; or it closed before CONNACK without a word, which may mean the same. */
  readonly refusal: 'version' | 'silent' | undefined;
  /** Of a CONNACK that refuses. */
  readonly refusalCode: number | undefined;
  readonly limits: BrokerLimits;
}

interface LinkEvents {
  /** CONNACK 0. */
  connected: [SessionPresence];
  /** Once, after everything of this link is gone. */
  lost: [ConnectionLoss];
  message: [ReceivedMessage];
  /** PUBCOMP of a message that was released again; whether the broker knew it. */
  completed: [number, boolean];
  /** The socket takes more. */
  drained: [];
  /** What is worth telling although the connection goes on. */
  problem: [DeviceError];
}

const SESSION_TAKEN_OVER = 142;
const DISCONNECT = Buffer.from([0xe0, 0]);
const PUBREL = 0x62;
/** Between DISCONNECT and the close of the socket. */
const CLOSE_DEADLINE_MS = 1000;

/** One connection to the broker, from the first packet to the last. MQTT.js does the protocol, nothing is retried or queued here. */
export class NetworkConnection implements Wire, SubscriptionWire {
  readonly events = new EventEmitter<LinkEvents>();
  limits: BrokerLimits = PROTOCOL_LIMITS;
  private client: MqttClient | undefined;
  private watchdog: PingWatchdog | undefined;
  private callOffConnack = (): void => undefined;
  private isConnected = false;
  private isLost = false;
  private cause: DeviceError | undefined;
  private isOurs = false;
  private blamed: BlamedLoss | undefined = { how: 'ended' };
  private versionRefused = false;
  private refusalCode: number | undefined;
  private isUnexplained = true;
  private isGathering = false;
  /** What it seems to speak instead. */
  private foreign: string | undefined;
  private presence: SessionPresence = 'none';
  private serverKeepAliveMs: number | undefined;
  private readonly aliases = new ReceivedAliases();
  /** PUBRELs sent again, which MQTT.js knows nothing of. */
  private readonly releasing = new Set<number>();
  /** What waits for a PINGRESP, in order. */
  private readonly pings: (() => void)[] = [];

  constructor(
    private readonly mqtt: typeof Mqtt,
    private readonly options: ConnectionOptions,
    private readonly version: ProtocolVersion,
    private readonly session: SessionState,
    private readonly ports: Ports,
  ) {}

  /** Starts; the outcome comes as `connected` or `lost`. */
  open(): void {
    const { server, connectTimeoutMs } = this.options;
    try {
      const outgoingStore = holdReleases(this.mqtt, this.session.onReceived, () => this.isLost);
      const settings = { ...connectOptions(this.options, this.version, this.session), outgoingStore };
      this.client = createClient(this.mqtt, this.options, settings, (error) => this.fail(error));
      this.listen(this.client);
      this.client.connect();
      this.watch(this.client);
      this.client.stream.on('error', (error) => this.fail(error));
      this.client.stream.on('drain', () => this.events.emit('drained'));
    } catch (error) {
      this.fail(error);
      queueMicrotask(() => this.lose());
      return;
    }
    if (connectTimeoutMs > 0) {
      const giveUp = (): void => this.abort(noConnack(server, connectTimeoutMs));
      this.callOffConnack = expireAfter(this.ports.clock, connectTimeoutMs, giveUp);
    }
  }

  get isCongested(): boolean {
    return this.client?.stream.writableNeedDrain ?? false;
  }

  reserveId(): number | undefined {
    return this.session.ids.allocate() ?? undefined;
  }

  publish(message: OutgoingMessage, isAgain: boolean, done: (error?: DeviceError) => void): void {
    const { topic, payload, sentQos: qos, sentRetained: retain, packetId } = message;
    if (!this.client) return;
    const { properties } = message;
    const told = this.version === 5 &&
      properties && {
        properties: outgoingProperties(properties, message.secondsLeft(this.ports.clock.now())),
      };
    if (qos === 0 || packetId === undefined) {
      this.client.publish(topic, payload, { qos, retain, ...told });
      return;
    }
    this.session.ids.resume(packetId);
    this.client.publish(topic, payload, { qos, retain, dup: isAgain, ...told }, (error, packet) => {
      if (!error) {
        done();
        return;
      }
      // Only an answer of the broker has a numeric code; the others say that the connection is going, which `lost` tells.
      if (!('code' in error) || typeof error.code !== 'number') return;
      done(messageRefused(topic, error.code, this.wordsOf(packet)));
    });
  }

  release(packetId: number): void {
    this.releasing.add(packetId);
    this.client?.stream.write(Buffer.from([PUBREL, 2, packetId >> 8, packetId & 0xff]));
    this.watchdog?.sent();
  }

  ping(answered: () => void = () => undefined): void {
    this.pings.push(answered);
    this.client?.sendPing();
  }

  forget(packetId: number): void {
    this.client?.removeOutgoingMessage(packetId);
  }

  subscribe(filter: string, qos: 0 | 1 | 2, done: (error?: DeviceError) => void): void {
    const problem = filterProblem(this.limits, filter);
    if (problem !== undefined) {
      done(subscriptionImpossible(filter, problem));
      return;
    }
    this.client?.subscribe(filter, { qos }, (error) => {
      if (!error) {
        done();
        return;
      }
      // Without an answer the connection is going, which `lost` tells.
      const answer = 'packet' in error ? error.packet : undefined;
      if (typeof answer !== 'object' || answer === null) return;
      done(subscriptionRefused(filter, answer, this.wordsOf(answer)));
    });
  }

  unsubscribe(filter: string, done: () => void): void {
    this.client?.unsubscribe(filter, (error) => {
      if (!error) done();
    });
  }

  /** Says DISCONNECT if connected, and ends. Settles within a second, with every socket and timer gone. */
  async close(error: DeviceError): Promise<void> {
    if (this.isLost) return;
    const { client } = this;
    this.cause ??= error;
    this.isOurs = true;
    const lost = new Promise<void>((resolve) => this.events.once('lost', () => resolve()));
    const timer = this.ports.clock.setTimeout(() => {
      this.abort(error);
      this.lose();
    }, CLOSE_DEADLINE_MS);
    if (client && this.isConnected) client.stream.end(DISCONNECT);
    else this.abort(error);
    await lost;
    this.ports.clock.clearTimeout(timer);
  }

  /** Sees the bytes before MQTT.js does. */
  private watch({ stream }: MqttClient): void {
    const filter = new InboundFilter(this.options.maximumPacketSize, (publish) => this.refuseOversize(publish));
    let isFirst = true;
    filterIncoming(stream, (chunk) => {
      if (isFirst) this.foreign = otherProtocol(chunk);
      isFirst = false;
      this.watchdog?.received();
      return filter.take(chunk);
    });
  }

  /** It is acknowledged, so that the broker does not bring it again with each connect. */
  private refuseOversize({ topic, qos, packetId, packetSize }: OversizePublish): void {
    if (packetId !== undefined) {
      this.client?.stream.write(refusal(qos, packetId, this.version));
      this.watchdog?.sent();
    }
    this.events.emit('problem', tooLargeToTake(topic, packetSize, this.options.maximumPacketSize));
  }

  private listen(client: MqttClient): void {
    // What MQTT.js reports here is a broken protocol (or a refusal): it does not always close the connection by itself.
    client.on('error', (error) => {
      if (this.cause === undefined && !isSystemError(error)) {
        this.breach(this.foreign === undefined ? undefined : `it speaks ${this.foreign}`, error);
      }
      this.fail(error);
      client.stream.destroy();
    });
    client.on('packetsend', () => this.watchdog?.sent());
    client.on('packetreceive', (packet) => this.onPacket(packet));
    client.on('connect', () => this.onConnect());
    client.on('close', () => this.lose());
    client.on('message', (topic, payload, { retain, qos, properties }) => {
      const more = properties && { properties: incomingProperties(properties) };
      this.events.emit('message', { topic, payload, retained: retain, qos, ...more });
    });
  }

  /**
   * What a lot of arriving packets causes (acknowledgements, the next messages) leaves in one write. Without Nagle's algorithm
   * each would be a system call and a segment of its own, which costs half the throughput.
   */
  private gatherWrites(): void {
    const stream = this.client?.stream;
    if (!stream || this.isGathering) return;
    this.isGathering = true;
    stream.cork();
    setImmediate(() => {
      this.isGathering = false;
      stream.uncork();
    });
  }

  private onPacket(packet: Packet): void {
    this.watchdog?.received();
    this.gatherWrites();
    if (packet.cmd === 'publish') {
      this.aliases.complete(packet);
    } else if (packet.cmd === 'pubcomp') {
      if (packet.messageId !== undefined && this.releasing.delete(packet.messageId)) {
        this.session.ids.deallocate(packet.messageId);
        this.events.emit('completed', packet.messageId, (packet.reasonCode ?? 0) < 128);
      }
    } else if (packet.cmd === 'connack') {
      const { code, limits, serverKeepAliveMs, violation } = readConnack(packet, this.options.topicAliasMaximum ?? 0);
      this.limits = limits;
      if (violation !== undefined) {
        this.breach(violation);
        return;
      }
      if (code > 0) {
        this.refusalCode = code;
        this.versionRefused = refusesVersion(code);
        this.cause ??= refusedByBroker(this.options.server, code, this.wordsOf(packet));
        return;
      }
      this.presence = this.presenceOf(packet.sessionPresent);
      if (this.presence === 'none') this.forgetIncoming();
      this.serverKeepAliveMs = serverKeepAliveMs;
    } else if (packet.cmd === 'auth') {
      if (this.version === 5) this.cause ??= authNotSupported(this.options.server);
    } else if (packet.cmd === 'pingresp') {
      this.pings.shift()?.();
    } else if (packet.cmd === 'disconnect') {
      const code = packet.reasonCode ?? 0;
      const words = this.wordsOf(packet);
      this.cause ??= disconnectedByBroker(this.options.server, code, words);
      this.blamed = mayBlameMessage(code) ? { how: 'ended', reason: serverReason(code, '').text + words } : undefined;
      this.isUnexplained = code === SESSION_TAKEN_OVER;
      this.client?.stream.destroy();
    }
  }

  private wordsOf(packet: object | undefined): string {
    const remarks = packet !== undefined && 'properties' in packet ? packet.properties : undefined;
    return serverWords(remarks as ServerRemarks | undefined, [this.options.password ?? '']);
  }

  /** A broker that has a session although none was asked for may have any. */
  private presenceOf(isPresent: boolean): SessionPresence {
    if (this.options.cleanSession) return 'none';
    return this.version === 3 ? 'unknown' : isPresent ? 'present' : 'none';
  }

  private forgetIncoming(): void {
    this.session.incoming = this.session.renewIncoming();
    if (this.client) this.client.incomingStore = this.session.incoming;
  }

  private onConnect(): void {
    // MQTT.js takes a CONNACK that breaks the protocol.
    if (this.cause !== undefined) return;
    const { clock } = this.ports;
    const { server, keepAliveMs, pingTimeoutMs } = this.options;
    this.callOffConnack();
    this.isConnected = true;
    const everyMs = this.serverKeepAliveMs ?? Math.min(keepAliveMs, 65_535_000);
    if (everyMs > 0) {
      this.watchdog = new PingWatchdog({
        clock,
        keepAliveMs: everyMs,
        pingTimeoutMs,
        ping: () => this.ping(),
        lost: () => this.abort(noPingResponse(server, pingTimeoutMs)),
      });
    }
    this.events.emit('connected', this.presence);
  }

  /** The other side breaks the protocol: `what` it says that is not allowed, or `cause`. */
  private breach(what: string | undefined, cause?: Error): void {
    this.cause ??= notMqtt(this.options.server, this.version, this.isConnected, what, cause);
    this.blamed = { how: 'unreadable' };
    this.isUnexplained = false;
    this.client?.stream.destroy();
  }

  /** Remembers the first error: the later ones are its consequences. */
  private fail(error: unknown): void {
    this.cause ??= transportError(this.options.server, error, this.isConnected);
  }

  private abort(error: DeviceError): void {
    this.cause ??= error;
    this.isOurs = true;
    if (this.client) this.client.stream.destroy();
    else this.lose();
  }

  private lose(): void {
    if (this.isLost) return;
    this.isLost = true;
    this.callOffConnack();
    this.watchdog?.stop();
    this.pings.length = 0;
    this.client?.removeAllListeners();
    // A socket may still complain after its end; without a listener that would end the process.
    this.client?.on('error', () => undefined);
    const closedSilently = this.cause === undefined && !this.isConnected;
    this.events.emit('lost', {
      error: this.cause ?? closedByBroker(this.options.server, this.isConnected),
      blamed: this.isOurs ? undefined : this.blamed,
      isUnexplained: !this.isOurs && this.isUnexplained,
      refusalCode: this.refusalCode,
      limits: this.limits,
      refusal: this.versionRefused ? 'version' : closedSilently ? 'silent' : undefined,
    });
    this.events.removeAllListeners();
  }
}

/** Errors of the system have a name as their code; those of a packet that breaks the protocol have a number, or none. */
const isSystemError = (error: Error): boolean => 'code' in error && typeof error.code === 'string';
