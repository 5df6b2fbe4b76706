import type { IPublishPacket, UserProperties as PacketUserProperties } from 'mqtt-packet';
import type { MessageProperties, UserProperties } from '../../../base/broker-connection';

type PublishProperties = NonNullable<IPublishPacket['properties']>;

/** `secondsLeft`: of the time of the message, where it has an end. */
export function outgoingProperties(
  { userProperties, messageExpiryInterval, ...rest }: MessageProperties,
  secondsLeft = messageExpiryInterval,
): PublishProperties {
  return {
    ...rest,
    ...(secondsLeft !== undefined && { messageExpiryInterval: Math.max(1, Math.ceil(secondsLeft)) }),
    // mqtt-packet writes no packet at all where there are none.
    ...(userProperties && Object.keys(userProperties).length > 0 && { userProperties: plain(userProperties) }),
  };
}

/** Those of a received message; topic alias and subscription identifiers are the affair of the connection. */
export function incomingProperties(properties: PublishProperties): MessageProperties {
  const { payloadFormatIndicator, messageExpiryInterval, contentType, responseTopic, correlationData } = properties;
  const { userProperties } = properties;
  return {
    ...(payloadFormatIndicator !== undefined && { payloadFormatIndicator }),
    ...(messageExpiryInterval !== undefined && { messageExpiryInterval }),
    ...(contentType !== undefined && { contentType }),
    ...(responseTopic !== undefined && { responseTopic }),
    ...(correlationData !== undefined && { correlationData }),
    ...(userProperties !== undefined && { userProperties: { ...userProperties } }),
  };
}

/** User properties as mqtt-packet writes them, which takes lists that may be changed. */
export function plain(properties: UserProperties): PacketUserProperties {
  return Object.fromEntries(
    Object.entries(properties).map(([name, values]) => [name, typeof values === 'string' ? values : [...values]]),
  );
}

/**
 * The topics that a broker has given aliases on one connection (MQTT 5, 3.3.2.3.4). MQTT.js knows them, too, but stores a QoS 2 message
 * without its topic and hands it over so.
 */
export class ReceivedAliases {
  private readonly topics = new Map<number, string>();

  /** Gives a message that has an alias alone its topic. What the protocol forbids is left as it is, for MQTT.js to refuse. */
  complete(packet: Pick<IPublishPacket, 'topic' | 'properties'>): void {
    const alias = packet.properties?.topicAlias;
    if (alias === undefined) return;
    if (packet.topic !== '') this.topics.set(alias, packet.topic);
    else packet.topic = this.topics.get(alias) ?? '';
  }
}
