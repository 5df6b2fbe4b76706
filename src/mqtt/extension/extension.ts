import { EventEmitter } from 'node:events';
import { withDeadline } from '../../base/deadline';
import { DeviceError, ErrorCode } from '../../base/errors';
import { describeProblems, FieldReader, show } from '../../base/fields/fields';
import { LeasePool, type Lease } from '../../base/lease-pool';
import type { Ports } from '../../base/ports';
import type { DeviceIdentity } from '../../base/identity';
import type { ConnectionUser } from '../../base/broker-connection';
import type { ExtensionConnection } from '../client/extension-connection';
import { ConnectionShare } from './connection-share';
import { Connection } from '../connection/connection';
import { type ConnectionFactory } from '../connection/counted-connection';
import { ConnectionHub } from './connection-hub';
import { connectionPlan, dedicatedPattern, topicPattern, type ConnectionPlan } from './connection-plan';
import { ExtensionTopic } from './extension-topic';
import { Farewells, type Farewell } from './farewells';
import { forgetSession } from '../connection/forget-session';
import type { DeviceTopic, MqttUser } from './device-topic';
import { readMessage, type MessageSettings } from './message-options';
import { combinedLive, observedClient, observedMessage, type ObservedStatus } from './observed-status';
import type { ExtensionConfig } from './options';
import type { ServerUrl } from '../client/server-url';
import { renderTopic } from '../client/topic';

export { parseExtension, type ExtensionConfig, type ExtensionEnvironment } from './options';

/** How long devices may take to say goodbye on the broker when the extension is closed under them. */
const GOODBYE_MS = 1000;

/** Who uses the extension. */
interface Attached {
  readonly label: string;
  readonly clientId: string;
  /** Where it is the topic of a device. */
  readonly device?: DeviceIdentity;
}

const connectionOf: ConnectionFactory = (options, ports) => new Connection(options, ports);

/**
 * An MQTT extension at work: devices attach to it, and others open a share in it, over one connection for all or over one each.
 *
 * Events, for the extension as a whole: `connected` when every connection is up, `disconnected` with the reason when one
 * is lost or could not be made, `problem` for what else is worth telling.
 */
export class MqttExtension {
  readonly events = new EventEmitter<{ connected: []; disconnected: [DeviceError]; problem: [DeviceError] }>();
  private readonly shares = new Map<ConnectionShare, Attached>();
  /** By client id: one hub if shared, one a device if dedicated. */
  private readonly hubs = new LeasePool<ConnectionHub>({ close: (hub) => hub.close(this.isHandedOver) });
  private readonly detached = new EventEmitter<{ all: [] }>();
  private readonly farewells: Farewells;
  private isHandedOver = false;
  private inheritance: readonly Farewell[] = [];
  private closing: Promise<void> | undefined;
  /** No farewell is taken any more. */
  private isClosed = false;

  constructor(
    private readonly config: ExtensionConfig,
    private readonly ports: Ports,
    private readonly createConnection: ConnectionFactory = connectionOf,
  ) {
    for (const warning of config.warnings) ports.log.warn(warning);
    this.farewells = new Farewells(ports.clock, (plan) => this.leaseHub(plan, plan.clientId));
  }

  /** A device's topic. Throws a DeviceError CONFIG that names the field, or CLOSED. */
  attach(user: MqttUser): DeviceTopic {
    if (this.closing !== undefined) throw new DeviceError(ErrorCode.CLOSED, 'the MQTT extension is closed');
    const { device } = user;
    const message = this.messageOf(user);
    const rendered = renderTopic(message.topic, device, message.context);
    if (!rendered.ok) throw configError(asField(rendered.field), rendered.message);
    const { topic } = rendered;
    if (this.isDedicated) this.refuseSharedUid(device);
    const plan = connectionPlan(
      this.config,
      this.isDedicated ? { device, topic, availability: user.availability } : undefined,
    );
    if (!plan.ok) throw configError(plan.field, plan.message);
    const label = labelOf(device);
    if (this.isDedicated) this.refuseTakenClientId(plan.value.clientId);
    const { options } = plan.value;
    const { lease, isSuccessor } = this.succeed(topic, user.availability === true, plan.value, label);
    const observed = {
      client: observedClient(this.config.client, options.clientId, options.will?.topic),
      message: observedMessage(message, topic),
    };
    const deviceTopic: ExtensionTopic = new ExtensionTopic({
      topic,
      message,
      lease,
      clock: this.ports.clock,
      status: () => ({ ...observed, ...lease.value.live() }),
      isSuccessor,
      onFarewell: (said) => this.takeFarewell({ topic, message: said, plan: plan.value }, label),
      onDetach: () => this.left(deviceTopic.share),
    });
    this.shares.set(deviceTopic.share, { label, clientId: options.clientId, device });
    return deviceTopic;
  }

  /**
   * A share in the connection for a user who chooses topics itself: in the shared one, or in one of its own without the extension's
   * will. `payloadEncode` and topic settings do not apply. Throws a DeviceError CONFIG that names the field, or CLOSED.
   */
  openConnection({ clientId, label }: ConnectionUser): ExtensionConnection {
    if (this.closing !== undefined) throw new DeviceError(ErrorCode.CLOSED, 'the MQTT extension is closed');
    const plan = connectionPlan(this.config, this.isDedicated ? { clientId } : undefined);
    if (!plan.ok) throw configError(plan.field, plan.message);
    const { options } = plan.value;
    if (this.isDedicated && this.hubs.find(plan.value.clientId) !== undefined) {
      throw configError(
        'mqtt',
        `the client id ${show(clientId)} of ${label} is already connected through this extension`,
      );
    }
    const lease = this.leaseHub(plan.value, label);
    const { clock } = this.ports;
    const share: ConnectionShare = new ConnectionShare({
      who: label,
      lease,
      clock,
      onClose: () => this.left(share),
      ...(this.isDedicated &&
        !options.cleanSession && { forget: () => forgetSession(options, this.ports, this.createConnection) }),
    });
    this.shares.set(share, { label, clientId: options.clientId });
    return share;
  }

  /** The extension as a whole: of dedicated connections the figures added up. */
  status(): ObservedStatus {
    const { message } = this.config;
    return {
      client: this.isDedicated ? this.observedDedicated() : this.observedShared(),
      message: observedMessage(message, topicPattern(message.topic)),
      ...combinedLive(this.hubs.values().map((hub) => hub.live())),
    };
  }

  /** The server, where that is another than the first of several. */
  get fallback(): string | undefined {
    const { connectedTo } = combinedLive(this.hubs.values().map((hub) => hub.live()));
    return connectedTo === this.config.client.server.text ? undefined : connectedTo;
  }

  /** The topics that went through its connections, by broker. */
  seenTopics(): { readonly server: ServerUrl; readonly topics: readonly string[] }[] {
    return this.hubs.values().map(({ server, topics }) => ({ server, topics: topics.list() }));
  }

  /**
   * Closes as `close` does, but says no farewell, neither of devices nor of a connection: all of that is answered, for the extension that
   * takes its place at once.
   */
  async handOver(): Promise<readonly Farewell[]> {
    this.isHandedOver = true;
    await this.close();
    return this.inheritance;
  }

  /** Takes what another extension has handed over. */
  inherit(farewells: readonly Farewell[]): void {
    for (const farewell of farewells) this.farewells.leave(farewell);
  }

  /** Detaches all devices and closes all connections. Settles within 6 s; devices that were at work get a second to go. */
  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private get isDedicated(): boolean {
    return this.config.connection === 'dedicated';
  }

  private async closeAll(): Promise<void> {
    if ([...this.shares.keys()].some((share) => share.wasActive && share.isConnected)) await this.goodbyes();
    await Promise.all([...this.shares.keys()].map((share) => share.close()));
    if (this.isHandedOver) this.inheritance = this.farewells.handOver();
    else this.farewells.sayAll();
    this.isClosed = true;
    await this.hubs.closeAll();
  }

  private async goodbyes(): Promise<void> {
    const deadline = { clock: this.ports.clock, ms: GOODBYE_MS, message: 'devices are still attached' };
    const allGone = (): Promise<void> => new Promise((resolve) => this.detached.once('all', resolve));
    await withDeadline(deadline, allGone).catch(() => undefined);
  }

  /** A lease for a device. Whoever was there before it, at its topic or with its client id, has no farewell to say any more. */
  private succeed(
    topic: string,
    isAvailable: boolean,
    plan: ConnectionPlan,
    label: string,
  ): { lease: Lease<ConnectionHub>; isSuccessor: boolean } {
    const { farewells, hubs } = this;
    const former = farewells.of(topic, this.isDedicated ? plan.clientId : undefined);
    const isSuccessor = isAvailable && former.some((farewell) => farewell.topic === topic);
    const endFormer = (): void => {
      for (const farewell of former) {
        if (farewell.topic === topic && isAvailable) farewells.callOff(topic);
        else farewells.say(farewell.topic);
      }
    };
    // With another will, say, the connection must be made anew, and the old one be closed before.
    const isAnother = hubs.find(plan.clientId)?.isFor(plan.options) === false;
    if (this.isDedicated && isAnother) endFormer();
    const lease = this.leaseHub(plan, label);
    endFormer();
    return { lease, isSuccessor };
  }

  private takeFarewell(farewell: Farewell, label: string): boolean {
    if (this.isClosed) return false;
    // A session that the broker keeps gets the commands of the meantime only if its connection ends with its last user.
    const isLast = this.isDedicated || this.shares.size === 1;
    if (isLast && !farewell.plan.options.cleanSession) return false;
    this.farewells.leave(farewell, this.leaseHub(farewell.plan, label));
    return true;
  }

  private messageOf(user: MqttUser): MessageSettings {
    const reader = new FieldReader(user.message ?? {}, 'message');
    const message = readMessage(reader, this.config.message);
    if (reader.problems.length > 0) throw new DeviceError(ErrorCode.CONFIG, describeProblems(reader.problems));
    return message;
  }

  /** The client id is made of the uid: two devices with one would throw each other off the broker for ever. */
  private refuseSharedUid(device: DeviceIdentity): void {
    const other = [...this.shares.values()].find((attached) => attached.device?.uid === device.uid);
    if (other === undefined) return;
    const { label } = other;
    throw configError('uid', `is also that of the device ${label}; with dedicated connections each needs its own`);
  }

  private refuseTakenClientId(clientId: string): void {
    const other = [...this.shares.values()].find((attached) => attached.clientId === clientId);
    if (other === undefined) return;
    const advice = 'add :uid to the clientID of the MQTT extension, so that each device has its own';
    throw configError('mqtt', `the client id ${show(clientId)} is already that of ${other.label}; ${advice}`);
  }

  private left(share: ConnectionShare): void {
    this.shares.delete(share);
    if (this.shares.size === 0) this.detached.emit('all');
  }

  private leaseHub({ options, clientId, presence }: ConnectionPlan, user: string): Lease<ConnectionHub> {
    const tell = this.isDedicated ? ofUser(user) : (error: DeviceError) => error;
    const observer = {
      onConnected: () => this.tellConnected(),
      onDisconnected: (error: DeviceError) => this.events.emit('disconnected', tell(error)),
      onProblem: (error: DeviceError) => this.events.emit('problem', tell(error)),
    };
    const common = { connection: options, presence, ports: this.ports, create: this.createConnection, observer };
    return this.hubs.acquire(clientId, (after) => new ConnectionHub({ ...common, after }));
  }

  private tellConnected(): void {
    if (this.hubs.values().every((hub) => hub.isConnected)) this.events.emit('connected');
  }

  private observedShared(): ObservedStatus['client'] {
    const plan = connectionPlan(this.config);
    const options = plan.ok ? plan.value.options : undefined;
    return observedClient(this.config.client, options?.clientId ?? '', options?.will?.topic);
  }

  private observedDedicated(): ObservedStatus['client'] {
    const pattern = dedicatedPattern(this.config);
    return observedClient(this.config.client, pattern.clientId, pattern.willTopic);
  }
}

const labelOf = ({ namespace, name }: DeviceIdentity): string => `${namespace}/${name}`;

const configError = (field: string, message: string): DeviceError =>
  new DeviceError(ErrorCode.CONFIG, `${field}: ${message}`);

/** Topic settings stand in the `message` block; `name`, `namespace` and `uid` are the device's own fields. */
const asField = (field: string): string => (field.startsWith('topic.') ? `message.${field}` : field);

const ofUser =
  (user: string) =>
  (error: DeviceError): DeviceError =>
    new DeviceError(error.code, `${user}: ${error.message}`, {
      cause: error,
      ...(error.advice !== undefined && { advice: error.advice }),
    });
