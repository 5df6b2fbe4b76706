import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Scripts {
  newDevice: (root: string, name: string) => Promise<string[]>;
  prepare: (root: string) => Promise<{ problems: string[] }>;
}

const ROOT = join(import.meta.dirname, '../../..');
const load = (name: string) => import(`../../../scripts/new-device/${name}.mjs`) as Promise<Scripts>;
const loadBuild = (name: string) => import(`../../../scripts/build/${name}.mjs`) as Promise<Scripts>;
const { newDevice } = await load('new-device');
const { prepare } = await loadBuild('prepare');

const COPIED = [
  'package.json',
  'tsconfig.base.json',
  'tsconfig.test.json',
  'src',
  'nodes',
  'locales',
  'icons',
  'test/support',
];

describe('a new device', () => {
  let root: string;
  let files: string[];

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'devicelink-new-device-'));
    for (const name of COPIED) await cp(join(ROOT, name), join(root, name), { recursive: true });
    await cp(join(ROOT, 'docs/errors.md'), join(root, 'docs/errors.md'));
    await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
    files = await newDevice(root, 'text-meter');
  });

  afterAll(() => rm(root, { recursive: true }));

  it('is ten files: driver, node, texts and the test', () => {
    const made = files.filter((file) => file !== 'package.json');
    expect(made).toHaveLength(10);
    expect([...new Set(made.map((file) => file.split('/').slice(0, 2).join('/')))].sort()).toEqual([
      'locales/de',
      'locales/en-US',
      'nodes/text-meter-device',
      'src/drivers',
      'test/unit',
    ]);
  });

  it('has nothing that the build complains of', async () => {
    expect((await prepare(root)).problems).toEqual([]);
  });

  it('is listed in package.json, which is otherwise as before', async () => {
    const [before, after] = await Promise.all(
      [ROOT, root].map((folder) => readFile(join(folder, 'package.json'), 'utf8')),
    );
    const added = /,\n *"text-meter-device": "dist\/nodes\/text-meter-device\/text-meter-device\.js"/;
    expect(after).toMatch(added);
    expect(after!.replace(added, '')).toBe(before);
  });

  it('compiles: driver, dialog and test, as one to save time', { timeout: 60_000 }, async () => {
    const sources = files.filter((file) => file.endsWith('.ts'));
    const tsconfig = JSON.parse(await readFile(join(root, 'tsconfig.test.json'), 'utf8'));
    const include = ['src/editor/**/*.d.ts'];
    await writeFile(join(root, 'tsconfig.json'), JSON.stringify({ ...tsconfig, files: sources, include }));
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const complaints = await promisify(execFile)(process.execPath, [tsc, '--pretty', 'false'], { cwd: root }).then(
      ({ stdout }) => stdout,
      (error: unknown) => (error as { readonly stdout: string }).stdout,
    );
    expect(complaints).toBe('');
  });

  it.each([
    ['', 'the name must be lower case'],
    ['Lamp', 'the name must be lower case'],
    ['lamp-device', 'the name must be lower case and without "-device"'],
    ['../lamp', 'the name must be lower case'],
    ['modbus', 'src/drivers/modbus/index.ts is there already'],
    ['dummy', 'is there already'],
  ])('is not made as "%s"', async (name, reason) => {
    const before = await readFile(join(root, 'package.json'), 'utf8');
    await expect(newDevice(root, name)).rejects.toThrow(reason);
    expect(await readFile(join(root, 'package.json'), 'utf8')).toBe(before);
  });
});
