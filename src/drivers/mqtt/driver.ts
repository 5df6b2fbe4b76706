import { EventEmitter } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import type { BrokerConnection, ReceivedMessage } from '../../base/broker-connection';
import { DeviceError, ErrorCode, toDeviceError } from '../../base/errors';
import { show } from '../../base/show';
import { whenAborted } from '../../base/abort-listeners';
import { abortError, pause, unlessAborted } from '../../base/waiting';
import type { Driver, Reading, Subscription, Write, WriteResult } from '../../device/driver';
import type { DriverSurroundings } from '../../device/kind';
import { isReadable } from '../../device/property';
import type { MqttConfig } from './config/config';
import type { MqttProperty } from './config/property';
import { Inbox } from './inbox';
import { type Outgoing, planMessages } from './outgoing';
import { type Cbor, loadCbor } from './payload/cbor';
import { Content } from './payload/content';
import type { ValueFormat } from './payload/decode';
import { encodeValues } from './payload/encode';
import { Presence } from './presence';
import { answerRequest } from './request';
import { TopicWatch } from './topic-watch';

/** How long a first reading waits for what the broker has retained. ms */
const FIRST_MESSAGE_MS = 1000;

/** A device that speaks MQTT itself. The connection, its pauses and its queue are the extension's; here is what its topics mean. */
export class MqttDriver implements Driver<MqttProperty> {
  readonly events = new EventEmitter<{ lost: [DeviceError] }>();
  /** An attempt costs the other side nothing, and waits for the broker or the device by itself. */
  readonly maxRetryDelayMs = 5000;
  private readonly declared: ReadonlySet<MqttProperty>;
  private readonly inbox: Inbox;
  private readonly presence: Presence;
  private connection: BrokerConnection | undefined;
  private watch: TopicWatch | undefined;
  private cbor: Cbor | undefined;
  private sink: ((readings: Reading[]) => void) | undefined;
  private isUp = false;
  /** Counts how often it was closed, so that what was asked for before is not used after. */
  private closed = 0;
  private upSince = 0;
  /** The last values written, for messages that hold all of them. */
  private readonly written = new Map<string, Write<MqttProperty>>();
  private readonly sentAt = new Map<string, number>();

  constructor(
    private readonly config: MqttConfig,
    private readonly surroundings: DriverSurroundings,
    private readonly formatOf: (property: MqttProperty) => ValueFormat,
  ) {
    const { clock } = surroundings;
    this.inbox = new Inbox({ clock, formatOf, onReadings: (readings) => this.sink?.(readings) });
    this.presence = new Presence(config, clock, (error) => this.onLost(error));
    this.declared = new Set(config.properties);
    for (const property of config.properties) {
      if (property.value !== undefined) this.written.set(property.name, { property, value: property.value });
    }
  }

  async connect(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const connection = await unlessAborted(this.openConnection(), signal);
    await this.untilConnected(connection, signal);
    if (this.needsCbor) this.cbor = await unlessAborted(loadCbor(), signal);
    this.watch ??= new TopicWatch(connection, (properties, message) => this.onMessage(properties, message));
    this.inbox.startLink();
    const readable = this.config.properties.filter(isReadable);
    await unlessAborted(Promise.all([this.watch.add(readable), this.presence.listen(connection)]), signal);
    await this.presence.require(signal);
    this.isUp = true;
    this.upSince = this.surroundings.clock.now();
    this.presence.keepAlive(connection);
  }

  async read(properties: readonly MqttProperty[], signal: AbortSignal): Promise<Reading[]> {
    const { watch } = this.requireUp();
    const adHoc = properties.filter((property) => !this.declared.has(property));
    await unlessAborted(watch.add(adHoc), signal);
    const since = adHoc.length > 0 ? this.surroundings.clock.now() : this.upSince;
    const heard = properties.filter((property) => watch.problemOf(property) === undefined);
    const rest = since + FIRST_MESSAGE_MS - this.surroundings.clock.now();
    await this.inbox.waitFor(() => heard.every(this.inbox.isFresh), rest, signal);
    signal.throwIfAborted();
    const readings = properties.map((property) => this.readingOf(property, watch));
    for (const property of adHoc) this.inbox.forget(property);
    await watch.drop(adHoc);
    return readings;
  }

  async write(writes: readonly Write<MqttProperty>[], signal: AbortSignal): Promise<WriteResult[]> {
    const { connection } = this.requireUp();
    for (const write of writes) if (this.declared.has(write.property)) this.written.set(write.property.name, write);
    const kept = this.config.write === 'whole' ? [...this.written.values()] : [];
    const failed = new Map<number, DeviceError>();
    await Promise.all(
      planMessages(writes, kept).map(async (message) => {
        const error = await this.send(connection, message, signal);
        if (error !== undefined) for (const index of message.asked) failed.set(index, error);
      }),
    );
    signal.throwIfAborted();
    return writes.map(({ property: { name } }, index) => {
      const error = failed.get(index);
      return error === undefined ? { name } : { name, error };
    });
  }

  subscribe(properties: readonly MqttProperty[], sink: (readings: Reading[]) => void): Promise<Subscription> {
    const { watch } = this.requireUp();
    this.sink = sink;
    const covered = new Set(properties.filter((one) => watch.problemOf(one) === undefined).map(({ name }) => name));
    const end = (): Promise<void> => {
      if (this.sink === sink) this.sink = undefined;
      return Promise.resolve();
    };
    return Promise.resolve({ covered, end });
  }

  perform(_action: string, message: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<unknown> {
    return answerRequest(this.requireUp().connection, message, signal);
  }

  async close(): Promise<void> {
    const { connection } = this;
    this.closed += 1;
    this.isUp = false;
    this.connection = undefined;
    this.watch = undefined;
    this.inbox.close();
    this.presence.close();
    await connection?.close();
    connection?.events.removeAllListeners();
  }

  private async openConnection(): Promise<BrokerConnection> {
    if (this.connection !== undefined) return this.connection;
    const { closed } = this;
    const connection = await this.surroundings.openConnection();
    if (closed !== this.closed) {
      await connection.close();
      throw new DeviceError(ErrorCode.CLOSED, 'the device was closed');
    }
    this.connection = connection;
    connection.events.on('disconnected', (error) => {
      this.onLost(
        new DeviceError(ErrorCode.LINK_LOST, `the broker is not connected: ${error.message}`, { cause: error }),
      );
    });
    connection.open();
    return connection;
  }

  /** Rejects as soon as an attempt of the connection has failed; the engine comes again. */
  private async untilConnected({ events, isConnected }: BrokerConnection, signal: AbortSignal): Promise<void> {
    if (isConnected) return;
    const stop = new AbortController();
    const connected = new Promise<void>((resolve, reject) => {
      const onDisconnected = (error: DeviceError): void => reject(error);
      events.once('connected', resolve);
      events.once('disconnected', onDisconnected);
      whenAborted(stop.signal, () => {
        events.off('connected', resolve);
        events.off('disconnected', onDisconnected);
      });
    });
    try {
      await unlessAborted(connected, signal);
    } catch (error) {
      const { message } = toDeviceError(error, ErrorCode.CONNECT_FAILED);
      throw new DeviceError(ErrorCode.CONNECT_FAILED, `the broker is not connected: ${message}`, { cause: error });
    } finally {
      stop.abort();
    }
  }

  private onLost(error: DeviceError): void {
    if (!this.isUp) return;
    this.isUp = false;
    this.presence.stopKeepAlive();
    this.events.emit('lost', error);
  }

  private onMessage(properties: Iterable<MqttProperty>, { topic, payload }: ReceivedMessage): void {
    this.inbox.take(properties, topic, new Content(payload, this.surroundings.clock.now(), this.cbor));
  }

  private readingOf(property: MqttProperty, watch: TopicWatch): Reading {
    const error = watch.problemOf(property);
    if (error === undefined) return this.inbox.reading(property);
    return { name: property.name, value: undefined, quality: 'bad', error, updatedAt: this.surroundings.clock.now() };
  }

  /** Why it did not get through, if so. */
  private async send(
    connection: BrokerConnection,
    message: Outgoing,
    signal: AbortSignal,
  ): Promise<DeviceError | undefined> {
    const { topic, qos, retained, writes } = message;
    try {
      const values = writes.map(({ property, value }) => ({ format: this.formatOf(property), value }));
      const payload = encodeValues(values, this.cbor);
      await this.waitTurn(topic, signal);
      const sentAt = this.surroundings.clock.now();
      await connection.publish(topic, payload, { qos, retained, waitTimeoutMs: 0, signal });
      return await this.confirm(writes, sentAt, signal);
    } catch (error) {
      return toDeviceError(error, 'MQTT_PUBLISH');
    }
  }

  /** What comes meanwhile is gathered by the engine, and goes in the next message. */
  private async waitTurn(topic: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.surroundings;
    const { writeIntervalMs } = this.config;
    if (writeIntervalMs === 0) return;
    const wait = (this.sentAt.get(topic) ?? -Infinity) + writeIntervalMs - clock.now();
    if (wait > 0) await pause(clock, wait, signal);
    if (signal.aborted) throw abortError(signal, 'the write');
    this.sentAt.set(topic, clock.now());
  }

  private async confirm(
    writes: readonly Write<MqttProperty>[],
    sentAt: number,
    signal: AbortSignal,
  ): Promise<DeviceError | undefined> {
    const { confirmMs } = this.config;
    const told = writes.filter(({ property }) => property.filter !== '');
    if (confirmMs === 0 || told.length === 0) return undefined;
    const isTold = ({ property, value }: Write<MqttProperty>): boolean => {
      const { value: now, updatedAt, quality } = this.inbox.reading(property);
      return quality === 'good' && updatedAt >= sentAt && isDeepStrictEqual(now, value);
    };
    if (await this.inbox.waitFor(() => told.every(isTold), confirmMs, signal)) return undefined;
    const [missing] = told.filter((write) => !isTold(write));
    if (missing === undefined) return undefined;
    const { name, filter } = missing.property;
    const says = this.inbox.reading(missing.property).value;
    const text = says === undefined ? 'it says nothing' : `it says ${show(says)}`;
    return new DeviceError('MQTT_NOT_CONFIRMED', `the device did not confirm "${name}" on ${filter}: ${text}`);
  }

  private get needsCbor(): boolean {
    return this.config.properties.some(({ contentType }) => contentType?.includes('cbor') === true);
  }

  private requireUp(): { readonly connection: BrokerConnection; readonly watch: TopicWatch } {
    const { isUp, connection, watch } = this;
    if (isUp && connection !== undefined && watch !== undefined) return { connection, watch };
    throw new DeviceError(ErrorCode.LINK_LOST, 'the device is not connected');
  }
}
