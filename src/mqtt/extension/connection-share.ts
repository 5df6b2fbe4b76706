import { EventEmitter } from 'node:events';
import { withDeadline } from '../../base/deadline';
import { DeviceError, ErrorCode } from '../../base/errors';
import type { Clock } from '../../base/ports';
import type { BrokerConnection } from '../../base/broker-connection';
import type { ExtensionConnection } from '../client/extension-connection';
import type { Lease } from '../../base/lease-pool';
import type { ConnectionHub, HubUser } from './connection-hub';
import type { ReceivedMessage } from '../../base/broker-connection';
import type { ServerUrl } from '../client/server-url';

const UNSUBSCRIBE_DEADLINE_MS = 4000;

export interface ConnectionShareOptions {
  /** `device`, or a name: for the message that it has left. */
  readonly who: string;
  /** Given back when the share is closed. */
  readonly lease: Lease<ConnectionHub>;
  readonly clock: Clock;
  /** Called once, before the connection is left. */
  readonly onClose: () => void;
  readonly forget?: () => Promise<void>;
  /** True: it hears events from the beginning, without `open`. */
  readonly isOpen?: boolean;
}

/** One user's share in a connection that others may use too. */
export class ConnectionShare implements ExtensionConnection, HubUser {
  readonly events: BrokerConnection['events'] = new EventEmitter();
  readonly forget?: () => Promise<void>;
  private readonly hub: ConnectionHub;
  private readonly pending = new Set<(error: DeviceError) => void>();
  private readonly subscriptions = new Set<() => Promise<void>>();
  private closing: Promise<void> | undefined;
  private isOpen: boolean;
  private active = false;

  constructor(private readonly options: ConnectionShareOptions) {
    this.hub = options.lease.value;
    this.hub.join(this);
    this.isOpen = options.isOpen === true;
    if (options.forget) this.forget = options.forget;
  }

  get isConnected(): boolean {
    return this.isOpen && this.closing === undefined && this.hub.isConnected;
  }

  get server(): ServerUrl {
    return this.hub.server;
  }

  get isClosing(): boolean {
    return this.closing !== undefined;
  }

  /** Whether it has ever published or subscribed, and so may have something to say when it goes. */
  get wasActive(): boolean {
    return this.active;
  }

  /** The connection itself opens with its first user: who opens a share in one that is up is told so at once. */
  open(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    if (!this.isConnected) return;
    queueMicrotask(() => {
      if (this.isConnected) this.events.emit('connected');
    });
  }

  publish(topic: string, payload: string | Buffer, options: Parameters<BrokerConnection['publish']>[2]): Promise<void> {
    return this.untilClosed(() => this.hub.publish(topic, payload, options));
  }

  subscribe(filter: string, qos: 0 | 1 | 2, handler: (message: ReceivedMessage) => void): Promise<() => Promise<void>> {
    return this.untilClosed(async () => {
      const unsubscribe = await this.hub.subscribe(filter, qos, (message) => {
        if (this.closing === undefined) handler(message);
      });
      const end = async (): Promise<void> => {
        if (this.subscriptions.delete(end)) await unsubscribe();
      };
      this.subscriptions.add(end);
      if (this.closing !== undefined) await end();
      return end;
    });
  }

  close(): Promise<void> {
    this.closing ??= this.leave();
    return this.closing;
  }

  onConnected(): void {
    if (this.isOpen) this.events.emit('connected');
  }

  onDisconnected(error: DeviceError): void {
    if (this.isOpen) this.events.emit('disconnected', error);
  }

  /** The outcome of `action`, also where it throws; CLOSED if the share is closed before there is one. */
  untilClosed<T>(action: () => Promise<T>): Promise<T> {
    if (this.closing !== undefined) {
      return Promise.reject(new DeviceError(ErrorCode.CLOSED, `the ${this.options.who} has left the MQTT connection`));
    }
    this.active = true;
    return new Promise<T>((resolve, reject) => {
      const outcome = action();
      this.pending.add(reject);
      outcome.then(
        (value) => {
          this.pending.delete(reject);
          resolve(value);
        },
        (error: unknown) => {
          this.pending.delete(reject);
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
  }

  /**
   * The last user's subscriptions are left to the end of the connection: a persistent session (`cleanSession: false`)
   * then keeps what comes for them. On a connection that others keep open they are ended.
   */
  private async leave(): Promise<void> {
    const { lease, clock, who, onClose } = this.options;
    const { hub } = this;
    onClose();
    hub.leave(this);
    await lease.release(); // a connection that closes lets messages through that are under way
    const closed = new DeviceError(ErrorCode.CLOSED, `the ${who} left the MQTT connection`);
    for (const abandon of [...this.pending]) abandon(closed);
    if (!hub.isClosing) {
      const deadline = { clock, ms: UNSUBSCRIBE_DEADLINE_MS, message: 'the broker did not answer' };
      const ended = Promise.allSettled([...this.subscriptions].map((end) => end()));
      await withDeadline(deadline, () => ended).catch(() => undefined);
    }
    this.events.removeAllListeners();
  }
}
