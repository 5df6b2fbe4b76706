import { isDeepStrictEqual } from 'node:util';
import { withDeadline } from '../../base/deadline';
import type { DeliveryOptions, ReceivedMessage } from '../../base/broker-connection';
import { toDeviceError, type DeviceError } from '../../base/errors';
import type { Ports } from '../../base/ports';
import type { ConnectionOptions, ServerUrl } from '../client/connection-options';
import type { CountedConnection, ConnectionFactory } from '../connection/counted-connection';
import { observedLive, type LiveStatus } from './observed-status';
import { SeenTopics } from './seen-topics';

/** Who uses a hub: the link of one device, or a share. */
export interface HubUser {
  onConnected(): void;
  onDisconnected(error: DeviceError): void;
}

/** What the owner of a hub is told; each once, however many use the connection. */
export interface HubObserver extends HubUser {
  onProblem(error: DeviceError): void;
}

export interface HubOptions {
  readonly connection: ConnectionOptions;
  readonly ports: Ports;
  readonly create: ConnectionFactory;
  readonly observer: HubObserver;
  /** Where `online` and `offline` of the connection go, retained; its will is there, too. */
  readonly presence?: string | undefined;
  /** The end of the last connection with this client id: two at a time would cut each other off (MQTT 3.1.1, 3.1.4). */
  readonly after?: Promise<void> | undefined;
}

const CLOSE_DEADLINE_MS = 5000;

/** One connection to the broker and those who use it: it opens at once, and is closed for good once. */
export class ConnectionHub {
  readonly connection: CountedConnection;
  /** What its users publish, subscribe to and receive. */
  readonly topics = new SeenTopics();
  private readonly users = new Set<HubUser>();
  private closing: Promise<void> | undefined;

  constructor(private readonly options: HubOptions) {
    const { observer, after } = options;
    this.connection = options.create(options.connection, options.ports);
    this.connection.events.on('connected', () => {
      this.tellPresence('online');
      for (const user of [...this.users]) user.onConnected();
      observer.onConnected();
    });
    this.connection.events.on('disconnected', (error) => {
      for (const user of [...this.users]) user.onDisconnected(error);
      observer.onDisconnected(error);
    });
    this.connection.events.on('problem', (error) => {
      observer.onProblem(error);
    });
    if (after === undefined) this.connection.open();
    else void this.openAfter(after);
  }

  get isConnected(): boolean {
    return !this.isClosing && this.connection.isConnected;
  }

  /** Whether it is the connection that these options make. */
  isFor(options: ConnectionOptions): boolean {
    return isDeepStrictEqual(this.options.connection, options);
  }

  get server(): ServerUrl {
    return this.options.connection.server;
  }

  get isClosing(): boolean {
    return this.closing !== undefined;
  }

  live(): LiveStatus {
    return observedLive(this.isConnected, this.connection.statistics);
  }

  publish(topic: string, payload: string | Buffer, settings: DeliveryOptions): Promise<void> {
    this.topics.add(topic);
    return this.connection.publish(topic, payload, settings);
  }

  subscribe(filter: string, qos: 0 | 1 | 2, handler: (message: ReceivedMessage) => void): Promise<() => Promise<void>> {
    if (!/[+#]|^\$share\//.test(filter)) this.topics.add(filter);
    return this.connection.subscribe(filter, qos, (message) => {
      this.topics.add(message.topic);
      handler(message);
    });
  }

  join(user: HubUser): void {
    this.users.add(user);
  }

  leave(user: HubUser): void {
    this.users.delete(user);
  }

  /** Settles within 5 s. `isHandedOver`: another connection takes its place at once, and so is there. */
  close(isHandedOver = false): Promise<void> {
    this.closing ??= this.end(isHandedOver);
    return this.closing;
  }

  private async openAfter(after: Promise<void>): Promise<void> {
    await after;
    if (!this.isClosing) this.connection.open();
  }

  private tellPresence(presence: 'online' | 'offline'): void {
    const { presence: topic, connection, observer } = this.options;
    if (topic === undefined) return;
    const settings = { qos: connection.will?.qos ?? 0, retained: true, waitTimeoutMs: 0, precedence: 'first' } as const;
    this.connection.publish(topic, presence, settings).catch((error: unknown) => {
      if (!this.isClosing) observer.onProblem(toDeviceError(error, 'MQTT_PUBLISH'));
    });
  }

  private async end(isHandedOver: boolean): Promise<void> {
    const { clock, log } = this.options.ports;
    const deadline = { clock, ms: CLOSE_DEADLINE_MS, message: 'the MQTT connection did not close in time' };
    if (this.connection.isConnected && !isHandedOver) this.tellPresence('offline');
    try {
      await withDeadline(deadline, () => this.connection.close());
    } catch (error) {
      log.debug(`Closing the MQTT connection: ${error instanceof Error ? error.message : 'failed'}`);
    }
    this.connection.events.removeAllListeners();
  }
}
