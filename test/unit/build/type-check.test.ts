import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

type Check = (root: string, signal?: AbortSignal) => Promise<string[]>;
const load = (name: string) => import(`../../../scripts/build/${name}.mjs`) as Promise<{ typeCheckRuntime: Check }>;
const { typeCheckRuntime } = await load('type-check');
const ROOT = dirname(dirname(dirname(import.meta.dirname)));

describe('the type check', { timeout: 60_000 }, () => {
  let root: string;
  const source = (text: string) => writeFile(join(root, 'src/a.ts'), text);

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'devicelink-compile-'));
    for (const name of ['tsconfig.json', 'tsconfig.base.json']) await copyFile(join(ROOT, name), join(root, name));
    await writeFile(join(root, 'package.json'), '{}');
    await mkdir(join(root, 'src/editor/lists'), { recursive: true });
    await copyFile(join(ROOT, 'src/editor/lists/js-yaml.d.ts'), join(root, 'src/editor/lists/js-yaml.d.ts'));
    await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  });

  afterEach(() => rm(root, { recursive: true }));

  it('tells wrong types by file and line, also of what it has checked before, and writes nothing then', async () => {
    await source('export const a: number = 1;\nexport const b: number = "x";\n');
    const complaints = [expect.stringMatching(/^src\/a\.ts\(2,14\): error TS2322/)];
    expect(await typeCheckRuntime(root)).toEqual(complaints);
    expect(await typeCheckRuntime(root)).toEqual(complaints);
    await source('export const a: number = 1;\n');
    expect(await typeCheckRuntime(root)).toEqual([]);
    expect(existsSync(join(root, 'dist'))).toBe(false);
  });

  it('says nothing where it was ended', async () => {
    await source('export const a: number = "x";\n');
    expect(await typeCheckRuntime(root, AbortSignal.abort())).toEqual([]);
  });
});
