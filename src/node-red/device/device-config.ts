import type { Node, NodeAPI } from 'node-red';
import { FieldReader } from '../../base/fields/fields';
import type { Checked, Problem } from '../../base/fields/problems';
import { INT64_FORMS, type Int64Form } from '../../base/values/int64-form';
import type { DeviceConfig, DeviceKind } from '../../device/kind';
import type { DeviceIdentity } from '../../base/identity';
import { MESSAGE_DEFAULTS, readMessage } from '../../mqtt/extension/message-options';
import { parsePublishOptions } from '../../mqtt/publishing/publish-settings';
import { rowsAsObjects } from '../../device/config/rows';
import { replaceAsNodeRed, replaceEnvironment, replaceInCredentials } from '../common/environment';
import { OUTPUT_STATUS } from './output';
import { readIdentity } from '../common/identity';

/** When a device node sends messages by itself: at every sync, only when a value or quality changed, or not at all. */
const OUTPUT_WHEN = ['sync', 'change', 'never'] as const;

export interface DeviceNodeConfig {
  /** The flow properties with `${ENV}` replaced. */
  readonly raw: Readonly<Record<string, unknown>>;
  readonly identity: DeviceIdentity;
  readonly output: {
    readonly when: (typeof OUTPUT_WHEN)[number];
    readonly status: (typeof OUTPUT_STATUS)[number];
    readonly int64: Int64Form;
  };
  /** Absent when `problems` is not empty. */
  readonly config?: DeviceConfig;
  /** What keeps the device from running. */
  readonly problems: readonly Problem[];
  /** What keeps it from publishing only: a device is polled even though its MQTT part is wrong. */
  readonly mqttProblems: readonly Problem[];
  /** To be told once: fields that nobody knows, a version that is too new. */
  readonly warnings: readonly Problem[];
}

const MQTT_FIELD = /^(mqtt|message|publish)\b/;

/** A `$` in JSON, which may also be written by its number. */
const MAY_REFER = /\$|\\u/;

/** Everything that a device node's definition says, checked. */
export function readDeviceConfig(
  RED: NodeAPI,
  node: Node,
  definition: Readonly<Record<string, unknown>>,
  kind: DeviceKind,
): DeviceNodeConfig {
  const lookup = (name: string): unknown => RED.util.getSetting(node, name);
  // Node-RED has replaced what is in objects, and hands over rows that are texts as they are.
  const given = rowsAsObjects(definition, (row, text) =>
    MAY_REFER.test(text) ? (replaceAsNodeRed(row, lookup) as typeof row) : row,
  );
  const own = replaceEnvironment(given, lookup);
  const secret = replaceInCredentials(node.credentials, lookup);
  const raw = own.value;
  const identity = readIdentity(raw, node, kind.protocol);
  const output = new FieldReader(new FieldReader(raw).given('output'), 'output');
  const toFlow = {
    when: output.oneOf('when', OUTPUT_WHEN, 'sync'),
    status: output.oneOf('status', OUTPUT_STATUS, 'full'),
    int64: output.oneOf('int64', INT64_FORMS, 'number'),
  };
  // A uid that the flow does not give is made of the node's id, and may be part of a topic.
  const parsed = kind.parse(identity.ok ? { ...raw, uid: identity.value.uid } : raw, secret.value);
  const unset = [...own.problems, ...secret.problems];
  const problems = [
    ...unset.filter(({ field }) => !MQTT_FIELD.test(field)),
    ...(identity.ok ? [] : identity.problems),
    ...output.problems,
    ...(parsed.ok ? [] : parsed.problems),
  ];
  return {
    raw,
    identity: identity.ok ? identity.value : fallbackIdentity(node, kind),
    output: toFlow,
    ...(parsed.ok && problems.length === 0 ? { config: parsed.value } : {}),
    problems: onePerField(problems),
    mqttProblems: unset.filter(({ field }) => MQTT_FIELD.test(field)),
    warnings: [parsed, output.check(undefined), ...checkMqttFields(raw)].flatMap(({ warnings = [] }) => warnings),
  };
}

/** What is unknown there; what is wrong is told by whoever publishes. */
function checkMqttFields(raw: Readonly<Record<string, unknown>>): Checked<unknown>[] {
  const message = new FieldReader(raw['message'], 'message');
  return [message.check(readMessage(message, MESSAGE_DEFAULTS)), parsePublishOptions(raw['publish'], 'publish')];
}

/** A reference to an unset variable also fails the check of its field: the first report says why. */
export function onePerField(problems: readonly Problem[]): Problem[] {
  const unset = new Set(problems.filter(({ message }) => message.endsWith('is not set')).map(({ field }) => field));
  return problems.filter(({ field, message }) => !unset.has(field) || message.endsWith('is not set'));
}

function fallbackIdentity(node: Node, kind: DeviceKind): DeviceIdentity {
  return { name: node.id, namespace: 'default', uid: node.id, protocol: kind.protocol };
}
