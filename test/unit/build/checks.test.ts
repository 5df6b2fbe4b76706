import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

interface Build {
  readSources(root: string): Promise<{ problems: string[] }>;
  checkNodes(sources: unknown): string[];
  checkLocales(sources: unknown): string[];
  checkExamples(sources: unknown): string[];
}

const load = (name: string) => import(`../../../scripts/build/${name}.mjs`) as Promise<Build>;

const HTML = `<script type="text/html" data-template-name="lamp-device"><label data-i18n="lamp.title"></label></script>
<script type="text/javascript">
RED.nodes.registerType('lamp-device', {
  category: 'x', color: '#fff', icon: 'lamp.svg', inputs: 1, outputs: 1,
  defaults: { name: { value: '' }, client: { value: { server: '', headers: {} } } },
  label: function () { return this.name || this._('lamp.title'); },
});
</script>`;

const WHOLE: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({ 'node-red': { nodes: { 'lamp-device': 'dist/nodes/lamp-device/lamp-device.js' } } }),
  'nodes/lamp-device/lamp-device.ts': '',
  'nodes/lamp-device/lamp-device.html': HTML,
  'icons/lamp.svg': '<svg/>',
  'src/editor/lamp.ts': `text('lamp.title')`,
  'src/node-red/common/badge.ts': `const key = 'status.healthy';`,
  'examples/01.json': JSON.stringify([
    { id: 'a', type: 'lamp-device', name: 'x', client: { headers: { any: 1 } }, wires: [] },
    { id: 'b', type: 'tab' },
  ]),
  ...Object.fromEntries(
    ['en-US', 'de'].flatMap((language) => [
      [`locales/${language}/common.json`, '{"status":{"healthy":"fine"}}'],
      [`locales/${language}/device.json`, '{}'],
      [`locales/${language}/lamp-device.json`, '{"lamp":{"title":"Lamp"}}'],
      [`locales/${language}/lamp-device.html`, '<script data-help-name="lamp-device">Help</script>'],
    ]),
  ),
};

describe('the checks of the build', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'devicelink-build-'));
  });

  afterEach(async () => {
    await rm(root, { recursive: true });
  });

  /** The problems of a package made of the whole one with some files changed; `undefined`: left out. */
  async function problemsWith(changes: Readonly<Record<string, string | undefined>>): Promise<string[]> {
    for (const [file, text] of Object.entries({ ...WHOLE, ...changes })) {
      if (text === undefined) continue;
      await mkdir(dirname(join(root, file)), { recursive: true });
      await writeFile(join(root, file), text);
    }
    const sources = await (await load('sources')).readSources(root);
    return [
      ...sources.problems,
      ...(await load('check-nodes')).checkNodes(sources),
      ...(await load('check-locales')).checkLocales(sources),
      ...(await load('check-examples')).checkExamples(sources),
    ];
  }

  it('find nothing wrong with a whole package', async () => {
    expect(await problemsWith({})).toEqual([]);
  });

  const example = (node: object) => JSON.stringify([{ id: 'a', type: 'lamp-device', ...node }]);

  it.each<[string, Record<string, string | undefined>, string]>([
    ['runtime file', { 'nodes/lamp-device/lamp-device.ts': undefined }, 'nodes/lamp-device/lamp-device.ts: missing'],
    ['html', { 'nodes/lamp-device/lamp-device.html': undefined }, 'nodes/lamp-device/lamp-device.html: missing'],
    ['template', { 'nodes/lamp-device/lamp-device.html': HTML.replace('data-template-name', 'data-x') }, 'no template'],
    ['label', { 'nodes/lamp-device/lamp-device.html': HTML.replace('label:', 'title:') }, 'label is missing'],
    [
      'literal',
      { 'nodes/lamp-device/lamp-device.html': HTML.replace("'#fff'", 'colour()') },
      'color must be a literal',
    ],
    ['icon', { 'icons/lamp.svg': undefined }, 'icons/lamp.svg is missing'],
    ['help', { 'locales/de/lamp-device.html': '' }, 'locales/de/lamp-device.html: no help'],
    ['catalog', { 'locales/de/lamp-device.json': undefined }, 'locales/de/lamp-device.json: missing'],
    ['translation', { 'locales/de/lamp-device.json': '{}' }, 'locales/de: lamp-device: no lamp.title'],
    ['text', { 'locales/de/lamp-device.json': '{"lamp":{"title":" "}}' }, 'lamp.title has no text'],
    [
      'key',
      { 'nodes/lamp-device/lamp-device.html': HTML.replace('lamp.title', 'lamp.name') },
      'no text for "lamp.name"',
    ],
    ['key in code', { 'src/editor/lamp.ts': `text('lamp.name')` }, 'src/editor/lamp.ts: no text for "lamp.name"'],
    ['badge', { 'src/node-red/common/badge.ts': `'status.dim'` }, 'no text for "status.dim"'],
    ['type', { 'examples/01.json': example({ type: 'lamb-device' }) }, 'unknown type'],
    ['property', { 'examples/01.json': example({ nmae: 'x' }) }, 'unknown property nmae'],
    ['nested property', { 'examples/01.json': example({ client: { sever: '' } }) }, 'unknown property client.sever'],
  ])('tell a missing or wrong %s', async (_what, changes, problem) => {
    expect((await problemsWith(changes)).join('\n')).toContain(problem);
  });
});
