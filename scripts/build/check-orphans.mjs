/**
 * Files that nobody uses: forgotten when a type was renamed or left half made. They would be published, or translated, for nothing.
 *
 * @param {import('./sources.mjs').Sources} sources
 * @param {Set<string>} bundled  files that are in the editor's script
 * @returns {string[]} problems
 */
export function checkOrphans({ files, used, entries, languages }, bundled) {
  const problems = [];
  const folders = new Set();
  for (const file of files) {
    if (used.has(file) || bundled.has(file)) continue;
    const [top, folder, ...rest] = file.split('/');
    const isForeign = top === 'nodes' && rest.length > 0 && folder !== 'parts' && !entries.includes(folder);
    if (!isForeign) problems.push(`${file}: nobody uses it`);
    else folders.add(`${top}/${folder}`);
  }
  for (const folder of folders) problems.push(`${folder}: not in node-red.nodes of package.json`);
  for (const [language, { parts, usedParts }] of languages) {
    for (const name of parts.keys()) {
      if (!usedParts.has(name)) problems.push(`locales/${language}/device.html: nobody uses the part ${name}`);
    }
  }
  return problems;
}
