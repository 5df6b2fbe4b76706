import type { BrokerConnection, ReceivedMessage } from '../../base/broker-connection';
import { toDeviceError, type DeviceError } from '../../base/errors';
import type { MqttProperty } from './config/property';

type Qos = 0 | 1 | 2;

interface Watched {
  readonly properties: Set<MqttProperty>;
  readonly granted: Promise<void>;
  end?: () => Promise<void>;
  problem?: DeviceError;
}

/** The topics that properties are read from: one subscription for each filter, however many properties are behind it. */
export class TopicWatch {
  private readonly filters = new Map<string, Watched>();

  constructor(
    private readonly connection: BrokerConnection,
    private readonly onMessage: (properties: Iterable<MqttProperty>, message: ReceivedMessage) => void,
  ) {}

  /** Resolves when the broker has answered for all of them; what it refused is told by `problemOf`, and asked again with the next call. */
  async add(properties: readonly MqttProperty[]): Promise<void> {
    const qos = new Map<string, Qos>();
    for (const { filter, qos: own } of properties) qos.set(filter, Math.max(qos.get(filter) ?? 0, own) as Qos);
    const waiting = new Set<Promise<void>>();
    for (const property of properties) {
      const { filter } = property;
      let watched = this.filters.get(filter);
      if (watched === undefined || watched.problem !== undefined) {
        watched = this.watch(filter, qos.get(filter) ?? 0, watched?.properties ?? new Set());
        this.filters.set(filter, watched);
      }
      watched.properties.add(property);
      waiting.add(watched.granted);
    }
    await Promise.all(waiting);
  }

  /** Ends the subscriptions that only these properties had. */
  async drop(properties: readonly MqttProperty[]): Promise<void> {
    const ended: Promise<void>[] = [];
    for (const property of properties) {
      const watched = this.filters.get(property.filter);
      if (watched?.properties.delete(property) !== true || watched.properties.size > 0) continue;
      this.filters.delete(property.filter);
      if (watched.end) ended.push(watched.end());
    }
    await Promise.all(ended);
  }

  /** Why nothing can come for a property. */
  problemOf({ filter }: MqttProperty): DeviceError | undefined {
    return this.filters.get(filter)?.problem;
  }

  private watch(filter: string, qos: Qos, properties: Set<MqttProperty>): Watched {
    const subscribed = this.connection.subscribe(filter, qos, (message) => this.onMessage(properties, message));
    const watched: Watched = {
      properties,
      granted: subscribed.then(
        (end) => {
          watched.end = end;
        },
        (error: unknown) => {
          watched.problem = toDeviceError(error, 'MQTT_SUBSCRIBE');
        },
      ),
    };
    return watched;
  }
}
