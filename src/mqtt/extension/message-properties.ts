import type { FieldReader } from '../../base/fields/fields';
import type { MessageProperties, UserProperties } from '../../base/broker-connection';
import { checkPropertyText } from '../client/property-text';

/** Properties that a configuration may give to messages. */
export type ConfiguredProperties = Pick<
  MessageProperties,
  'payloadFormatIndicator' | 'messageExpiryInterval' | 'contentType' | 'userProperties'
>;

/** Those of a `message` block, or of a will, over the ones that it overrides; undefined where there are none. */
export function readMessageProperties(
  reader: FieldReader,
  base: ConfiguredProperties = {},
): ConfiguredProperties | undefined {
  const seconds = readSeconds(reader, 'messageExpiryInterval') ?? base.messageExpiryInterval ?? 0;
  const contentType = readText(reader, 'contentType', base.contentType ?? '');
  const isText = reader.boolean('payloadFormatIndicator', base.payloadFormatIndicator ?? false);
  const userProperties = readUserProperties(reader) ?? base.userProperties;
  const properties = {
    ...(isText && { payloadFormatIndicator: true }),
    ...(seconds > 0 && { messageExpiryInterval: seconds }),
    ...(contentType !== '' && { contentType }),
    ...(userProperties && { userProperties }),
  };
  return Object.keys(properties).length === 0 ? undefined : properties;
}

/** A duration in whole seconds, rounded up; undefined where it is not given. */
export function readSeconds(reader: FieldReader, name: string): number | undefined {
  return reader.given(name) === undefined ? undefined : Math.ceil(reader.duration(name, '0s') / 1000);
}

/** `userProperties`: names with a text each, or a list of texts. Undefined where there are none. */
export function readUserProperties(reader: FieldReader): UserProperties | undefined {
  if (reader.given('userProperties') === undefined) return undefined;
  const fields = reader.object('userProperties');
  const names = fields.keys();
  const properties: [string, string | readonly string[]][] = [];
  for (const name of names) {
    const given = fields.given(name) ?? '';
    const values: readonly unknown[] = Array.isArray(given) ? given : [given];
    const texts = values.map((value) =>
      typeof value === 'number' || typeof value === 'boolean' ? String(value) : value,
    );
    const problem = checkPropertyText(name);
    const wrong = texts.find((text) => typeof text !== 'string');
    const bad = texts.map((text) => (typeof text === 'string' ? checkPropertyText(text) : undefined)).find(Boolean);
    if (problem !== undefined) fields.fail(name, `has a name that ${problem}`);
    else if (wrong !== undefined) fields.fail(name, 'must be text, or a list of texts');
    else if (bad !== undefined) fields.fail(name, bad);
    else properties.push([name, texts.length === 1 ? String(texts[0]) : texts.map(String)]);
  }
  return properties.length === 0 ? undefined : Object.fromEntries(properties);
}

function readText(reader: FieldReader, name: string, fallback: string): string {
  const text = reader.string(name, fallback);
  const problem = checkPropertyText(text);
  if (problem !== undefined) reader.fail(name, problem);
  return text;
}
