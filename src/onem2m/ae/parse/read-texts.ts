import { show, type FieldReader } from '../../../base/fields/fields';

/** A list of texts; a text with commas is one too. */
export function readTexts(reader: FieldReader, name: string): string[] {
  const given = reader.given(name);
  if (given === undefined) return [];
  const items: unknown[] = Array.isArray(given) ? given : typeof given === 'string' ? given.split(',') : [given];
  const texts = items.filter((item): item is string | number => typeof item === 'string' || typeof item === 'number');
  if (texts.length !== items.length) reader.fail(name, `must be a list of texts, got ${show(given)}`);
  return texts.map((text) => String(text).trim()).filter((text) => text !== '');
}
