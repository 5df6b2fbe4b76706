import type { ErrorInfo } from '../../base/errors';
import { formatDuration } from '../../base/duration';
import { isSecretHeader, type HttpHeaders } from './http-headers';
import type { Durability } from '../store/store-settings';
import type { StoreStatus } from '../store/message-store';
import type { ClientSettings, StoreSettings } from './client-options';
import type { MessageSettings } from './message-options';
import type { ConnectionStatistics } from '../connection/counted-connection';
import type { PayloadEncode } from '../client/payload';

/**
 * What is in force: the specification's *Status* section under its own names, durations in canonical Go form
 * (`10m0s`), and what the specification lacks, the live state of the connection. Never holds a secret.
 */
export interface ObservedStatus {
  readonly client: {
    readonly server: string;
    /** 0: automatic. */
    readonly protocolVersion: number;
    readonly clientID: string;
    readonly will?: {
      readonly topicName: string;
      readonly payloadEncode: PayloadEncode;
      readonly qos: number;
      readonly retained: boolean;
    };
    readonly configBasicAuth: boolean;
    readonly configTLS: boolean;
    readonly cleanSession: boolean;
    readonly store: {
      readonly type: 'memory' | 'file';
      /** Absolute; empty in memory. */
      readonly directory: string;
      /** These two of a file. */
      readonly durability?: Durability;
      readonly maxBytes?: number;
    };
    readonly resumeSubs: boolean;
    readonly connectTimeout: string;
    readonly keepAlive: string;
    readonly pingTimeout: string;
    readonly order: boolean;
    readonly writeTimeout: string;
    readonly autoReconnect: boolean;
    readonly maxReconnectInterval: string;
    readonly messageChannelDepth: number;
    readonly maximumPacketSize: number;
    readonly replayRate: number;
    readonly httpHeaders: Readonly<Record<string, readonly string[]>>;
  };
  readonly message: {
    /** Of an extension as a whole: with `:namespace`, `:name`, `:uid` where the devices differ. */
    readonly topicName: string;
    readonly payloadEncode: PayloadEncode;
    readonly qos: number;
    readonly retained: boolean;
    readonly waitTimeout: string;
  };
  readonly connected: boolean;
  /** ISO 8601; absent while not connected. */
  readonly connectedSince?: string;
  /** Of several servers; absent where there is one, or while it is not connected. */
  readonly connectedTo?: string;
  readonly lastError?: ErrorInfo;
  /** Messages, since the connection was first opened. */
  readonly sent: number;
  readonly received: number;
  readonly queued: number;
  readonly dropped: number;
  /** What is in the store, where that is a file. */
  readonly stored?: StoredStatus;
}

/** QoS 1 and 2 messages that wait or are on their way, as they lie in the store. */
export interface StoredStatus {
  readonly messages: number;
  /** Of topics and payloads. */
  readonly bytes: number;
  /** When the oldest was accepted; ISO 8601. Absent where there is none. */
  readonly oldest?: string;
  /** Why the store takes nothing at present. */
  readonly lastError?: ErrorInfo;
}

export type LiveStatus = Omit<ObservedStatus, 'client' | 'message'>;

export function observedClient(
  client: ClientSettings,
  clientID: string,
  willTopicName: string | undefined,
): ObservedStatus['client'] {
  const { will } = client;
  return {
    server: [client.server, ...(client.otherServers ?? [])].map(({ text }) => text).join(', '),
    protocolVersion: client.protocolVersion,
    clientID,
    ...(will !== undefined && {
      will: {
        topicName: willTopicName ?? '',
        payloadEncode: will.payloadEncode,
        qos: will.qos,
        retained: will.retained,
      },
    }),
    configBasicAuth: client.username !== undefined || client.password !== undefined,
    configTLS: client.tls !== undefined,
    cleanSession: client.cleanSession,
    store: observedStore(client.store),
    resumeSubs: client.resumeSubs,
    connectTimeout: formatDuration(client.connectTimeoutMs),
    keepAlive: formatDuration(client.keepAliveMs),
    pingTimeout: formatDuration(client.pingTimeoutMs),
    order: client.order,
    writeTimeout: formatDuration(client.writeTimeoutMs),
    autoReconnect: client.autoReconnect,
    maxReconnectInterval: formatDuration(client.maxReconnectIntervalMs),
    messageChannelDepth: client.messageChannelDepth,
    maximumPacketSize: client.maximumPacketSize,
    replayRate: client.replayRate,
    httpHeaders: withoutSecrets(client.httpHeaders, client.hiddenHeaders),
  };
}

function observedStore(store: StoreSettings): ObservedStatus['client']['store'] {
  if (store.type === 'memory') return { type: 'memory', directory: '' };
  const { directory, durability, maxBytes } = store;
  return { type: 'file', directory, durability, maxBytes };
}

export function observedMessage(message: MessageSettings, topicName: string): ObservedStatus['message'] {
  return {
    topicName,
    payloadEncode: message.payloadEncode,
    qos: message.qos,
    retained: message.retained,
    waitTimeout: formatDuration(message.waitTimeoutMs),
  };
}

export function observedLive(connected: boolean, statistics: ConnectionStatistics): LiveStatus {
  const { connectedSince, connectedTo, lastError, sent, received, queued, dropped, stored } = statistics;
  return {
    connected,
    ...(connected && connectedSince !== undefined && { connectedSince: new Date(connectedSince).toISOString() }),
    ...(connected && connectedTo !== undefined && { connectedTo }),
    ...(lastError !== undefined && { lastError: { code: lastError.code, message: lastError.message } }),
    sent,
    received,
    queued,
    dropped,
    ...(stored !== undefined && { stored: observedStored(stored) }),
  };
}

function observedStored({ messages, bytes, oldestAt, error }: StoreStatus): StoredStatus {
  return {
    messages,
    bytes,
    ...(oldestAt !== undefined && { oldest: new Date(oldestAt).toISOString() }),
    ...(error !== undefined && { lastError: error }),
  };
}

/** Undefined where none of them has a file. */
function combinedStored(parts: readonly LiveStatus[]): StoredStatus | undefined {
  const all = parts.flatMap(({ stored }) => stored ?? []);
  if (all.length === 0) return undefined;
  const [oldest] = all.flatMap((stored) => stored.oldest ?? []).sort();
  const lastError = all.find((stored) => stored.lastError !== undefined)?.lastError;
  return {
    messages: all.reduce((total, { messages }) => total + messages, 0),
    bytes: all.reduce((total, { bytes }) => total + bytes, 0),
    ...(oldest !== undefined && { oldest }),
    ...(lastError !== undefined && { lastError }),
  };
}

/** Several connections as one: connected when all are, since the last of them was; figures added up. */
export function combinedLive(parts: readonly LiveStatus[]): LiveStatus {
  const sum = (figure: 'sent' | 'received' | 'queued' | 'dropped'): number =>
    parts.reduce((total, part) => total + part[figure], 0);
  const connected = parts.length > 0 && parts.every((part) => part.connected);
  const places = new Set(parts.flatMap(({ connectedTo }) => connectedTo ?? []));
  const connectedSince = parts
    .map((part) => part.connectedSince ?? '')
    .sort()
    .at(-1);
  const stored = combinedStored(parts);
  const lastError = parts.find((part) => !part.connected && part.lastError !== undefined)?.lastError;
  return {
    connected,
    ...(connected && connectedSince !== undefined && { connectedSince }),
    ...(connected && places.size > 0 && { connectedTo: [...places].join(', ') }),
    ...(lastError !== undefined && { lastError }),
    sent: sum('sent'),
    received: sum('received'),
    queued: sum('queued'),
    dropped: sum('dropped'),
    ...(stored !== undefined && { stored }),
  };
}

/** A copy that its receiver may change: what is in force for a connection is put together once. */
export function copyOfStatus(status: ObservedStatus): ObservedStatus {
  const { client, message } = status;
  const headers = Object.entries(client.httpHeaders).map(([name, values]) => [name, [...values]] as const);
  return {
    ...status,
    client: {
      ...client,
      ...(client.will !== undefined && { will: { ...client.will } }),
      store: { ...client.store },
      httpHeaders: Object.fromEntries(headers),
    },
    message: { ...message },
    ...(status.lastError !== undefined && { lastError: { ...status.lastError } }),
    ...(status.stored !== undefined && { stored: { ...status.stored } }),
  };
}

/** The values of secret headers, and of those whose name says that they are, are hidden. */
function withoutSecrets(headers: HttpHeaders, hidden: readonly string[] = []): HttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, values]) => [
      name,
      hidden.includes(name) || isSecretHeader(name) ? values.map(() => '***') : values,
    ]),
  );
}
