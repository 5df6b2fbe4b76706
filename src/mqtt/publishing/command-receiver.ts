import { withDeadline } from '../../base/deadline';
import type { Device } from '../../device/engine/device';
import { DeviceError, ErrorCode, toDeviceError } from '../../base/errors';
import type { Clock } from '../../base/ports';
import type { Property } from '../../device/property';
import { commandFailure, commandResult, parseCommandObject, parseCommandValue, type CommandResult } from './command';
import type { ReceivedMessage } from '../../base/broker-connection';
import { resultPlace } from './result-place';
import type { DeviceTopic } from '../extension/device-topic';

/** How many commands may be under way, answer included; a flood beyond that is told in a problem, not answered. */
const MAX_COMMANDS = 200;
const RESULT_DEADLINE_MS = 30_000;

export interface CommandReceiverOptions<P extends Property> {
  readonly device: Pick<Device<P>, 'write' | 'snapshot'>;
  readonly deviceTopic: DeviceTopic;
  readonly clock: Clock;
  /** Commands are shared with others who use the same name. */
  readonly shareName?: string | undefined;
  /** A source that reports no error is well again. */
  readonly onOutcome: (source: string, error?: DeviceError) => void;
}

/**
 * Takes writes from the broker: `<topic>/set` and `<topic>/<property>/set`. The outcome is published to
 * `<topic>/set/result`. Retained commands are ignored: they would come again with every connect, however old they are.
 */
export class CommandReceiver<P extends Property> {
  private underWay = 0;
  private closed = false;

  constructor(private readonly options: CommandReceiverOptions<P>) {}

  /** Subscribes. The subscriptions end when the device leaves the extension. */
  open(): void {
    this.subscribe('set', (message) => {
      this.run(message, () => parseCommandObject(message.payload));
    });
    // One level of `+` covers all names but those with a slash in them.
    this.subscribe('+/set', (message) => this.runProperty(message));
    for (const { name } of this.options.device.snapshot().properties) {
      if (name.includes('/') && !/[+#\0]/.test(name))
        this.subscribe(`${name}/set`, (message) => this.runProperty(message));
    }
  }

  close(): void {
    this.closed = true;
  }

  private subscribe(suffix: string, handler: (message: ReceivedMessage) => void): void {
    const source = `subscribe ${suffix}`;
    const { deviceTopic, shareName } = this.options;
    deviceTopic.subscribe(suffix, handler, { shareName }).then(
      () => this.tell(source),
      (error: unknown) => this.tell(source, toDeviceError(error, 'MQTT_SUBSCRIBE', 'commands cannot be received')),
    );
  }

  private runProperty(message: ReceivedMessage): void {
    const { device, deviceTopic } = this.options;
    const name = message.topic.slice(deviceTopic.topic.length + 1, -'/set'.length);
    const type = device.snapshot().properties.find((property) => property.name === name)?.type;
    this.run(message, () => ({ [name]: parseCommandValue(message.payload, type) }));
  }

  private run(message: ReceivedMessage, parse: () => Record<string, unknown>): void {
    if (this.closed) return;
    const problem = this.refusal(message);
    this.tell('command', problem);
    if (problem !== undefined) return;
    this.underWay += 1;
    void this.answer(message, parse).finally(() => (this.underWay -= 1));
  }

  private refusal({ retained, topic }: ReceivedMessage): DeviceError | undefined {
    if (retained) {
      const advice = 'publish commands without the retain flag, and clear this one with an empty retained message';
      return new DeviceError(ErrorCode.BAD_VALUE, `the retained command on ${topic} was ignored`, { advice });
    }
    if (this.underWay < MAX_COMMANDS) return undefined;
    return new DeviceError(ErrorCode.QUEUE_FULL, `the command on ${topic} was dropped: ${MAX_COMMANDS} are under way`);
  }

  private async answer({ properties }: ReceivedMessage, parse: () => Record<string, unknown>): Promise<void> {
    const result = await this.execute(parse);
    if (this.closed) return;
    const { deviceTopic, clock } = this.options;
    // The answer may wait for the broker, but not take a place among the commands under way for ever.
    const deadline = { clock, ms: RESULT_DEADLINE_MS, message: 'the result of a command is not through yet' };
    try {
      const { place, problem } = resultPlace(properties);
      await withDeadline(deadline, () => deviceTopic.publish(result, { ...place, retained: false }));
      this.tell('result', problem);
    } catch (error) {
      this.tell('result', toDeviceError(error, 'MQTT_PUBLISH', 'the result of a command was not published'));
    }
  }

  private async execute(parse: () => Record<string, unknown>): Promise<CommandResult> {
    try {
      return commandResult(await this.options.device.write(parse()));
    } catch (error) {
      return commandFailure(toDeviceError(error, ErrorCode.BAD_VALUE));
    }
  }

  private tell(source: string, error?: DeviceError): void {
    if (!this.closed) this.options.onOutcome(source, error);
  }
}
