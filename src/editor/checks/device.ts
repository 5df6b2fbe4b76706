import { FieldReader } from '../../base/fields';
import type { Checked, Problem } from '../../base/problems';
import { checkOverrides } from './message';

/**
 * What is wrong with a device: what its kind's own rules say, and its overrides of the message settings.
 * The rules are those of the runtime, so that the dialog and the node never disagree.
 */
export function checkDevice(
  raw: Readonly<Record<string, unknown>>,
  parse: (raw: Readonly<Record<string, unknown>>) => Checked<unknown>,
): readonly Problem[] {
  const reader = new FieldReader(raw);
  checkOverrides(reader.object('message'));
  const parsed = parse(raw);
  return parsed.ok ? reader.problems : [...reader.problems, ...parsed.problems];
}
