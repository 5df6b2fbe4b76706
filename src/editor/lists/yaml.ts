import { FAILSAFE_SCHEMA, load, type State, Type, types, YAMLException } from 'js-yaml';
import { DocumentError, toTree, type ListNode } from '../../base/lists/tree';
import { withoutTemplates } from './templates';

/** `!include x`, `!secret x`: what stands behind the tag. */
const anyTag = (['scalar', 'sequence', 'mapping'] as const).map(
  (kind) => new Type('!', { kind, multi: true, construct: (data) => data }),
);
/** All scalars are text: which are numbers is not for YAML to say (00001, 1_000, 0x0102, on). */
const SCHEMA = FAILSAFE_SCHEMA.extend({ implicit: [types.merge], explicit: anyTag });

/** @throws DocumentError */
export function parseYaml(text: string): ListNode {
  const document = parseDocument(text);
  const template = document.kind === 'members' ? document.members.get('render') : undefined;
  // evcc's device templates have their registers in a text, which is YAML once the templates in it are gone.
  return template?.kind === 'text' ? parseDocument(withoutTemplates(template.text)) : document;
}

function parseDocument(text: string): ListNode {
  const lines = new WeakMap<object, number>();
  const begun: number[] = [];
  const listener = (event: 'open' | 'close', { line, result }: State): void => {
    if (event === 'open') {
      begun.push(line + 1);
      return;
    }
    const first = begun.pop();
    if (typeof result === 'object' && result !== null && first !== undefined && !lines.has(result))
      lines.set(result, first);
  };
  try {
    return toTree(load(text, { schema: SCHEMA, listener }), (value) => lines.get(value));
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    throw new DocumentError(
      `not valid YAML: ${error.reason}`,
      error.mark === undefined ? undefined : error.mark.line + 1,
    );
  }
}
