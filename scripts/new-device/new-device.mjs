import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';

const TEMPLATES = path.join(import.meta.dirname, 'templates');

/** What a new device consists of, by template. */
const filesOf = (name) => ({
  'config.ts': `src/drivers/${name}/config.ts`,
  'index.ts': `src/drivers/${name}/index.ts`,
  'definition.json': `nodes/${name}-device/definition.json`,
  'dialog.html': `nodes/${name}-device/dialog.html`,
  'editor.ts': `nodes/${name}-device/editor/${name}-device.ts`,
  'texts.en-US.json': `locales/en-US/${name}-device.json`,
  'texts.de.json': `locales/de/${name}-device.json`,
  'help.en-US.html': `locales/en-US/${name}-device.html`,
  'help.de.html': `locales/de/${name}-device.html`,
  'contract.test.ts': `test/unit/drivers/${name}/contract.test.ts`,
});

/**
 * Makes a device that compiles, can be dragged into a flow and connects by TCP, and the contract test that it does not pass yet.
 *
 * @param {string} root  of the repository
 * @param {string} name  `lamp` for `lamp-device`: lower case, digits, hyphens
 * @returns {Promise<string[]>} the files that were made, and package.json
 * @throws {Error} where the name will not do or something of that name is there; nothing is written then
 */
export async function newDevice(root, name) {
  if (!/^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/.test(name) || name.endsWith('-device')) {
    throw new Error(`the name must be lower case and without "-device", such as "lamp" for lamp-device, got "${name}"`);
  }
  const files = filesOf(name);
  for (const file of Object.values(files)) {
    if (await exists(path.join(root, file))) throw new Error(`${file} is there already`);
  }
  const manifestFile = path.join(root, 'package.json');
  const manifest = JSON.parse(await readFile(manifestFile, 'utf8'));
  const type = `${name}-device`;
  manifest['node-red'].nodes[type] = `dist/nodes/${type}/${type}.js`;

  const camel = name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
  const words = { name, type, camel, Name: camel[0].toUpperCase() + camel.slice(1) };
  const style = await resolveConfig(path.resolve(import.meta.dirname, '../../package.json'));
  for (const [template, file] of Object.entries(files)) {
    const text = await readFile(path.join(TEMPLATES, `${template}.tpl`), 'utf8');
    const named = text.replace(/__(\w+?)__/g, (whole, word) => words[word] ?? whole);
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    // How long a line is depends on the name.
    const isCode = file.endsWith('.ts');
    await writeFile(path.join(root, file), isCode ? await format(named, { ...style, parser: 'typescript' }) : named);
  }
  await writeFile(manifestFile, `${JSON.stringify(manifest, undefined, 2)}\n`);
  return [...Object.values(files), 'package.json'];
}

const exists = (file) =>
  stat(file).then(
    () => true,
    () => false,
  );
