import type { Problem } from '../../base/fields/problems';
import { valueAt } from './paths';

/** The runtime replaces `${NAME}` anywhere in a text, Node-RED also a text that is exactly `$(NAME)`. */
const REFERENCE = /\$\{[^{}]+\}|^\$\([A-Za-z_][A-Za-z0-9_]*\)$/;

export const hasEnvironment = (value: unknown): boolean => typeof value === 'string' && REFERENCE.test(value.trim());

/** The problems that are the editor's business: whether a field that holds `${ENV}` is right is known only at run time. */
export function problemsToShow(raw: unknown, problems: readonly Problem[]): Problem[] {
  return problems.filter(({ field }) => !hasEnvironment(valueAt(raw, field)));
}
