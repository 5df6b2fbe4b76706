import { FieldReader } from '../../../src/base/fields/fields';
import type { Problem } from '../../../src/base/fields/problems';
import { parseAeConfig } from '../../../src/onem2m/ae/parse/parse-config';

/** What is wrong with an onem2m-ae: what the runtime says, and the fields that only it reads. Credentials are the server's business. */
export function checkOnem2mAe(raw: Readonly<Record<string, unknown>>): readonly Problem[] {
  const reader = new FieldReader(raw);
  if (/[#+\p{Cc}]/u.test(reader.string('topicPrefix'))) {
    reader.fail('topicPrefix', 'must not contain "#" or "+"');
  }
  const parsed = parseAeConfig(raw);
  return parsed.ok ? reader.problems : [...parsed.problems, ...reader.problems];
}
