import { writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

interface Watched {
  changed: (signal: AbortSignal) => Promise<string[]>;
  close: () => void;
}

const load = (name: string) =>
  import(`../../../scripts/dev/${name}.mjs`) as Promise<{
    WatchedFiles: new (root: string, places: string[]) => Watched;
  }>;
const { WatchedFiles } = await load('watched-files');

describe('the files that npm run dev watches', () => {
  let root: string;
  let files: Watched;
  let ending: AbortController;

  const write = async (file: string, text: string) => {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), text);
  };

  /** What has changed until all these files have; one change may be told in two lots. */
  async function until(...expected: string[]): Promise<string[]> {
    const told = new Set<string>();
    while (!expected.every((file) => told.has(file))) {
      for (const file of await files.changed(ending.signal)) told.add(file);
    }
    return [...told].sort();
  }

  /** Changes a file, again and again, while nothing but an event can tell it: the first time after the look at all files. */
  async function whileWaiting(file: string): Promise<string[]> {
    const told = until(file);
    let text = 'x';
    const changes = setInterval(() => writeFileSync(join(root, file), (text += 'x')), 100);
    try {
      return await told;
    } finally {
      clearInterval(changes);
    }
  }

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'devicelink-watched-'));
    ending = new AbortController();
    await write('src/a.ts', 'a');
    await write('src/base/b.ts', 'b');
    await write('package.json', '{}');
    await write('docs/errors.md', '');
    await write('docs/security.md', '');
    files = new WatchedFiles(root, ['src', 'nodes', 'package.json', 'docs/errors.md']);
  });

  afterEach(async () => {
    ending.abort();
    files.close();
    await rm(root, { recursive: true });
  });

  it('are all new the first time', async () => {
    expect((await files.changed(ending.signal)).sort()).toEqual([
      'docs/errors.md',
      'package.json',
      'src/a.ts',
      'src/base/b.ts',
    ]);
  });

  it('are told when they change, are made, moved or removed, and no others', async () => {
    await files.changed(ending.signal);
    await write('src/base/b.ts', 'bb');
    expect(await until('src/base/b.ts')).toEqual(['src/base/b.ts']);
    await write('docs/security.md', 'not watched');
    await write('package.json', '{ }');
    expect(await until('package.json')).toEqual(['package.json']);
    await rename(join(root, 'src/a.ts'), join(root, 'src/c.ts'));
    expect(await until('src/a.ts', 'src/c.ts')).toEqual(['src/a.ts', 'src/c.ts']);
    await rm(join(root, 'src/base'), { recursive: true });
    expect(await until('src/base/b.ts')).toEqual(['src/base/b.ts']);
  });

  it('are told by an event, also in folders that were not there and in one that takes the place of another', async () => {
    await files.changed(ending.signal);
    expect(await whileWaiting('src/base/b.ts')).toEqual(['src/base/b.ts']);
    await write('nodes/lamp/editor/lamp.ts', '1');
    expect(await until('nodes/lamp/editor/lamp.ts')).toEqual(['nodes/lamp/editor/lamp.ts']);
    expect(await whileWaiting('nodes/lamp/editor/lamp.ts')).toEqual(['nodes/lamp/editor/lamp.ts']);
    await rm(join(root, 'nodes/lamp'), { recursive: true });
    await write('nodes/lamp/editor/lamp.ts', '22');
    await until('nodes/lamp/editor/lamp.ts');
    // The first of these may be told by an event of the old folder that comes late, but not the last.
    for (let times = 0; times < 3; times += 1) await whileWaiting('nodes/lamp/editor/lamp.ts');
  });

  it('are told at once where they changed while nobody asked', async () => {
    await files.changed(ending.signal);
    await write('src/a.ts', 'aa');
    await write('src/base/b.ts', 'bb');
    expect((await files.changed(ending.signal)).sort()).toEqual(['src/a.ts', 'src/base/b.ts']);
  });

  it('are waited for no longer than until the signal', async () => {
    await files.changed(ending.signal);
    const changed = files.changed(ending.signal);
    ending.abort();
    expect(await changed).toEqual([]);
    expect(await files.changed(ending.signal)).toEqual([]);
  });
});
