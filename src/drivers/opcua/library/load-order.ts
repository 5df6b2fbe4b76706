import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * The files to import one after the other, so that the import of `roots` themselves, which come last, finds most of its modules
 * there: of each package that they need, however deep, and whose name belongs to the `family`, the file that `require` and
 * `import` load; each after those that it needs. A package is found where the one that needs it would find it, and named once.
 * Any of the family must be one that can be imported by itself, so that in a circle of packages any may be the first.
 * What is not installed is left out: whoever imports it says so.
 *
 * @param from the file that imports the roots
 */
export async function loadOrder(roots: readonly string[], family: RegExp, from: string): Promise<string[]> {
  const order: string[] = [];
  const entered = new Set<string>();

  async function enter(name: string, importer: NodeJS.Require): Promise<void> {
    const entry = entryOf(name, importer);
    if (entry === undefined || entered.has(entry)) return;
    entered.add(entry);
    const require = createRequire(entry);
    for (const dependency of await dependenciesOf(name, dirname(entry))) {
      if (family.test(dependency)) await enter(dependency, require);
    }
    order.push(entry);
  }

  const require = createRequire(from);
  for (const root of roots) await enter(root, require);
  return order;
}

function entryOf(name: string, importer: NodeJS.Require): string | undefined {
  try {
    return importer.resolve(name);
  } catch {
    return undefined;
  }
}

/** As the package.json of the package says that has files in this folder; others above the files only say how they are read. */
async function dependenciesOf(name: string, folder: string): Promise<string[]> {
  const read = await readJson(join(folder, 'package.json'));
  if (read.name === name) return Object.keys(read.dependencies ?? {});
  const parent = dirname(folder);
  return parent === folder ? [] : dependenciesOf(name, parent);
}

interface PackageJson {
  readonly name?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

async function readJson(file: string): Promise<PackageJson> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as PackageJson;
  } catch {
    return {};
  }
}
