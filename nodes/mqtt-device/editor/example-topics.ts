import { isOpenTopic } from '../../../src/editor/checks/message';
import { valueAt } from '../../../src/editor/form/paths';
import { toInput } from '../../../src/editor/form/text-value';
import { renderTopic } from '../../../src/mqtt/client/topic';

export interface ExampleTopics {
  readonly read: string;
  readonly write: string;
  /** Why there are none. */
  readonly problem?: string;
}

/** The topics of the first property, or of one called `property` where there is none yet. */
export function exampleTopics(draft: Readonly<Record<string, unknown>>): ExampleTopics {
  const topic = { template: toInput(valueAt(draft, 'message.topic.template')) };
  const identity = {
    namespace: toInput(draft['namespace']) || 'default',
    name: toInput(draft['name']),
    uid: toInput(draft['uid']),
  };
  if (topic.template === '' || isOpenTopic(topic) || isOpenTopic({ ...identity }))
    return { read: '', write: '', problem: '' };
  const path = pathOf(draft);
  const render = (use: 'read' | 'write') =>
    renderTopic(topic, identity, { path, operator: toInput(valueAt(draft, `message.operator.${use}`)) });
  const read = render('read');
  const write = render('write');
  if (!read.ok) return { read: '', write: '', problem: `${read.field} ${read.message}` };
  return { read: read.topic, write: write.ok && write.topic !== read.topic ? write.topic : '' };
}

function pathOf(draft: Readonly<Record<string, unknown>>): string {
  if (valueAt(draft, 'protocol.pattern') === 'AttributedMessage') return toInput(valueAt(draft, 'message.path'));
  const { properties } = draft;
  const first: unknown = Array.isArray(properties) ? properties[0] : undefined;
  return toInput(valueAt(first, 'path')) || toInput(valueAt(first, 'name')) || 'property';
}
