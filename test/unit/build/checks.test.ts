import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

interface Build {
  prepare: (root: string) => Promise<{ problems: string[] }>;
}

const load = (name: string) => import(`../../../scripts/build/${name}.mjs`) as Promise<Build>;
const { prepare } = await load('prepare');

const DEFINITION = {
  category: 'x',
  color: '#fff',
  icon: 'lamp.svg',
  inputs: 1,
  outputs: 1,
  defaults: { client: { value: { server: '', headers: {} } } },
};
const DIALOG = '<row path="client.server" label="lamp.title" />\n';

const HELP = '<script data-help-name="lamp-device">\n<!-- part: states colours="four" -->\n</script>';

const EDITOR = `const nothing = () => undefined;
export const lampDevice = { added: nothing, prepare: nothing, save: nothing, cancel: nothing, validate: nothing };
`;
const editor = (text: string | undefined) => ({ 'nodes/lamp-device/editor/lamp-device.ts': text });

const manifest = (...types: string[]) => ({
  'package.json': JSON.stringify({
    name: 'lamps',
    'node-red': { nodes: Object.fromEntries(types.map((type) => [type, `dist/nodes/${type}/${type}.js`])) },
  }),
});

const definition = (changes: object) => ({
  'nodes/lamp-device/definition.json': JSON.stringify({ ...DEFINITION, ...changes }),
});
const dialog = (html: string) => ({ 'nodes/lamp-device/dialog.html': html });

const WHOLE: Readonly<Record<string, string>> = {
  ...manifest('lamp-device'),
  'nodes/lamp-device/editor/lamp-device.ts': EDITOR,
  'src/drivers/lamp/index.ts': 'export const lampKind: DeviceKind<Lamp> = {};',
  'nodes/lamp-device/definition.json': JSON.stringify(DEFINITION),
  'nodes/lamp-device/dialog.html': DIALOG,
  'nodes/parts/device.json': JSON.stringify({ defaults: { name: { value: '' } } }),
  'nodes/parts/device.html': '<tab name="device">\n  <!-- own: rows -->\n</tab>\n<!-- own: tabs -->\n',
  'nodes/parts/device-properties.html': '<p>The table.</p>\n',
  'nodes/parts/test.html': '<p>The button.</p>\n',
  'nodes/parts/device-mqtt.html': '<p>The extension.</p>\n',
  'icons/lamp.svg': '<svg/>',
  'docs/errors.md': '',
  'src/editor/lists/index.ts': 'export const read = () => undefined;',
  'src/editor/lamp.ts': `text('lamp.title')`,
  'src/node-red/common/badge.ts': `const key = 'status.healthy';`,
  'src/node-red/registration/register-type.ts': 'export const registerType = () => undefined;',
  'src/node-red/device/device-node.ts': 'export const deviceRuntime = () => ({});',
  'examples/01.json': JSON.stringify([
    { id: 'a', type: 'lamp-device', name: 'x', client: { headers: { any: 1 } }, wires: [] },
    { id: 'b', type: 'tab' },
  ]),
  ...Object.fromEntries(
    ['en-US', 'de'].flatMap((language) => [
      [`locales/${language}/common.json`, '{"status":{"healthy":"fine"}}'],
      [`locales/${language}/device.json`, '{}'],
      [`locales/${language}/device.html`, '<!-- define: states -->\nThe badge has {colours} colours.\n'],
      [
        `locales/${language}/lamp-device.json`,
        '{"lamp-device":{"palette":"lamp"},"lamp":{"title":"Lamp"},"tabs":{"device":"Device"}}',
      ],
      [`locales/${language}/lamp-device.html`, HELP],
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
    return (await prepare(root)).problems;
  }

  it('find nothing wrong with a whole package', async () => {
    expect(await problemsWith({})).toEqual([]);
  });

  const example = (node: object) => JSON.stringify([{ id: 'a', type: 'lamp-device', ...node }]);

  it.each<[string, Record<string, string | undefined>, string]>([
    [
      'kind of device',
      { 'src/drivers/lamp/index.ts': 'export const lightKind: DeviceKind<Lamp> = {};' },
      'src/drivers/lamp/index.ts: must export const lampKind: DeviceKind<...>, for lamp-device',
    ],
    ['driver', { 'src/drivers/lamp/index.ts': undefined }, 'src/drivers/lamp/index.ts: missing'],
    ['registration', manifest('lamp-device', 'switch'), 'package.json: node-red.nodes.switch: there is no folder'],
    [
      'registration of what is no device',
      { ...manifest('lamp-device', 'switch'), 'nodes/switch/definition.json': '{}', 'nodes/switch/dialog.html': '' },
      'nodes/switch/switch.ts: missing',
    ],
    [
      'name of a script',
      { 'package.json': '{"name":"lamps","node-red":{"nodes":{"lamp-device":"dist/lamp.js"}}}' },
      'package.json: node-red.nodes.lamp-device must be dist/nodes/lamp-device/lamp-device.js, got dist/lamp.js',
    ],
    [
      'code of a dialog',
      editor(undefined),
      'nodes/lamp-device/editor/lamp-device.ts: missing, so the dialog would be dead',
    ],
    [
      'name of the code of a dialog',
      editor(EDITOR.replace('lampDevice', 'lamp')),
      'nodes/lamp-device/editor/lamp-device.ts: must export lampDevice',
    ],
    [
      'function of the code of a dialog',
      editor(EDITOR.replace('save: nothing, ', '')),
      'lamp-device.ts: lampDevice has no function save, which the html calls',
    ],
    [
      'function that checks',
      {
        ...editor(EDITOR.replace(', validate: nothing', '')),
        ...definition({ defaults: { client: { value: {}, validate: true } } }),
      },
      'lamp-device.ts: lampDevice has no function validate, which the html calls',
    ],
    [
      'start of the code of a dialog',
      editor(`${EDITOR}document.title = 'Lamps';`),
      'the editor code fails when it is loaded: document is not defined',
    ],
    ['syntax of the code of a dialog', editor('export const lampDevice = {'), 'editor/lamp-device.ts:1: '],
    ['folder, of no type', { 'nodes/lmap-device/dialog.html': '' }, 'nodes/lmap-device: not in node-red.nodes of'],
    ['place of a source', { 'nodes/lamp-device.ts': '' }, 'nodes/lamp-device.ts: nobody uses it'],
    [
      'source of an editor',
      { 'nodes/lamp-device/editor/old.ts': '' },
      'nodes/lamp-device/editor/old.ts: nobody uses it',
    ],
    ['part, of no dialog', { 'nodes/parts/bulb.html': '' }, 'nodes/parts/bulb.html: nobody uses it'],
    ['locale, of no type', { 'locales/de/bulb.json': '{}' }, 'locales/de/bulb.json: nobody uses it'],
    ['icon, of no type', { 'icons/bulb.svg': '' }, 'icons/bulb.svg: nobody uses it'],
    [
      'part of the help, in no help',
      { 'locales/de/device.html': '<!-- define: states -->\n{colours}\n<!-- define: bulbs -->\n' },
      'locales/de/device.html: nobody uses the part bulbs',
    ],
    ['dialog', { 'nodes/lamp-device/dialog.html': undefined }, 'nodes/lamp-device/dialog.html: missing'],
    ['definition', { 'nodes/lamp-device/definition.json': '{' }, 'nodes/lamp-device/definition.json: '],
    ['part', dialog('<!-- part: bulb -->\n'), 'nodes/parts/bulb.html: missing'],
    ['member of a definition', definition({ color: undefined }), 'definition.json: color is missing'],
    ['default', definition({ defaults: { name: {}, client: { type: 'x' } } }), 'defaults.client.value is missing'],
    ['row', dialog('<row label="lamp.title" />\n'), 'dialog.html: row "": needs path, native or id'],
    ['label of a row', dialog('<row path="name" />\n'), 'dialog.html: row "name": needs a label'],
    [
      'attribute of a row',
      dialog('<row path="name" label="lamp.title" opt />\n'),
      'dialog.html: row "name": unknown attribute opt',
    ],
    ['end of a row', dialog('<row path="name" label="lamp.title">\n'), 'dialog.html: cannot read <row path="name"'],
    ['path', dialog('<row path="cleint.server" label="lamp.title" />\n'), 'cleint is not among the defaults'],
    ['credential', dialog('<row native="token" label="lamp.title" />\n'), 'token is neither among the defaults'],
    ['icon', { 'icons/lamp.svg': undefined }, 'icons/lamp.svg is missing'],
    ['help', { 'locales/de/lamp-device.html': '' }, 'locales/de/lamp-device.html: no help'],
    [
      'part of the help',
      { 'locales/de/lamp-device.html': HELP.replace('states', 'status') },
      'locales/de/lamp-device.html: no part status in device.html',
    ],
    [
      'argument of a part',
      { 'locales/de/lamp-device.html': HELP.replace(' colours="four"', '') },
      'locales/de/lamp-device.html: part states needs colours="..."',
    ],
    ['catalog', { 'locales/de/lamp-device.json': undefined }, 'locales/de/lamp-device.json: missing'],
    [
      'translation',
      { 'locales/de/lamp-device.json': '{"tabs":{"device":"Gerät"}}' },
      'locales/de: lamp-device: no lamp.title',
    ],
    ['text', { 'locales/de/lamp-device.json': '{"lamp":{"title":" "}}' }, 'lamp.title has no text'],
    ['key', dialog(DIALOG.replace('lamp.title', 'lamp.name')), 'nodes/lamp-device: no text for "lamp.name"'],
    ['title of a tab', dialog('<tab name="bulb">\n</tab>\n'), 'nodes/lamp-device: no text for "tabs.bulb"'],
    ['key in code', { 'src/editor/lamp.ts': `text('lamp.name')` }, 'src/editor/lamp.ts: no text for "lamp.name"'],
    ['badge', { 'src/node-red/common/badge.ts': `'status.dim'` }, 'no text for "status.dim"'],
    ['type', { 'examples/01.json': example({ type: 'lamb-device' }) }, 'unknown type'],
    ['property', { 'examples/01.json': example({ nmae: 'x' }) }, 'unknown property nmae'],
    ['nested property', { 'examples/01.json': example({ client: { sever: '' } }) }, 'unknown property client.sever'],
  ])('tell a missing or wrong %s', async (_what, changes, problem) => {
    expect((await problemsWith(changes)).join('\n')).toContain(problem);
  });

  it('tell all of them at once, and each of them once', async () => {
    const problems = await problemsWith({
      ...editor(undefined),
      'locales/de/lamp-device.json': undefined,
      'nodes/parts/test.html': undefined,
      'icons/bulb.svg': '',
    });
    expect(problems).toEqual(
      expect.arrayContaining([
        'nodes/lamp-device/editor/lamp-device.ts: missing, so the dialog would be dead',
        'locales/de/lamp-device.json: missing',
        'nodes/parts/test.html: missing',
        'icons/bulb.svg: nobody uses it',
      ]),
    );
    expect(new Set(problems).size).toBe(problems.length);
  });
});
