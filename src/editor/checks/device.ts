import { FieldReader } from '../../base/fields/fields';
import type { Checked, Problem } from '../../base/fields/problems';
import { parsePublishOptions } from '../../mqtt/publishing/publish-settings';
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

/** The fields of a device that nobody knows, as the runtime tells them in the log. */
export function warningsOfDevice(
  raw: Readonly<Record<string, unknown>>,
  parse: (raw: Readonly<Record<string, unknown>>) => Checked<unknown>,
): readonly Problem[] {
  const message = new FieldReader(raw['message'], 'message');
  checkOverrides(message);
  const output = new FieldReader(raw['output'], 'output');
  output.knows('when');
  const checked = [
    parse(raw),
    message.check(undefined),
    parsePublishOptions(raw['publish'], 'publish'),
    output.check(undefined),
  ];
  return checked.flatMap(({ warnings = [] }) => warnings);
}
