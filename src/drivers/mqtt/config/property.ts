import { FieldReader, show } from '../../../base/fields/fields';
import type { Checked } from '../../../base/fields/problems';
import { coerce, VALUE_TYPES, type ValueType } from '../../../base/values/index';
import { isReadable, isWritable, type Property } from '../../../device/property';
import { readCommonProperty } from '../../../device/config/property-config';
import { CONTENT_TYPES, type ContentType, isSenml } from '../payload/content-type';
import { isWritablePath, parseDottedPath } from '../payload/dotted-path';
import { MQTT_PROPERTY_NAMES } from './migrations';
import { type DeviceTopics, type Operators, readFilter, writeTopic } from './topics';

/** One topic for all properties, or one for each. */
export const PATTERNS = ['AttributedTopic', 'AttributedMessage'] as const;

/** What the properties of a device have in common. */
export interface PropertyContext {
  readonly pattern: (typeof PATTERNS)[number];
  readonly topics: DeviceTopics;
  readonly qos: 0 | 1 | 2;
  readonly retained: boolean;
  readonly contentType: ContentType | undefined;
  /** 0: never. */
  readonly staleMs: number;
}

export interface MqttProperty extends Property {
  /** The topic filter it is read from; empty where it is only written. With wildcards its value is an object, by what the wildcards stood for. */
  readonly filter: string;
  /** The topic it is written to; empty where it is only read. */
  readonly writeTopic: string;
  /** Where the value is in the payload: a dotted path or JSONPath, of SenML the name of a record. Absent: the payload is the value. */
  readonly path?: string;
  readonly contentType?: ContentType;
  readonly qos: 0 | 1 | 2;
  /** Of what is written. */
  readonly retained: boolean;
  /** Without a message for so long the value is bad (`MQTT_STALE`); 0: never. ms */
  readonly staleMs: number;
  /** What the device says, as text, and what it means in the flow. */
  readonly map?: ReadonlyMap<string, unknown>;
}

const MAX_MEANINGS = 1000;

export const hasWildcard = (filter: string): boolean => /[+#]/.test(filter);

/**
 * Checks one row of the property table. `type` may be absent: the value then is what the payload says. `accessMode` defaults to
 * `ReadOnly`, as in Octopus. Pure: also runs in the editor; whether a JSONPath is one is found out where the device runs.
 */
export function parseMqttProperty(raw: unknown, field: string, context: PropertyContext): Checked<MqttProperty> {
  const reader = new FieldReader(raw, field);
  reader.respell(MQTT_PROPERTY_NAMES);
  reader.knows('annotations');
  const common = readCommonProperty(reader, { types: VALUE_TYPES, typeRequired: false, defaultAccessMode: 'ReadOnly' });
  const contentType = readContentType(reader, context.contentType);
  const path = readPath(reader, common, context, contentType);
  const { filter, topic } = readTopics(reader, common, context);
  const staleMs = reader.given('stale') === undefined ? context.staleMs : reader.duration('stale', '0s');
  const map = readMap(reader, common.type);
  return reader.check({
    ...common,
    filter,
    writeTopic: topic,
    ...(path === '' ? {} : { path }),
    ...(contentType === undefined ? {} : { contentType }),
    qos: reader.integer('qos', context.qos, 0, 2) as 0 | 1 | 2,
    retained: reader.boolean('retained', context.retained),
    staleMs,
    ...(map === undefined ? {} : { map }),
  });
}

export function readContentType(reader: FieldReader, fallback: ContentType | undefined): ContentType | undefined {
  const given = reader.given('contentType');
  return given === undefined ? fallback : reader.oneOf('contentType', CONTENT_TYPES, CONTENT_TYPES[0]);
}

function readTopics(
  reader: FieldReader,
  property: Property,
  { topics, pattern }: PropertyContext,
): { readonly filter: string; readonly topic: string } {
  const said = {
    // In an attributed message the property's path leads into the payload, and the device's is part of the topic.
    path: pattern === 'AttributedMessage' ? topics.path : reader.string('path', property.name),
    operator: readOperators(reader.object('operator'), topics.operator),
    read: reader.string('readTopic'),
    write: reader.string('writeTopic'),
  };
  const filter = isReadable(property) ? readFilter(reader, topics, said) : '';
  if (hasWildcard(filter) && property.type !== undefined && property.type !== 'object') {
    reader.fail('type', `must be object where readTopic has a wildcard: a value for each topic, not ${property.type}`);
  }
  return { filter, topic: isWritable(property) ? writeTopic(reader, topics, said) : '' };
}

/** An empty text of a property takes the place of the device's operator; an absent one does not. */
export function readOperators(reader: FieldReader, fallback: Operators): Operators {
  const own = reader.keys();
  const read = reader.string('read');
  const write = reader.string('write');
  return { read: own.includes('read') ? read : fallback.read, write: own.includes('write') ? write : fallback.write };
}

/** In an attributed message `path` leads into the payload, with a topic for each property it is part of the topic, and `jsonPath` leads. */
function readPath(
  reader: FieldReader,
  property: Property,
  context: PropertyContext,
  type: ContentType | undefined,
): string {
  const isMessage = context.pattern === 'AttributedMessage';
  const name = isMessage ? 'path' : 'jsonPath';
  const path = isMessage ? reader.string('path', property.name) : reader.string('jsonPath');
  if (isMessage && reader.given('jsonPath') !== undefined) {
    reader.fail(
      'jsonPath',
      'is for the pattern AttributedTopic; in an attributed message path says where the value is',
    );
  }
  if (path === '' || isSenml(type)) return path;
  if (type === 'text/plain' || type === 'application/octet-stream') {
    reader.fail(name, `leads into JSON and CBOR, not into ${type}`);
    return '';
  }
  if (path.startsWith('$')) return path;
  const parsed = parseDottedPath(path);
  if (!parsed.ok) reader.fail(name, `${parsed.message}, got ${show(path)}`);
  else if (isWritable(property) && !isWritablePath(parsed.path)) {
    reader.fail(name, `must lead to one place where the property is written, without * ? and #, got ${show(path)}`);
  }
  return path;
}

/** `{"ON": true, "OFF": false}`: what the device says and what it means, which is of the property's type. */
function readMap(reader: FieldReader, type: ValueType | undefined): ReadonlyMap<string, unknown> | undefined {
  if (reader.given('map') === undefined) return undefined;
  const members = reader.object('map');
  const keys = members.keys();
  if (keys.length > MAX_MEANINGS) reader.fail('map', `must have at most ${MAX_MEANINGS} entries, got ${keys.length}`);
  const map = new Map<string, unknown>();
  for (const key of keys) {
    const given = members.given(key);
    const typed = type === undefined ? { ok: true as const, value: given } : coerce(type, given);
    if (typed.ok) map.set(key, typed.value);
    else members.fail(key, typed.message);
  }
  return map.size === 0 ? undefined : map;
}
