import { valueAt } from '../form/paths';

export type TopicForm = '' | 'name' | 'nn' | 'uid' | 'template';

/** Which of the topic's forms the settings mean; '' where none is given (a device that takes the extension's). */
export function topicFormOf(topic: unknown): TopicForm {
  const part = (path: string) => valueAt(topic, path) ?? '';
  if (part('name') !== '') return 'name';
  if (part('template') !== '') return 'template';
  if (part('with') === 'uid') return 'uid';
  return part('prefix') !== '' || part('with') === 'nn' ? 'nn' : '';
}
