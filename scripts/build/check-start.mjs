/** Of all that is loaded with the registration of all types, bytes of code. */
const MOST_BYTES = 12_000;
/** What may be in it: it registers, and everything else is loaded later. */
const ALLOWED = [/^src\/node-red\/(registration|common)\//, /^src\/drivers\/opcua\/security\/pki-directory\.ts$/];

/**
 * What is loaded at each start of Node-RED, where most flows have no node of most types: nothing heavy, and no package.
 *
 * @param {import('esbuild').Metafile} metafile
 * @param {string} entry  the output that Node-RED loads
 * @returns {string[]} problems
 */
export function checkStart({ outputs }, entry) {
  const seen = new Set();
  const forbidden = [];
  let bytes = 0;
  const visit = (file) => {
    if (seen.has(file)) return;
    seen.add(file);
    const { imports, inputs } = outputs[file];
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      bytes += bytesInOutput;
      if (!ALLOWED.some((allowed) => allowed.test(input))) forbidden.push(input);
    }
    for (const { path, kind, external } of imports) {
      if (kind !== 'import-statement') continue;
      if (external !== true) visit(path);
      else if (!path.startsWith('node:')) forbidden.push(path);
    }
  };
  visit(entry);
  const problems = [];
  const [first, ...others] = forbidden;
  if (first !== undefined) {
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    problems.push(`${first}${more}: would be loaded at the start of Node-RED (scripts/build/check-start.mjs)`);
  } else if (bytes > MOST_BYTES) {
    problems.push(`src/node-red/registration: ${bytes} bytes at the start of Node-RED, at most ${MOST_BYTES} may be`);
  }
  return problems;
}
