/**
 * The help of a type is `locales/<lang>/<type>.html`. What all devices say is in `device.html` beside it, in parts that begin with
 * `<!-- define: name -->` and may hold others; `<!-- part: paste columns="`name`, `type`" -->` puts the part `paste` there, with what is
 * given in the place of `{columns}`.
 */

/** @returns {Map<string, string>} the parts of a device.html by name */
export function helpParts(text) {
  const pieces = text.split(/^<!-- define: ([\w-]+) -->\n/m);
  return new Map(pieces.flatMap((piece, at) => (at % 2 === 1 ? [[piece, pieces[at + 1]]] : [])));
}

/**
 * @param {string} text
 * @param {Map<string, string>} parts
 * @param {{ complain: (problem: string) => void, use?: (name: string) => void }} tell  use: hears the name of each part that is inserted
 */
export function insertHelp(text, parts, { complain, use = () => {} }, given = {}) {
  return text.replace(/^<!-- part: ([\w-]+)((?: \w+="[^"]*")*) -->\n/gm, (_, name, attributes) => {
    const part = parts.get(name);
    if (part === undefined) {
      complain(`no part ${name} in device.html`);
      return '';
    }
    use(name);
    const own = [...attributes.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]);
    const known = { ...given, ...Object.fromEntries(own) };
    return insertHelp(part, parts, { complain, use }, known).replace(/\{([a-z]+)\}/g, (whole, key) => {
      if (known[key] === undefined) complain(`part ${name} needs ${key}="..."`);
      return known[key] ?? whole;
    });
  });
}
