import fc from 'fast-check';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadOrder } from '../../../../src/drivers/opcua/library/load-order.ts';
import { INDEPENDENT, PACKAGES } from '../../../../src/drivers/opcua/library/load.ts';

let root: string;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'devicelink-load-order-')));
});

afterEach(() => rm(root, { recursive: true, force: true }));

/** `folder`: below the temporary folder; `needs`: what it depends on. */
async function install(folder: string, name: string, needs: readonly string[]): Promise<void> {
  const home = join(root, folder, 'node_modules', name);
  await mkdir(join(home, 'dist'), { recursive: true });
  const dependencies = Object.fromEntries(needs.map((need) => [need, '*']));
  await writeFile(join(home, 'package.json'), JSON.stringify({ name, main: 'dist/index.js', dependencies }));
  await writeFile(join(home, 'dist', 'index.js'), '');
  await writeFile(join(home, 'dist', 'package.json'), '{"type": "commonjs"}');
}

async function orderOf(roots: readonly string[], family = /^ua-/): Promise<string[]> {
  const files = await loadOrder(roots, family, join(root, 'index.js'));
  return files.map((file) => relative(root, file).replaceAll('node_modules/', '').replace('/dist/index.js', ''));
}

describe('the order in which packages are loaded', () => {
  it('has what a package needs before it, and each once', async () => {
    await install('', 'client', ['ua-types', 'ua-session']);
    await install('', 'ua-session', ['ua-types', 'ua-buffer']);
    await install('', 'ua-types', ['ua-buffer']);
    await install('', 'ua-buffer', []);
    expect(await orderOf(['client', 'ua-session'])).toEqual(['ua-buffer', 'ua-types', 'ua-session', 'client']);
  });

  it('leaves out what is of no family, and what is not installed', async () => {
    await install('', 'client', ['lodash', 'ua-gone', 'ua-buffer']);
    await install('', 'ua-buffer', []);
    await install('', 'lodash', []);
    expect(await orderOf(['client', 'ua-none'])).toEqual(['ua-buffer', 'client']);
  });

  it('takes a package from where the one that needs it finds it', async () => {
    await install('', 'client', ['ua-buffer']);
    await install('', 'ua-buffer', []);
    await install('node_modules/client', 'ua-buffer', ['ua-old']);
    await install('', 'ua-old', []);
    expect(await orderOf(['client'])).toEqual(['ua-old', 'client/ua-buffer', 'client']);
  });

  it('goes on where a package.json cannot be read', async () => {
    await install('', 'client', ['ua-buffer']);
    await install('', 'ua-buffer', []);
    await writeFile(join(root, 'node_modules/ua-buffer/package.json'), '{');
    expect(await orderOf(['client'])).toEqual(['client']);
  });

  it('is sound for any packages, also those that need each other', async () => {
    const names = ['ua-a', 'ua-b', 'ua-c', 'ua-d', 'ua-e'];
    const needs = fc.array(fc.subarray(names, { maxLength: 3 }), { minLength: names.length, maxLength: names.length });
    await fc.assert(
      fc.asyncProperty(needs, async (all) => {
        for (const [index, name] of names.entries()) await install('', name, all[index] ?? []);
        const order = await orderOf(['ua-a']);
        const needsOf = new Map(names.map((name, index) => [name, all[index] ?? []]));
        const reached = reachable(needsOf);
        expect(order).toHaveLength(new Set(order).size);
        expect(new Set(order)).toEqual(reached('ua-a'));
        for (const [index, name] of order.entries()) {
          for (const need of needsOf.get(name) ?? []) {
            const isCircle = reached(need).has(name);
            if (!isCircle) expect(order.indexOf(need)).toBeLessThan(index);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('is that of node-opcua as it is installed: the client last, after all of its packages', async () => {
    const { resolve } = createRequire(import.meta.url);
    const files = await loadOrder(PACKAGES, INDEPENDENT, import.meta.filename);
    const at = (name: string): number => files.indexOf(resolve(name));
    const sound = ['node-opcua-nodeid', 'node-opcua-variant', 'node-opcua-types', 'node-opcua-client'].map(at);
    expect(sound).toEqual([...sound].sort((a, b) => a - b));
    expect(sound[0]).toBeGreaterThan(0);
    expect(at('node-opcua-certificate-manager')).toBeGreaterThan(at('node-opcua-crypto'));
    expect(files.length).toBeGreaterThan(40);
  });
});

/** What a package needs, however deep, and itself. */
function reachable(needs: ReadonlyMap<string, readonly string[]>) {
  return (name: string): Set<string> => {
    const found = new Set([name]);
    for (const one of found) for (const need of needs.get(one) ?? []) found.add(need);
    return found;
  };
}
