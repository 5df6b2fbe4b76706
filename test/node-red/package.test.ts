import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { NodeRedProcess, type NodeSet } from '../support/node-red/node-red-process.ts';

const MODULE = '@devicelink/node-red-devices';
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly 'node-red': { readonly nodes: Readonly<Record<string, string>> };
};
const TYPES = Object.keys(manifest['node-red'].nodes).sort();
/** A new part of the package may raise it, by what it weighs. */
const MOST_BYTES = 650_000;
/** Of our own code that Node-RED loads at its start for types that no flow has a node of. */
const MOST_START_BYTES = 12_000;
/** What Node-RED itself warns about, with these settings and without this package. */
const NODE_RED_OWN = /Projects disabled|Encrypted credentials not found/;

const ours = (sets: readonly NodeSet[]): NodeSet[] => sets.filter((set) => set.module === MODULE);

describe.each([5, 4] as const)('the packed tarball in Node-RED %i', (version) => {
  let running: NodeRedProcess;
  beforeAll(async () => {
    running = await NodeRedProcess.start({ version });
  });
  afterAll(() => running.stop());

  it('loads without a warning and lists every type', async () => {
    expect(ours(await running.nodeSets()).map((set) => [set.types, set.enabled, set.err])).toEqual(
      expect.arrayContaining(TYPES.map((type) => [[type], true, undefined])),
    );
    expect(running.warnings.filter((line) => !NODE_RED_OWN.test(line))).toEqual([]);
  });

  it('serves icons, labels, help and the code of the dialogs', async () => {
    const resource = await running.request('GET', `/resources/${MODULE}/devicelink-editor.js`);
    expect(resource.status).toBe(200);
    for (const type of TYPES) {
      const icon = await running.request('GET', `/icons/${MODULE}/${type}.svg`);
      expect([type, icon.status, icon.text.includes('<svg')]).toEqual([type, 200, true]);
      for (const language of ['en-US', 'de']) {
        const labels = await running.request('GET', `/nodes/${MODULE}/${type}/messages?lng=${language}`);
        expect([type, labels.status]).toEqual([type, 200]);
        expect(labels.body).toMatchObject({
          status: { healthy: expect.any(String), misconfigured: expect.any(String) },
        });
      }
    }
    for (const language of ['en-US', 'de']) {
      const headers = { Accept: 'text/html', 'Accept-Language': language };
      const html = (await running.request('GET', '/nodes', undefined, headers)).text;
      for (const type of TYPES) {
        expect(html).toMatch(new RegExp(`data-help-name="${type}"`));
        expect(html).toMatch(new RegExp(`data-template-name="${type}"`));
      }
    }
  });

  it('has types that can be disabled singly, and the others go on', async () => {
    const dummy = {
      id: 'd1',
      type: 'dummy-device',
      z: 'f1',
      x: 100,
      y: 100,
      name: 'fan',
      kind: 'special',
      parameters: { syncInterval: '100ms', timeout: '1s' },
      wires: [],
    };
    for (const type of TYPES) {
      const set = ours(await running.nodeSets()).find((candidate) => candidate.types.includes(type))!;
      await running.setEnabled(set, false);
      const left = ours(await running.nodeSets()).filter((candidate) => candidate.enabled);
      expect(left.flatMap((candidate) => candidate.types).sort()).toEqual(TYPES.filter((other) => other !== type));
      if (type !== 'dummy-device') {
        await running.deploy([{ id: 'f1', type: 'tab' }, dummy]);
        await expect.poll(() => stateOf(running, 'd1'), { timeout: 5000 }).toBe('healthy');
        await running.deploy([{ id: 'f1', type: 'tab' }]);
      }
      await running.setEnabled(set, true);
    }
  });
});

describe('the tarball', () => {
  it('is no larger than it has to be, and holds no map or declaration without its sources', async () => {
    const directory = join(inject('userDirTemplate'), 'node_modules', MODULE);
    const files = (await readdir(directory, { recursive: true, withFileTypes: true })).filter((each) => each.isFile());
    expect(files.length).toBeGreaterThan(50);
    expect(files.map(({ name }) => name).filter((name) => /\.d\.[cm]?ts$|\.map$/.test(name))).toEqual([]);
    const scripts = files.filter(({ name }) => name.endsWith('.js')).map((each) => join(each.parentPath, each.name));
    for (const script of scripts) expect(await readFile(script, 'utf8'), script).not.toContain('sourceMappingURL');
    expect((await stat(inject('tarball'))).size).toBeLessThan(MOST_BYTES);
  });

  it('holds what a user needs and nothing else', async () => {
    const directory = join(inject('userDirTemplate'), 'node_modules', MODULE);
    const entries = await readdir(directory);
    expect(entries.sort()).toEqual(
      expect.arrayContaining(['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'examples', 'package.json', 'resources']),
    );
    for (const unwanted of ['src', 'test', 'bench', 'scripts', '.ci', '.demo']) {
      expect(existsSync(join(directory, unwanted)), unwanted).toBe(false);
    }
  });

  it('loads the registration of its types at the start and nothing else', async () => {
    const running = await NodeRedProcess.start({
      settingsScript: `
        settings.httpAdminMiddleware = (request, response, next) => {
          if (request.path !== '/test/loaded') return next();
          response.json(Object.keys(require.cache).filter((path) => path.includes('node_modules')));
        };`,
    });
    const reply = await running.request('GET', '/test/loaded').finally(() => running.stop());
    const loaded = reply.body as string[];
    const ofUserDir = loaded.filter((path) => path.startsWith(running.userDir) && !path.endsWith('package.json'));
    expect(ofUserDir.some((path) => path.includes(`${MODULE}/dist/nodes/modbus-device/modbus-device.js`))).toBe(true);
    const dist = join(running.userDir, 'node_modules', MODULE, 'dist');
    expect(ofUserDir.filter((path) => !path.startsWith(`${dist}/`))).toEqual([]);
    const sizes = await Promise.all(ofUserDir.map((path) => sizeOf(path.slice(dist.length))));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MOST_START_BYTES);
    expect(ofUserDir.length).toBeLessThan(TYPES.length + 5);
  });
});

/** Of a file below `dist` of the package, in bytes. */
const sizeOf = async (file: string): Promise<number> =>
  (await stat(join(inject('userDirTemplate'), 'node_modules', MODULE, 'dist', file))).size;

async function stateOf(running: NodeRedProcess, id: string): Promise<unknown> {
  const { body } = await running.request('GET', '/devicelink/devices');
  return (body as { id: string; state: string }[]).find((device) => device.id === id)?.state;
}
