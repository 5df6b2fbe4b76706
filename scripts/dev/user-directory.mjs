import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { linkPackage, PACKAGE } from '../demo/user-directory.mjs';

const PARTS = ['package.json', 'dist', 'resources', 'icons', 'examples', 'node_modules'];

/**
 * The user directory `.dev` of the repository: made at the first call, after that the same, with its flows. The package in it is the
 * working tree.
 *
 * @param {string} root
 * @returns {Promise<string>} its path
 */
export async function makeUserDirectory(root) {
  const directory = path.join(root, '.dev');
  await mkdir(directory, { recursive: true });
  const manifest = { name: 'devicelink-dev', private: true, version: '0.0.1', dependencies: { [PACKAGE]: '*' } };
  await writeFile(path.join(directory, 'package.json'), JSON.stringify(manifest));
  await linkPackage(root, directory, PARTS);
  return directory;
}
