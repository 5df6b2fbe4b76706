/**
 * Every language has the same keys, no key of common.json is shadowed by a type's catalog, and every key used in the
 * dialogs, the editor code and the badges exists.
 *
 * @param {import('./sources.mjs').Sources} sources
 * @returns {string[]} problems
 */
export function checkLocales({ types, languages, code }) {
  const problems = [];
  const [reference, ...others] = [...languages.keys()].sort((a, b) => Number(b === 'en-US') - Number(a === 'en-US'));
  if (reference === undefined) return ['locales: no language found'];

  for (const { type, html } of types) {
    const known = keysOf(languages.get(reference), type);
    for (const language of others) {
      const translated = keysOf(languages.get(language), type);
      for (const key of known) if (!translated.has(key)) problems.push(`locales/${language}: ${type}: no ${key}`);
      for (const key of translated) {
        if (!known.has(key)) problems.push(`locales/${language}: ${type}: ${key} is not in ${reference}`);
      }
    }
    for (const key of html.keys) {
      if (!key.includes(':') && !known.has(key)) problems.push(`${html.file}: no text for "${key}" in ${reference}`);
    }
  }

  for (const [language, { common, catalogs }] of languages) {
    const shared = new Set(Object.keys(flatten(common)));
    for (const [type, catalog] of catalogs) {
      for (const key of Object.keys(flatten(catalog))) {
        if (shared.has(key)) problems.push(`locales/${language}/${type}.json: ${key} is already in common.json`);
      }
    }
  }
  return [...problems, ...checkUsedKeys(code, new Set(Object.keys(flatten(languages.get(reference).common))))];
}

/** Code shared by all types may use only the keys all types have: `text('fields.name')` and badges `status.healthy`. */
function checkUsedKeys(code, common) {
  const problems = [];
  for (const { file, text } of code) {
    const used = [
      ...text.matchAll(/\btext\(\s*'([\w.-]+)'/g),
      ...text.matchAll(/['"`](?:[\w-]+\.)?(status\.[a-z]+)['"`]/gi),
    ];
    for (const [, key] of used) {
      if (!common.has(key)) problems.push(`${file}: no text for "${key}" in common.json`);
    }
  }
  return problems;
}

const keysOf = ({ common, catalogs }, type) => new Set(Object.keys(flatten({ ...common, ...catalogs.get(type) })));

/** `{ a: { b: 'x' } }` -> `{ 'a.b': 'x' }` */
export function flatten(catalog, prefix = '') {
  const result = {};
  for (const [key, value] of Object.entries(catalog)) {
    if (typeof value === 'object' && value !== null) Object.assign(result, flatten(value, `${prefix}${key}.`));
    else result[`${prefix}${key}`] = value;
  }
  return result;
}
