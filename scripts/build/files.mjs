import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * The files of the repository that the build reads, by their path in it. Knows which of them somebody asked for, so that the
 * others can be told.
 */
export class Files {
  /** @type {Set<string>} */
  used = new Set();

  /**
   * @param {string} root
   * @param {string[]} all       files below the folders that may hold nothing without use
   * @param {string[]} problems  hears of what is missing or cannot be read
   */
  constructor(root, all, problems) {
    this.root = root;
    this.all = all;
    this.problems = problems;
  }

  static async below(root, folders, problems) {
    const all = await Promise.all(folders.map((folder) => listFiles(root, folder)));
    return new Files(root, all.flat(), problems);
  }

  /** @returns {Promise<string | undefined>} */
  async read(file) {
    this.used.add(file);
    try {
      return await readFile(path.join(this.root, file), 'utf8');
    } catch (error) {
      const problem = `${file}: ${error.code === 'ENOENT' ? 'missing' : error.message}`;
      if (!this.problems.includes(problem)) this.problems.push(problem);
      return undefined;
    }
  }

  /** @returns {Promise<any>} */
  async readJson(file) {
    const text = await this.read(file);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text);
    } catch (error) {
      this.problems.push(`${file}: ${error.message}`);
      return undefined;
    }
  }

  /** Says that a file has its use where it is there; answers whether it is. */
  use(file) {
    this.used.add(file);
    return this.all.includes(file);
  }
}

/** The files below a folder, by their path from the root. */
export async function listFiles(root, folder) {
  const entries = await readdir(path.join(root, folder), { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .sort();
}
