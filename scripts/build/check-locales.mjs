import { catalogsOf, keysOf, mergedCatalog } from './catalogs.mjs';

/**
 * Every language has the same keys, no text is empty, no catalog repeats a key of a more general one, and every key used in the
 * dialogs, the editor code and the badges exists.
 *
 * @param {import('./sources.mjs').Sources} sources
 * @returns {string[]} problems
 */
export function checkLocales({ types, languages, code }) {
  const [reference, ...others] = [...languages.keys()].sort((a, b) => Number(b === 'en-US') - Number(a === 'en-US'));
  if (reference === undefined) return ['locales: no language found'];
  const names = types.map(({ type }) => type);
  return [
    ...others.flatMap((other) => names.flatMap((type) => compare(languages, reference, other, type))),
    ...[...languages].flatMap(([language, texts]) => names.flatMap((type) => checkCatalog(language, texts, type))),
    ...types.flatMap((node) => checkDialog(node, new Set(keysOf(mergedCatalog(languages.get(reference), node.type))))),
    ...checkCode(code, languages.get(reference), names),
  ];
}

function compare(languages, reference, other, type) {
  const known = keysOf(mergedCatalog(languages.get(reference), type));
  const translated = keysOf(mergedCatalog(languages.get(other), type));
  return [
    ...known.filter((key) => !translated.includes(key)).map((key) => `locales/${other}: ${type}: no ${key}`),
    ...translated
      .filter((key) => !known.includes(key))
      .map((key) => `locales/${other}: ${type}: ${key} is not in ${reference}`),
  ];
}

function checkCatalog(language, texts, type) {
  const keys = catalogsOf(texts, type).flatMap(keysOf);
  const repeated = keys.filter((key, at) => keys.indexOf(key) !== at);
  const empty = Object.entries(mergedCatalog(texts, type)).flatMap(([section, entries]) =>
    Object.entries(entries)
      .filter(([, text]) => typeof text !== 'string' || text.trim() === '')
      .map(([key]) => `${section}.${key}`),
  );
  return [
    ...repeated.map((key) => `locales/${language}: ${type}: ${key} is in two catalogs`),
    ...empty.map((key) => `locales/${language}: ${type}: ${key} has no text`),
  ];
}

const checkDialog = ({ folder, keys }, known) =>
  [...keys].filter((key) => !key.includes(':') && !known.has(key)).map((key) => `${folder}: no text for "${key}"`);

/**
 * In code a key is a literal that begins with a section of the catalogs: `properties.name` in src/editor and nodes, `status.healthy` in
 * src/node-red. The editor code is shared, so a key may be in the catalog of just one type; a badge is for all types.
 */
function checkCode(code, language, types) {
  const all = new Set(types.flatMap((type) => keysOf(mergedCatalog(language, type))));
  const sections = new Set([...all].map((key) => key.split('.')[0]));
  const forBadges = new Set(keysOf(language.common));
  const problems = [];
  for (const { file, text } of code) {
    const isEditor = !file.startsWith('src/node-red/');
    for (const [, section, key] of text.matchAll(/['"`]([A-Za-z]+)\.([A-Za-z]+)['"`]/g)) {
      const isKey = isEditor ? sections.has(section) : section === 'status';
      const isKnown = (isEditor ? all : forBadges).has(`${section}.${key}`);
      if (isKey && !isKnown) problems.push(`${file}: no text for "${section}.${key}"`);
    }
  }
  return problems;
}
