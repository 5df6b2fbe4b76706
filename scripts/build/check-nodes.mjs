import { COMPUTED } from './node-html.mjs';

/**
 * Each type needs a template, a literal definition with category, colour, label, defaults and an icon that exists,
 * and help in every language.
 *
 * @param {import('./sources.mjs').Sources} sources
 * @returns {string[]} problems
 */
export function checkNodes({ types, icons, languages }) {
  const problems = [];
  for (const { type, html } of types) {
    if (!html.templates.has(type)) problems.push(`${html.file}: no template for ${type}`);
    const definition = html.definitions.get(type);
    if (typeof definition !== 'object') {
      problems.push(`${html.file}: no literal registerType('${type}', {...})`);
      continue;
    }
    problems.push(...checkDefinition(definition, icons).map((problem) => `${html.file}: ${type}: ${problem}`));
    for (const [language, { help }] of languages) {
      const text = help.get(type) ?? '';
      if (!text.includes(`data-help-name="${type}"`)) problems.push(`locales/${language}/${type}.html: no help`);
    }
  }
  return problems;
}

function checkDefinition(definition, icons) {
  const problems = [];
  const isConfig = definition.category === 'config';
  const literals = isConfig ? ['category'] : ['category', 'color', 'icon', 'inputs', 'outputs'];
  for (const name of literals) {
    if (definition[name] === undefined) problems.push(`${name} is missing`);
    else if (definition[name] === COMPUTED) problems.push(`${name} must be a literal`);
  }
  if (definition.label === undefined) problems.push('label is missing');
  if (typeof definition.defaults !== 'object') problems.push('defaults must be a literal');
  else {
    for (const [name, property] of Object.entries(definition.defaults)) {
      if (property?.value === undefined || property.value === COMPUTED) {
        problems.push(`defaults.${name}.value must be a literal`);
      }
    }
  }
  if (typeof definition.icon === 'string' && !icons.includes(definition.icon)) {
    problems.push(`icons/${definition.icon} is missing`);
  }
  return problems;
}
