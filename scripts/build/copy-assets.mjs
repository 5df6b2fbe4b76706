import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { mergedCatalog } from './catalogs.mjs';

/**
 * Copies html, icons and locales beside the compiled nodes.
 *
 * @param {string} root
 * @param {import('./sources.mjs').Sources} sources
 * @returns {Promise<string[]>} problems
 */
export async function copyAssets(root, { types, icons, languages }) {
  for (const { type, definition, html } of types) {
    const out = path.join(root, 'dist/nodes', type);
    await mkdir(path.join(out, 'icons'), { recursive: true });
    await writeFile(path.join(out, `${type}.html`), html);
    const { icon } = definition;
    if (icons.includes(icon)) await copyFile(path.join(root, 'icons', icon), path.join(out, 'icons', icon));
    for (const [language, texts] of languages) {
      const folder = path.join(out, 'locales', language);
      await mkdir(folder, { recursive: true });
      const catalog = mergedCatalog(texts, type);
      await writeFile(path.join(folder, `${type}.json`), `${JSON.stringify(catalog, undefined, 2)}\n`);
      await writeFile(path.join(folder, `${type}.html`), texts.help.get(type) ?? '');
    }
  }
  return [];
}
