import { withoutMember } from '../../base/fields/migrations';
import { asRecord } from '../../base/records';
import { type DeviceResource, type Fields, textOf } from './resources';

/** The fields of an `mqtt-device` of either generation of Octopus' MQTT device; its broker is read as an extension. */
export function mqttDeviceFields({ kind, spec, path, report }: DeviceResource): Fields {
  return kind === 'MqttDevice'
    ? firstGeneration(spec)
    : laterGeneration(spec, (field) => {
        report.lost(`${path}.protocol.${field}`, 'Octopus does not use it either');
      });
}

function laterGeneration(spec: Fields, tellUnused: (field: string) => void): Fields {
  const { message, schema, ...protocol } = withoutMember(asRecord(spec['protocol']), 'client');
  if (schema !== undefined) tellUnused('schema');
  const isMessage = protocol['pattern'] === 'AttributedMessage';
  const rows = Array.isArray(spec['properties']) ? spec['properties'] : [];
  return {
    ...spec,
    protocol: { ...protocol, ...(isMessage && { write: 'whole' }) },
    // Octopus publishes what is written with QoS 1, retained, unless told otherwise.
    message: { qos: 1, retained: true, ...withoutMember(asRecord(message), 'will') },
    properties: rows.map((row) => laterProperty(asRecord(row), isMessage)),
  };
}

/** A property is only read unless it says otherwise; text goes out in quotes, as JSON, where it is the whole payload. */
function laterProperty({ readOnly, readOnlye = readOnly, ...row }: Fields, isMessage: boolean): Fields {
  const isWritten = readOnlye === false;
  return {
    ...row,
    ...(isWritten && { accessMode: 'ReadWrite' }),
    ...(isWritten && !isMessage && row['type'] === 'string' && row['contentType'] === undefined
      ? { contentType: 'application/json' }
      : {}),
  };
}

function firstGeneration(spec: Fields): Fields {
  const { properties, ...rest } = withoutMember(spec, 'config');
  const rows = Array.isArray(properties) ? properties : [];
  return {
    ...rest,
    protocol: { pattern: 'AttributedTopic' },
    message: { qos: 0, retained: true },
    properties: rows.map((row) => firstProperty(asRecord(row))),
  };
}

/** What the value is in, by `valueType`. */
const VALUE_FIELDS: Readonly<Record<string, string>> = {
  int: 'intValue',
  string: 'stringValue',
  float: 'floatValue',
  boolean: 'booleanValue',
  array: 'arrayValue',
  object: 'objectValue',
};

function firstProperty({ subInfo, pubInfo, value, ...row }: Fields): Fields {
  const sub = asRecord(subInfo);
  const pub = asRecord(pubInfo);
  const given = asRecord(value);
  const type = textOf(given['valueType']);
  const desired = given[VALUE_FIELDS[type] ?? ''];
  const isWritten = pubInfo !== undefined || desired !== undefined;
  return {
    ...row,
    ...(type !== '' && { type }),
    readTopic: textOf(sub['topic']),
    ...(isWritten && { accessMode: 'ReadWrite', writeTopic: textOf(pub['topic']) || textOf(sub['topic']) }),
    qos: pub['qos'] ?? sub['qos'] ?? 0,
    ...(desired !== undefined && { value: desired }),
  };
}
