import { EventEmitter } from 'node:events';
import { withDeadline } from '../../../base/deadline';
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import { show } from '../../../base/show';
import type { Ports } from '../../../base/ports';
import type { ReceivedMessage } from '../../../mqtt/client/received-message';
import { topicMatches } from '../../../mqtt/client/topic';
import type { RequestPrimitive } from '../../primitive/primitives';
import { Recent } from '../../../base/recent';
import { codecOf, jsonCodec } from '../../primitive/serialization';
import { notificationFilters, requestTopic, responseFilter, topicID, type RequestTopic } from '../../primitive/topics';
import type { Serialization } from '../../primitive/codec';
import type { Binding, BindingEvents, SendOptions } from '../binding';
import type { Broker } from './broker';
import { MqttIncoming } from './incoming';
import { TopicSubscriptions } from './topic-subscriptions';

export interface MqttBindingOptions {
  readonly broker: Broker;
  /** CSE-ID that requests go to (`/in-cse-1`); empty: the CSE that `to` names. */
  readonly receiver: string;
  /** `//sp.example`, or empty: for notifications addressed with it. */
  readonly spID: string;
  readonly serialization: Serialization;
  /** In front of the first slash of every topic. */
  readonly topicPrefix?: string;
  /** Originator level of `reg_req`. */
  readonly credentialID?: string;
  /** Originator level while the CSE has not assigned the AE-ID; unlike that of any other AE at the broker. */
  readonly fallbackLevel: string;
  /** A topic of the user's own on which notifications come too. */
  readonly notifyTopic?: string;
  readonly pointOfAccess: readonly string[];
  /** Makes the broker forget this client after the connection was closed (TS-0010 6.3). */
  readonly forget?: (() => Promise<void>) | undefined;
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

interface Route {
  readonly fr: string;
  readonly kind: RequestTopic['kind'];
  readonly receiver: string;
  readonly topic: string;
  /** Of the answers. */
  readonly filter: string;
}

/** TS-0010: requests and answers on topics of a broker, at QoS 1. */
export class MqttBinding implements Binding {
  readonly name = 'mqtt';
  readonly events = new EventEmitter<BindingEvents>();
  readonly pointOfAccess: readonly string[];
  private readonly broker: Broker;
  private readonly prefix: string;
  private readonly responses: TopicSubscriptions;
  private readonly notifications: TopicSubscriptions;
  /** The originators of own requests, by `rqi`. */
  private readonly published = new Recent<string>(REMEMBERED);
  private readonly refused = new Set<string>();
  private lastRoute: Route | undefined;
  private isOpen = false;
  private isClosed = false;

  constructor(private readonly options: MqttBindingOptions) {
    this.broker = options.broker;
    this.prefix = options.topicPrefix ?? '';
    this.pointOfAccess = options.pointOfAccess;
    const incoming = new MqttIncoming({
      prefix: this.prefix,
      maxPayloadBytes: options.maxPayloadBytes ?? MAX_PAYLOAD_BYTES,
      log: options.ports.log,
      events: this.events,
      isOwn: ({ rqi, fr = '' }) => this.published.get(rqi) === fr,
      answer: async (topic, payload) => {
        this.throwIfDown();
        await this.broker.publish(topic, payload, SEND);
      },
    });
    const handler = (message: ReceivedMessage): void => {
      if (!this.isClosed) incoming.receive(message);
    };
    this.responses = new TopicSubscriptions(this.broker, handler, MAX_ORIGINATORS);
    this.notifications = new TopicSubscriptions(this.broker, handler);
  }

  get isUp(): boolean {
    return this.isOpen && !this.isClosed && this.broker.isConnected;
  }

  open(): void {
    if (this.isOpen || this.isClosed) return;
    this.isOpen = true;
    this.broker.events.on('connected', this.onConnected);
    this.broker.events.on('disconnected', this.onDisconnected);
    this.broker.events.on('problem', this.onProblem);
    this.broker.open();
  }

  async send(request: RequestPrimitive, { registration, signal }: SendOptions): Promise<void> {
    this.throwIfDown();
    signal.throwIfAborted();
    const { topic, filter } = this.routeOf(request, registration === 'reg_req' ? 'reg_req' : 'req');
    const codec = this.options.serialization === 'json' ? jsonCodec : await codecOf(this.options.serialization);
    const payload = codec.encode(request);
    let mayHaveLeft = false;
    try {
      if (!this.responses.isLatest(filter)) await unlessAborted(this.hear(filter), signal);
      this.throwIfDown();
      this.published.add(request.rqi, request.fr ?? '');
      mayHaveLeft = true;
      await this.broker.publish(topic, payload, { ...SEND, signal });
    } catch (error) {
      throw asSendError(toDeviceError(error, ErrorCode.LINK_LOST), mayHaveLeft);
    }
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

  async close({ forget = false }: { readonly forget?: boolean } = {}): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    const { clock } = this.options.ports;
    const deadline = { clock, ms: CLOSE_DEADLINE_MS, message: 'the broker did not answer' };
    await withDeadline(deadline, () => this.leave(forget)).catch(() => undefined);
    this.broker.events.off('connected', this.onConnected);
    this.broker.events.off('disconnected', this.onDisconnected);
    this.broker.events.off('problem', this.onProblem);
  }

  private readonly onConnected = (): void => {
    if (!this.isClosed) this.events.emit('up');
  };

  private readonly onDisconnected = (error: DeviceError): void => {
    if (!this.isClosed) this.events.emit('down', error);
  };

  private readonly onProblem = (error: DeviceError): void => {
    if (!this.isClosed) this.events.emit('problem', error);
  };

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
    if (forget && forgetSession === undefined && this.broker.isConnected) {
      const deadline = { clock: ports.clock, ms: UNSUBSCRIBE_DEADLINE_MS, message: 'the broker did not answer' };
      const ended = Promise.all([this.responses.endAll(), this.notifications.endAll()]);
      await withDeadline(deadline, () => ended).catch(() => undefined);
    }
    await this.broker.close();
    if (forget) await forgetSession?.();
  }

  /** Where a request goes and its answer comes; nearly always the same as last time. Throws a DeviceError CONFIG where no CSE is named. */
  private routeOf({ fr = '', to }: RequestPrimitive, kind: RequestTopic['kind']): Route {
    const receiver = this.options.receiver === '' ? cseOf(to) : this.options.receiver;
    const known = this.lastRoute;
    if (known?.fr === fr && known.kind === kind && known.receiver === receiver) return known;
    const { serialization, credentialID = '', fallbackLevel } = this.options;
    const level = isAe(fr) ? fr : fallbackLevel;
    const originator = kind === 'reg_req' && credentialID !== '' ? credentialID : level;
    const { prefix } = this;
    const route = {
      fr,
      kind,
      receiver,
      topic: requestTopic({ kind, originator, receiver, serialization, prefix }),
      filter: responseFilter(kind, originator, prefix),
    };
    this.lastRoute = route;
    return route;
  }

  private throwIfDown(): void {
    if (this.isClosed) throw new DeviceError(ErrorCode.CLOSED, 'the MQTT binding was closed');
    if (!this.isUp) throw new DeviceError(ErrorCode.LINK_LOST, 'the broker is not connected');
  }
}

/** `C` and `S` ask the CSE for an id, and are none. */
const isAe = (originator: string): boolean => topicID(originator) !== '' && !/^\/*[CS]$/u.test(originator);

/** What `Binding.send` promises, for the codes that only MQTT has. */
const SEND_CODES: Readonly<Record<string, string>> = {
  MQTT_WRITE_TIMEOUT: ErrorCode.TIMEOUT,
  MQTT_WAIT_TIMEOUT: ErrorCode.TIMEOUT,
  MQTT_DROPPED: ErrorCode.LINK_LOST,
  MQTT_QUEUE_FULL: ErrorCode.QUEUE_FULL,
  MQTT_BAD_TOPIC: ErrorCode.CONFIG,
};

function asSendError(error: DeviceError, mayHaveLeft: boolean): DeviceError {
  const code = SEND_CODES[error.code];
  const { advice } = error;
  if (error.code === ErrorCode.LINK_LOST && mayHaveLeft) {
    const text = `${error.message}; nobody knows whether the request took effect`;
    return new DeviceError(ErrorCode.TIMEOUT, text, { cause: error });
  }
  if (code === undefined) return error;
  return new DeviceError(code, error.message, { cause: error, ...(advice === undefined ? {} : { advice }) });
}

/** The CSE that an address names. Throws a DeviceError CONFIG for one that is relative to a CSE. */
function cseOf(to: string): string {
  const named = /^(?:\/\/[^/]+)?\/[^/]+/u.exec(to)?.[0];
  if (named !== undefined && !/^\/\/[^/]+$/u.test(named)) return named;
  const advice = 'Add the id of the CSE to the endpoint, such as "#in-cse", or use a target such as "/in-cse/...".';
  const text = `endpoint: names no CSE, and neither does the target ${show(to)}`;
  throw new DeviceError(ErrorCode.CONFIG, text, { advice });
}

/** Settles like `promise`, or rejects with the reason of the signal, whichever comes first. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(toDeviceError(signal.reason, ErrorCode.CLOSED));
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
