import type { Node, NodeAPI } from 'node-red';
import { asRecord } from '../../base/records';
import { show } from '../../base/show';
import type { Device } from '../../device/engine/device';
import { DeviceError, ErrorCode, toDeviceError, type ErrorInfo } from '../../base/errors';
import type { Problem } from '../../base/fields/problems';
import type { BrokerConnection } from '../../base/broker-connection';
import type { Ports } from '../../base/ports';
import type { DeviceSnapshot } from '../../device/snapshot';
import type { DeviceTopic, MqttUser } from '../../mqtt/extension/device-topic';
import { createPublisher } from '../../mqtt/publishing/create-publisher';
import type { Publisher } from '../../mqtt/publishing/publisher';
import { parsePublishOptions, type PublishSettings } from '../../mqtt/publishing/publish-settings';
import type { DeviceNodeConfig } from './device-config';
import type { ErrorFunnel } from '../common/error-funnel';
import { configError } from '../common/flow-error';
import { isExtensionNode, whyMissing, type ExtensionNode } from '../common/mqtt-users';

export interface MqttPartOptions {
  readonly RED: NodeAPI;
  readonly node: Node;
  readonly funnel: ErrorFunnel;
  readonly ports: Ports;
  /** Its `message` block is about its own topics (`DeviceKind.hasOwnTopics`). */
  readonly hasOwnTopics: boolean;
  readonly octopusStatus?: (snapshot: DeviceSnapshot) => unknown;
  /** `trouble` has changed. */
  readonly onChange: () => void;
}

/**
 * A device node's connection to its `mqtt-extension`, if it has one. The config node may be missing, disabled,
 * misconfigured or closing: the device is then polled all the same, and the badge and one error say what is wrong.
 */
export class MqttPart {
  /** Absent without a usable extension. */
  deviceTopic: DeviceTopic | undefined;
  private extension: ExtensionNode | undefined;
  private publisher: Publisher | undefined;
  /** Why there is no connection. */
  private linkTrouble: ErrorInfo | undefined;
  /** Why messages are not published. */
  private publishTrouble: ErrorInfo | undefined;
  private isClosed = false;

  constructor(
    private readonly options: MqttPartOptions,
    private readonly settings: DeviceNodeConfig,
  ) {}

  /** Why nothing, or not everything, is published at present. */
  get trouble(): ErrorInfo | undefined {
    return this.publishTrouble ?? this.linkTrouble;
  }

  /** Enters the node as a user of its config node, so that what that one reports reaches the node's Catch nodes. */
  join(): void {
    const { RED, node } = this.options;
    const id = this.settings.raw['mqtt'];
    const extension: unknown = typeof id === 'string' && id !== '' ? RED.nodes.getNode(id) : undefined;
    if (!isExtensionNode(extension)) return;
    this.extension = extension;
    extension.join(node);
  }

  open(device: Device): void {
    const { raw, identity, mqttProblems } = this.settings;
    const { extension } = this;
    if (raw['mqtt'] === undefined || raw['mqtt'] === null || raw['mqtt'] === '') return;
    const { hasOwnTopics } = this.options;
    // What keeps such a device from its broker is told by its driver.
    if (hasOwnTopics && asRecord(raw['publish'])['enabled'] === undefined) return;
    if (extension === undefined) {
      const missing = { field: 'mqtt', message: whyMissing(this.options.RED, raw['mqtt']) };
      this.refuse(mqttProblems.some(({ field }) => field === 'mqtt') ? mqttProblems : [...mqttProblems, missing]);
      return;
    }
    if (extension.ready !== undefined) {
      void extension.ready.then(() => {
        if (!this.isClosed) this.open(device);
      });
      return;
    }
    const publish = parsePublishOptions({ ...extension.publishDefaults, ...asRecord(raw['publish']) }, 'publish');
    const problems = [...mqttProblems, ...(publish.ok ? timestampProblems(publish.value, device) : publish.problems)];
    if (!extension.isConfigured) {
      // Said already, by the config node itself, and through its `users` to the same Catch nodes.
      this.setTrouble({ code: 'CONFIG', message: 'MQTT: the MQTT extension is misconfigured' });
    } else if (publish.ok && publish.value.enabled === false) {
      return;
    } else if (!publish.ok || problems.length > 0) {
      this.refuse(problems);
    } else {
      const { availability } = publish.value;
      this.attach(
        extension,
        { device: identity, message: hasOwnTopics ? {} : asRecord(raw['message']), availability },
        publish.value,
        device,
      );
    }
  }

  /** For the driver: a share in the extension's connection; rejects as `DriverSurroundings.openConnection` does. */
  async openConnection(): Promise<BrokerConnection> {
    const { raw, identity } = this.settings;
    const { extension } = this;
    if (extension !== undefined) {
      await extension.ready;
      return extension.openConnection({ clientId: `${identity.uid}-driver`, label: identity.name });
    }
    const { mqtt } = raw;
    const why =
      mqtt === undefined || mqtt === '' ? 'this device needs an MQTT extension' : whyMissing(this.options.RED, mqtt);
    throw new DeviceError(ErrorCode.CONFIG, `mqtt: ${why}`);
  }

  /** Tells the broker that the device goes, unless it `mayReturn` in a moment, and leaves the extension. */
  async close(mayReturn: boolean): Promise<void> {
    this.isClosed = true;
    await this.publisher?.close(mayReturn);
    await this.deviceTopic?.detach();
    this.publisher?.events.removeAllListeners();
    this.extension?.leave(this.options.node);
  }

  private attach(extension: ExtensionNode, user: MqttUser, settings: PublishSettings, device: Device): void {
    const { funnel, ports, octopusStatus } = this.options;
    try {
      this.deviceTopic = extension.attach(user);
    } catch (error) {
      this.fail(toDeviceError(error, 'CONFIG'));
      return;
    }
    const { deviceTopic } = this;
    deviceTopic.events.on('connected', () => {
      funnel.recovered('mqtt');
      this.setTrouble(undefined);
    });
    // The reason is told by the config node; here it only shows.
    deviceTopic.events.on('disconnected', (error) => this.setTrouble(badgeReason(error)));
    deviceTopic.events.on('problem', (error) => funnel.report('mqtt', error));
    this.publisher = createPublisher({
      device,
      deviceTopic,
      settings,
      ports,
      ...(octopusStatus === undefined ? {} : { octopusStatus }),
    });
    this.publisher.events.on('problem', (error) => funnel.report('mqtt', error));
    this.publisher.events.on('trouble', (error) => {
      this.publishTrouble = error && badgeReason(error);
      this.options.onChange();
    });
  }

  private refuse(problems: readonly Problem[]): void {
    this.fail(configError(problems));
  }

  private fail(error: DeviceError): void {
    this.options.funnel.report('config', error);
    this.setTrouble(badgeReason(error));
  }

  private setTrouble(trouble: ErrorInfo | undefined): void {
    this.linkTrouble = trouble;
    this.options.onChange();
  }
}

/** Two members of one name are no JSON that anybody reads in the same way. */
function timestampProblems({ timestamp }: PublishSettings, device: Device): Problem[] {
  if (device.snapshot().properties.every(({ name }) => name !== timestamp)) return [];
  return [{ field: 'publish.timestamp', message: `must not be the name of a property, got ${show(timestamp)}` }];
}

const badgeReason = (error: DeviceError): ErrorInfo => ({ code: error.code, message: `MQTT: ${error.message}` });
