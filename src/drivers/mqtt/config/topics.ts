import type { FieldReader } from '../../../base/fields/fields';
import {
  checkPublishTopic,
  checkTopicFilter,
  renderTopic,
  type TopicIdentity,
  type TopicSettings,
} from '../../../mqtt/client/topic';

/** What `:operator` stands for in a topic that is read and in one that is written; `null` as text is nothing, as in Octopus. */
export interface Operators {
  readonly read: string;
  readonly write: string;
}

/** Where the values of a device are, unless a property says otherwise: its `message` block. */
export interface DeviceTopics {
  readonly settings: TopicSettings;
  readonly path: string;
  readonly operator: Operators;
  readonly identity: TopicIdentity;
}

/** What a property says of its own topics; empty text is absent. */
export interface PropertyTopics {
  /** Stands for `:path`. */
  readonly path: string;
  readonly operator: Operators;
  /** A topic of its own, in place of the device's; with wildcards it is many. */
  readonly read: string;
  readonly write: string;
}

/** The filter that a property is read from. What is wrong goes to the reader; the answer is then empty. */
export function readFilter(reader: FieldReader, device: DeviceTopics, own: PropertyTopics): string {
  if (own.read !== '' && /[+#]/.test(own.read)) {
    const filter = ownKeywords(own.read, device.identity);
    const problem = checkTopicFilter(filter);
    if (problem !== undefined) reader.fail('readTopic', problem);
    return problem === undefined ? filter : '';
  }
  return render(reader, device, own, 'read');
}

/** The topic that a property is written to. What is wrong goes to the reader; the answer is then empty. */
export function writeTopic(reader: FieldReader, device: DeviceTopics, own: PropertyTopics): string {
  const topic = render(reader, device, own, 'write');
  const problem = topic === '' ? undefined : checkPublishTopic(topic);
  if (problem !== undefined) reader.fail('writeTopic', problem);
  return problem === undefined ? topic : '';
}

function render(reader: FieldReader, device: DeviceTopics, own: PropertyTopics, use: 'read' | 'write'): string {
  const settings = own[use] === '' ? device.settings : { template: own[use] };
  const rendered = renderTopic(settings, device.identity, { path: own.path, operator: own.operator[use] });
  if (rendered.ok) return rendered.topic;
  if (own[use] !== '') reader.fail(`${use}Topic`, rendered.message);
  else reader.problems.push(deviceProblem(rendered.field, rendered.message));
  return '';
}

/** The field is the device's, not the row's. */
const deviceProblem = (field: string, message: string): { readonly field: string; readonly message: string } => ({
  field: field.startsWith('topic') ? `message.${field}` : field,
  message,
});

/** A filter has no `:path` and `:operator`: its levels say what they are. */
const ownKeywords = (filter: string, identity: TopicIdentity): string =>
  filter.replace(
    /(^|\/):(namespace|name|uid)(?=\/|$)/g,
    (_, before: string, word: keyof TopicIdentity) => before + identity[word],
  );
