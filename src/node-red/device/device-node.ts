import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import { Device } from '../../device/engine/device';
import type { SyncReport } from '../../device/engine/reporting';
import type { DeviceConfig, DeviceKind } from '../../device/kind';
import type { ErrorInfo } from '../../base/errors';
import type { DeviceSnapshot } from '../../device/snapshot';
import { integersAs } from '../../base/values/int64-form';
import { plainMembers } from '../../base/values/plain-members';
import { valuesOf } from '../../device/documents/status-document';
import { answerCommand } from './answer';
import { answerMessages, type Send } from '../common/answer-messages';
import { Badge } from '../common/badge';
import { parseCommand } from './command';
import { CLOSE_DEADLINE_MS, settleWithin } from '../../base/settle-within';
import { readDeviceConfig, type DeviceNodeConfig } from './device-config';
import { directory, type ListedDevice } from '../common/directory';
import { ErrorFunnel } from '../common/error-funnel';
import { configError } from '../common/flow-error';
import { whenFlowsStarted } from '../common/flows-started';
import type { NodeRuntime } from '../common/node-runtime';
import { Warnings } from '../common/warnings';
import { MqttPart } from './mqtt-part';
import { outputMembers, senderMembers, UntoldChanges } from './output';
import { portsOf, quietPortsOf } from '../common/ports';
import { userDirectoryOf } from '../common/user-directory';

/** What a `*-device` node runs with: all that such a node does (docs/contract.md#messages-of-a-device-node) for one kind of device. */
export function deviceRuntime<C extends DeviceConfig>(
  kind: DeviceKind<C['properties'][number], C>,
): Required<NodeRuntime> {
  const anyKind = kind as unknown as DeviceKind;
  return { kind: anyKind, run: (RED, node, definition) => new DeviceNode(RED, node, anyKind, definition).run() };
}

/** The life of one device node, from deploy to redeploy. */
class DeviceNode implements ListedDevice {
  readonly id: string;
  readonly type: string;
  private readonly settings: DeviceNodeConfig;
  private readonly badge: Badge;
  private readonly funnel: ErrorFunnel;
  private readonly warnings: Warnings;
  private readonly untold: UntoldChanges;
  private readonly device: Device | undefined;
  private readonly mqtt: MqttPart;

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly kind: DeviceKind,
    definition: NodeDef,
  ) {
    this.id = node.id;
    this.type = node.type;
    this.settings = readDeviceConfig(RED, node, definition as unknown as Record<string, unknown>, kind);
    const { identity, config } = this.settings;
    this.untold = new UntoldChanges(config?.properties.length ?? 0);
    this.badge = new Badge(node, (key) => RED._(key));
    this.warnings = new Warnings(node);
    this.funnel = new ErrorFunnel(node, () => ({ topic: this.topic, device: { ...identity } }));
    this.mqtt = new MqttPart(
      {
        RED,
        node,
        funnel: this.funnel,
        ports: portsOf(node),
        onChange: () => this.showState(),
        hasOwnTopics: kind.hasOwnTopics === true,
        ...(config !== undefined && kind.octopusStatus !== undefined
          ? { octopusStatus: (snapshot: DeviceSnapshot) => kind.octopusStatus?.(snapshot, config) }
          : {}),
      },
      this.settings,
    );
    if (config !== undefined) {
      const driver = kind.createDriver(config, {
        ...portsOf(node),
        userDirectory: userDirectoryOf(RED),
        openConnection: () => this.mqtt.openConnection(),
      });
      this.device = new Device({ identity, config, driver, ports: quietPortsOf(node) });
    }
  }

  get identity(): ListedDevice['identity'] {
    return this.settings.identity;
  }

  get deviceTopic(): ListedDevice['deviceTopic'] {
    return this.mqtt.deviceTopic;
  }

  get configError(): ErrorInfo | undefined {
    if (this.settings.problems.length === 0) return undefined;
    const { code, message } = configError(this.settings.problems);
    return { code, message };
  }

  snapshot(): DeviceSnapshot | undefined {
    return this.device?.snapshot();
  }

  retry(): void {
    if (this.snapshot()?.state !== 'unhealthy') return;
    // What comes of it is shown and reported like that of any attempt.
    this.device?.connect().catch(() => undefined);
  }

  async write(values: Readonly<Record<string, unknown>>): Promise<void> {
    const { device, settings } = this;
    const { config } = settings;
    if (device === undefined || config === undefined) throw configError(settings.problems);
    await answerCommand(device, config, { action: 'write', values, adHoc: [] });
  }

  run(): void {
    directory.enter(this);
    this.warnings.tell(this.settings.warnings);
    this.mqtt.join();
    const { device } = this;
    // Only then all nodes exist: nothing that this one sends, shows or reports is lost.
    const cancelStart = whenFlowsStarted(this.RED.events, () => {
      if (device === undefined) this.reportMisconfigured();
      else this.start(device);
    });

    answerMessages(this.node, (msg, send) => this.handle(msg, send));
    this.node.on('close', (removed: boolean, done: () => void) => {
      cancelStart();
      void this.close(!removed).then(done);
    });
  }

  private start(device: Device): void {
    device.events.on('state', (snapshot) => {
      if (snapshot.state === 'healthy') this.funnel.recovered('device');
      this.showState();
    });
    device.events.on('problem', (error) => this.funnel.report('device', error));
    device.events.on('sync', (report) => this.tell(report));
    device.events.on('message', ({ action, payload }) => {
      this.node.send({
        action,
        payload: integersAs(this.settings.output.int64, payload),
        ...senderMembers(device.snapshot(), this.mqtt.deviceTopic),
      });
    });
    this.mqtt.open(device);
    device.start();
  }

  /** Does what a message asks; rejects with why it could not. The answer is the message itself. */
  private async handle(msg: NodeMessageInFlow, send: Send): Promise<void> {
    const { device, kind } = this;
    const { config } = this.settings;
    if (device === undefined || config === undefined) throw configError(this.settings.problems);
    const parseProperty = (raw: unknown, field: string) => kind.parseProperty(raw, field, config);
    const command = parseCommand(msg, parseProperty, kind.actions);
    this.warnings.tell(command.warnings ?? []);
    if (command.action === 'perform') {
      const answer = await device.perform(command.name, plainMembers(msg));
      send(
        Object.assign(msg, {
          payload: integersAs(this.settings.output.int64, answer),
          ...senderMembers(device.snapshot(), this.mqtt.deviceTopic),
        }),
      );
      return;
    }
    const payload = await answerCommand(device, config, command);
    send(Object.assign(msg, this.members(payload, Object.keys(payload))));
  }

  /** Sends what is due. What a message or a command brought is told by its answer, or by the next sync. */
  private tell({ snapshot, changed, cause, isDue }: SyncReport): void {
    this.untold.add(changed);
    const { when } = this.settings.output;
    if (!isDue || cause === 'read' || cause === 'write' || when === 'never') return;
    if ((when === 'change' && this.untold.isEmpty) || !this.isWired) return;
    this.node.send({
      ...this.members(
        valuesOf(snapshot),
        snapshot.properties.map(({ name }) => name),
      ),
    });
  }

  private members(payload: Readonly<Record<string, unknown>>, names: readonly string[]) {
    const { device, RED } = this;
    if (device === undefined) throw configError(this.settings.problems);
    const how = { util: RED.util, ...this.settings.output };
    return outputMembers(how, device.snapshot(), payload, this.untold.take(names), this.mqtt.deviceTopic);
  }

  /** Whether anybody gets what is sent; a partial deploy may change it while the node goes on. */
  private get isWired(): boolean {
    const { wires } = this.node as Node & { readonly wires?: readonly (readonly string[])[] };
    return wires?.some((ends) => ends.length > 0) ?? true;
  }

  private get topic(): string {
    return this.mqtt.deviceTopic?.topic ?? `${this.identity.namespace}/${this.identity.name}`;
  }

  private showState(): void {
    const snapshot = this.device?.snapshot();
    if (snapshot === undefined || snapshot.state === 'closed') return;
    const isTrouble = snapshot.state === 'unhealthy' || snapshot.state === 'degraded';
    if (snapshot.state === 'healthy' && this.mqtt.trouble !== undefined) {
      this.badge.show('healthy', this.mqtt.trouble, 'warning');
    } else {
      this.badge.show(snapshot.state, isTrouble ? snapshot.lastError : undefined);
    }
  }

  private reportMisconfigured(): void {
    this.funnel.report('config', configError(this.settings.problems));
    const [first, ...more] = this.settings.problems;
    const others = more.length === 0 ? '' : ` (+${more.length})`;
    this.badge.show('misconfigured', { code: 'CONFIG', message: `${first?.field ?? ''}${others}` });
  }

  private async close(mayReturn: boolean): Promise<void> {
    directory.leave(this);
    const { device } = this;
    const failures = await settleWithin(CLOSE_DEADLINE_MS, [
      this.mqtt.close(mayReturn),
      device?.close() ?? Promise.resolve(),
    ]);
    device?.events.removeAllListeners();
    this.funnel.close();
    for (const failure of failures) this.node.warn(`Closing: ${failure}`);
  }
}
