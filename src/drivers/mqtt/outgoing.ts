import type { Write } from '../../device/driver';
import type { MqttProperty } from './config/property';
import type { ContentType } from './payload/content-type';

/** One message to be written: the writes that go in it, in order. */
export interface Outgoing {
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly retained: boolean;
  readonly writes: readonly Write<MqttProperty>[];
  /** Which of the writes that were asked for it carries, by their place. */
  readonly asked: readonly number[];
}

/**
 * The messages that bring `writes` to the device. Values that have a place in a payload go together where topic, content type, QoS and
 * retain flag are the same; of two writes of one property there the later counts. `kept` are values to be sent along with those of
 * the same message (`protocol.write: whole`).
 */
export function planMessages(
  writes: readonly Write<MqttProperty>[],
  kept: readonly Write<MqttProperty>[] = [],
): readonly Outgoing[] {
  const messages = new Map<
    string,
    { writes: Map<string, Write<MqttProperty>>; asked: number[]; first: MqttProperty }
  >();
  writes.forEach((write, index) => {
    const { property } = write;
    const key = property.path === undefined ? `single ${index}` : messageKey(property);
    let message = messages.get(key);
    if (message === undefined) {
      const along = property.path === undefined ? [] : kept.filter(({ property: other }) => messageKey(other) === key);
      message = { writes: new Map(along.map((one) => [one.property.name, one])), asked: [], first: property };
      messages.set(key, message);
    }
    message.writes.set(property.name, write);
    message.asked.push(index);
  });
  return [...messages.values()].map(({ writes: values, asked, first }) => ({
    topic: first.writeTopic,
    qos: first.qos,
    retained: first.retained,
    writes: [...values.values()],
    asked,
  }));
}

/** No topic has a NUL in it. */
const messageKey = ({ writeTopic, contentType, qos, retained, path }: MqttProperty): string =>
  [writeTopic, contentType satisfies ContentType | undefined, qos, retained, path === undefined].join('\0');
