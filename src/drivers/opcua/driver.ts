import { EventEmitter } from 'node:events';
import type { Driver, Reading, Subscription, Write, WriteResult } from '../../device/driver';
import { DeviceError, ErrorCode, toDeviceError } from '../../base/errors';
import type { Ports } from '../../base/ports';
import { OpcUaActions } from './actions';
import { isLinkError } from './library/batches';
import type { OpcUaConfig } from './config/config';
import { loadOpcUa } from './library/load';
import { toOpcUaError } from './library/status-codes';
import { Begun } from './access/begun';
import { makeLink, type UaLink } from './access/link';
import type { OpcUaProperty } from './config/property';
import { readProperties } from './access/reader';
import { acquireSession, type SessionLease } from './session/session-pool';
import { OpcUaSubscription } from './access/subscription';
import { writeProperties } from './access/writer';

/** What closing waits for what was begun, ms: a busy server has then not answered in the time closing may take. */
const BEGUN_MS = 1500;

/** What is open between a connect and the close or loss after it. */
interface Connection {
  readonly lease: SessionLease;
  readonly begun: Begun;
  /** Aborted when the connection ends, whatever the reason. */
  readonly ending: AbortController;
  link?: UaLink;
  subscription?: OpcUaSubscription;
}

/** OPC UA: the nodes of one server, in a session shared with all devices of the same endpoint, security and user. */
export class OpcUaDriver implements Driver<OpcUaProperty> {
  readonly events = new EventEmitter<{ lost: [DeviceError] }>();
  private readonly actions = new OpcUaActions();
  readonly messages = this.actions.messages;
  readonly maxRetryDelayMs = 5000;
  private connection: Connection | undefined;

  constructor(
    private readonly config: OpcUaConfig,
    private readonly pkiDirectory: string,
    private readonly ports: Ports,
  ) {}

  async connect(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.close();
    const lease = acquireSession({ ...this.config.session, pkiDirectory: this.pkiDirectory }, this.ports);
    const connection: Connection = { lease, begun: new Begun(), ending: new AbortController() };
    this.connection = connection;
    lease.events.on('lost', (error) => this.lose(connection, error));
    try {
      const both = AbortSignal.any([signal, connection.ending.signal]);
      const [library, ua] = await Promise.all([loadOpcUa(), lease.ready(both)]);
      both.throwIfAborted();
      connection.link = makeLink(library, ua, this.ports.clock, connection.begun);
      void connection.begun.add(this.actions.restore(connection.link, connection.ending.signal));
    } catch (error) {
      if (this.connection === connection) await this.close();
      throw toDeviceError(error, ErrorCode.CONNECT_FAILED);
    }
  }

  read(properties: readonly OpcUaProperty[], signal: AbortSignal): Promise<Reading[]> {
    return this.use(signal, (link, both) => readProperties(properties, link, both));
  }

  write(writes: readonly Write<OpcUaProperty>[], signal: AbortSignal): Promise<WriteResult[]> {
    return this.use(signal, (link, both) => writeProperties(writes, link, both));
  }

  subscribe(properties: readonly OpcUaProperty[], sink: (readings: Reading[]) => void): Promise<Subscription> {
    const connection = this.connection;
    return this.use(new AbortController().signal, async (link, signal) => {
      const hooks = { sink, onEnded: (error: DeviceError) => connection && this.lose(connection, error) };
      const { syncIntervalMs } = this.config;
      const subscription = await OpcUaSubscription.open(link, properties, syncIntervalMs, hooks, signal);
      if (connection !== undefined) connection.subscription = subscription;
      return subscription;
    });
  }

  /** A failed action says nothing about the link; when that is gone, the session tells it. */
  async perform(action: string, message: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<unknown> {
    const { link, ending, begun } = this.connection ?? {};
    if (link === undefined || ending === undefined || begun === undefined) {
      throw new DeviceError(ErrorCode.LINK_LOST, 'not connected');
    }
    return begun.add(this.actions.perform(action, message, link, AbortSignal.any([signal, ending.signal])));
  }

  async close(): Promise<void> {
    const connection = this.connection;
    this.connection = undefined;
    if (connection === undefined) return;
    connection.lease.events.removeAllListeners('lost');
    connection.ending.abort(new DeviceError(ErrorCode.CLOSED, 'the device was closed'));
    await Promise.all([connection.subscription?.end(), this.actions.suspend(), connection.begun.settled(BEGUN_MS)]);
    await connection.lease.release();
  }

  /** Something with the present link. A rejection that says the link is gone is also told as `lost`. */
  private async use<T>(signal: AbortSignal, action: (link: UaLink, both: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const connection = this.connection;
    if (connection?.link === undefined) throw new DeviceError(ErrorCode.LINK_LOST, 'not connected');
    try {
      const both = AbortSignal.any([signal, connection.ending.signal]);
      return await connection.begun.add(action(connection.link, both));
    } catch (error) {
      const reason = toOpcUaError(error, 'request');
      if (!signal.aborted && isLinkError(reason) && reason.code === ErrorCode.LINK_LOST) this.lose(connection, reason);
      throw reason;
    }
  }

  /** Ends what used the link; the lease is given back by the `close` that the engine calls. Told once. */
  private lose(connection: Connection, error: DeviceError): void {
    if (this.connection !== connection || connection.link === undefined) return;
    delete connection.link;
    connection.ending.abort(error);
    this.events.emit('lost', error);
  }
}
