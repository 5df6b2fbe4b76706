/** Properties of MQTT 5 messages: what they may be, and how long they are on the wire. */
import type { MessageProperties, UserProperties } from '../../base/broker-connection';

/** Of the property length and the properties of a PUBLISH, in bytes (2.2.2). */
export function propertiesSize(properties: MessageProperties | undefined): number {
  if (properties === undefined) return 1;
  const { payloadFormatIndicator, messageExpiryInterval, contentType, responseTopic, correlationData, userProperties } =
    properties;
  const size =
    (payloadFormatIndicator === undefined ? 0 : 2) +
    (messageExpiryInterval === undefined ? 0 : 5) +
    textSize(contentType) +
    textSize(responseTopic) +
    (correlationData === undefined ? 0 : 3 + correlationData.length) +
    userPropertiesSize(userProperties);
  return lengthSize(size) + size;
}

/** Of a variable byte integer (1.5.5). */
export const lengthSize = (value: number): number => (value < 128 ? 1 : value < 16_384 ? 2 : value < 2_097_152 ? 3 : 4);

const textSize = (text: string | undefined): number => (text === undefined ? 0 : 3 + Buffer.byteLength(text));

function userPropertiesSize(properties: UserProperties | undefined): number {
  let size = 0;
  for (const [name, values] of Object.entries(properties ?? {})) {
    for (const value of typeof values === 'string' ? [values] : values)
      size += textSize(name) + 2 + Buffer.byteLength(value);
  }
  return size;
}
