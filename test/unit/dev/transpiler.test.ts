import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

interface Transpiles {
  read: () => Promise<string[]>;
  write: () => Promise<void>;
}

const load = (name: string) =>
  import(`../../../scripts/dev/${name}.mjs`) as Promise<{ Transpiler: new (root: string) => Transpiles }>;
const { Transpiler } = await load('transpiler');
const ROOT = dirname(dirname(dirname(import.meta.dirname)));

describe('the transpiler of npm run dev', () => {
  let root: string;
  let transpiler: Transpiles;

  const write = async (file: string, text: string) => {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), text);
  };
  const output = (file: string) => readFile(join(root, 'dist', file), 'utf8');

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'devicelink-transpiler-'));
    for (const name of ['tsconfig.json', 'tsconfig.base.json']) await copyFile(join(ROOT, name), join(root, name));
    await write('package.json', '{}');
    await write('src/a.ts', `import { b } from './b';\nimport type { C } from './c';\nexport const a: C = b;\n`);
    await write('src/b.ts', 'export const b = 1;\n');
    await write('src/editor/in-browser.ts', 'export const x = 1;\n');
    transpiler = new Transpiler(root);
  });

  afterEach(() => rm(root, { recursive: true }));

  it('makes CommonJS with a source map of the runtime, and nothing of the editor', async () => {
    expect(await transpiler.read()).toEqual([]);
    await transpiler.write();
    expect(await output('src/a.js')).toContain(`require("./b")`);
    expect(await output('src/a.js')).not.toContain('./c');
    const map = JSON.parse(await output('src/a.js.map'));
    expect(map.sources.map((source: string) => resolve(map.sourceRoot, source))).toEqual([join(root, 'src/a.ts')]);
    expect(existsSync(join(root, 'dist/src/editor'))).toBe(false);
  });

  it('writes again only what has changed, and removes what has no source', async () => {
    await transpiler.read();
    await transpiler.write();
    const untouched = (await stat(join(root, 'dist/src/b.js'))).mtimeMs;
    await write('src/a.ts', 'export const a = 2;\n');
    await write('src/d.ts', 'export const d = 4;\n');
    await transpiler.read();
    await transpiler.write();
    expect(await output('src/a.js')).toContain('exports.a = 2');
    expect(await output('src/d.js')).toContain('exports.d = 4');
    expect((await stat(join(root, 'dist/src/b.js'))).mtimeMs).toBe(untouched);
    await rm(join(root, 'src/d.ts'));
    await transpiler.read();
    await transpiler.write();
    expect(existsSync(join(root, 'dist/src/d.js'))).toBe(false);
    expect(existsSync(join(root, 'dist/src/d.js.map'))).toBe(false);
  });

  it('tells a mistake of syntax each time, and writes the rest with the mended file', async () => {
    await write('src/b.ts', 'const x = 1;\nexport const b = {;\n');
    expect(await transpiler.read()).toEqual([expect.stringMatching(/^src\/b\.ts:2: /)]);
    expect(await transpiler.read()).toEqual([expect.stringMatching(/^src\/b\.ts:2: /)]);
    await write('src/b.ts', 'export const b = 3;\n');
    expect(await transpiler.read()).toEqual([]);
    await transpiler.write();
    expect(await output('src/a.js')).toContain(`require("./b")`);
    expect(await output('src/b.js')).toContain('exports.b = 3');
  });
});
