import { show } from '../../base/show';

/** A length is two bytes (MQTT 5.0, 1.5.4). */
const MAX_TEXT_BYTES = 65_535;

/** What is wrong with a text that travels as a property of MQTT 5 (1.5.4), or undefined. Pure: also runs in the editor. */
export function checkPropertyText(text: string): string | undefined {
  if (/[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u.test(text)) {
    return `must not contain control characters or broken Unicode, got ${show(text)}`;
  }
  const bytes = new TextEncoder().encode(text).length;
  return bytes > MAX_TEXT_BYTES ? `must be at most ${MAX_TEXT_BYTES} bytes of UTF-8, got ${bytes}` : undefined;
}
