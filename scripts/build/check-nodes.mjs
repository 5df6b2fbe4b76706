/**
 * A definition needs category, colour, label, defaults and an icon that exists; every input of the dialog is bound to a property
 * or credential that the node has; and there is help in every language.
 *
 * @param {import('./sources.mjs').Sources} sources
 * @returns {string[]} problems
 */
export function checkNodes({ types, icons, languages }) {
  const problems = [];
  for (const node of types) {
    const { type, folder } = node;
    problems.push(...checkDefinition(node, icons).map((problem) => `${folder}/definition.json: ${problem}`));
    problems.push(...checkInputs(node).map((problem) => `${folder}/dialog.html: ${problem}`));
    for (const [language, { help }] of languages) {
      const text = help.get(type) ?? '';
      if (!text.includes(`data-help-name="${type}"`)) problems.push(`locales/${language}/${type}.html: no help`);
    }
  }
  return problems;
}

function checkDefinition({ definition }, icons) {
  const { category, icon, defaults } = definition;
  const needed = category === 'config' ? ['category'] : ['category', 'color', 'icon', 'inputs', 'outputs'];
  return [
    ...needed.filter((name) => definition[name] === undefined).map((name) => `${name} is missing`),
    ...Object.entries(defaults)
      .filter(([, given]) => given?.value === undefined)
      .map(([name]) => `defaults.${name}.value is missing`),
    ...(icon === undefined || icons.includes(icon) ? [] : [`icons/${icon} is missing`]),
  ];
}

/** An input that no property stands for would be empty always, and what is typed into it lost. */
function checkInputs({ html, definition }) {
  const { defaults, credentials = {} } = definition;
  const bound = [...html.matchAll(/\sdata-path="([^".]+)/g)].map(([, name]) => name);
  const native = [...html.matchAll(/\sid="node-(?:config-)?input-([^"]+)"/g)].map(([, name]) => name);
  return [
    ...bound.filter((name) => !Object.hasOwn(defaults, name)).map((name) => `${name} is not among the defaults`),
    ...native
      .filter((name) => !Object.hasOwn(defaults, name) && !Object.hasOwn(credentials, name))
      .map((name) => `${name} is neither among the defaults nor the credentials`),
  ];
}
