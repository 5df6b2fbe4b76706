import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { keptRows } from '../support/device/kept-rows';
import { chromiumAvailable, EditorPage } from '../support/node-red/editor-page';
import { NodeRedProcess } from '../support/node-red/node-red-process';

const row = (name: string, offset: number) => ({
  name,
  type: 'uint16',
  visitor: { register: 'HoldingRegister', offset, quantity: 1, endianness: 'BigEndian' },
});
const ROWS = [row('a', 0), row('b', 1)];
const TEXTS = ROWS.map((each) => JSON.stringify(each));

/** A node as a flow has it, from before there were texts unless told otherwise. */
const device = (id: string, y: number, more: object) => ({
  id,
  type: 'modbus-device',
  z: 'flow',
  x: 200,
  y,
  d: true,
  wires: [[]],
  name: id,
  uid: id,
  protocol: { tcp: { endpoint: '127.0.0.1:1', workerID: 1 } },
  version: 1,
  properties: ROWS,
  ...more,
});

const WRONG = [TEXTS[0], JSON.stringify(row('c', -1)), '{"name":"d",', '${ROW}'];

describe.skipIf(!chromiumAvailable())('rows that are kept as texts, in a real browser', () => {
  let nodeRed: NodeRedProcess;
  let editor: EditorPage;

  beforeAll(async () => {
    nodeRed = await NodeRedProcess.start({
      flows: [
        { id: 'flow', type: 'tab', label: 'Flow' },
        device('old', 60, {}),
        device('new', 120, { version: 2, properties: TEXTS }),
        device('wrong', 180, { version: 2, properties: WRONG }),
      ],
    });
    editor = await EditorPage.open(nodeRed.url);
  });
  afterEach(() => {
    expect(editor.errors).toEqual([]);
  });
  afterAll(async () => {
    await editor.close();
    await nodeRed.stop();
  });

  const nodeOf = (id: string) =>
    editor.page.evaluate<{ version: number; properties: unknown[]; changed: boolean }>(
      `(({ version, properties, changed = false }) => ({ version, properties, changed }))(RED.nodes.node('${id}'))`,
    );

  it('are right in both forms, and a flow that is only loaded stays as it is', async () => {
    expect(await editor.validity('old')).toEqual({ valid: true, errors: [] });
    expect(await editor.validity('new')).toEqual({ valid: true, errors: [] });
    expect(await nodeOf('old')).toEqual({ version: 1, properties: ROWS, changed: false });
    expect(await nodeOf('new')).toEqual({ version: 2, properties: TEXTS, changed: false });
  });

  it('are told by row and field where they are wrong, by a triangle and in the dialog', async () => {
    const { valid, errors } = await editor.validity('wrong');
    expect(valid).toBe(false);
    expect(errors.join('\n')).toMatch(/properties\[1\]\.visitor\.offset: must be a whole number/);
    expect(errors.join('\n')).toMatch(/properties\[2\]: must be an object, or the JSON text of one/);
    expect(errors.join('\n')).not.toContain('properties[3]');
    await editor.edit('wrong');
    await editor.tab('properties');
    expect(await editor.rowField(0, 'name').inputValue()).toBe('a');
    expect(await editor.tray.locator('.devicelink-property').count()).toBe(4);
    await editor.rowField(1, 'visitor.offset').fill('5');
    await editor.save();
    expect((await nodeOf('wrong')).properties).toEqual([WRONG[0], JSON.stringify(row('c', 5)), WRONG[2], WRONG[3]]);
  });

  it('are what an older flow has once it is edited, which can be undone', async () => {
    await editor.edit('old');
    await editor.tab('properties');
    await editor.rowField(1, 'name').fill('bb');
    await editor.save();
    const saved = await nodeOf('old');
    expect(saved).toMatchObject({ version: 2, changed: true });
    expect(saved.properties).toEqual([TEXTS[0], JSON.stringify(row('bb', 1))]);
    await editor.page.evaluate(`RED.actions.invoke('core:undo')`);
    expect(await nodeOf('old')).toMatchObject({ version: 1, properties: ROWS });
    await editor.page.evaluate(`RED.actions.invoke('core:redo')`);
    expect((await nodeOf('old')).properties).toEqual(saved.properties);
  });

  it('are deployed, and a dialog that changes nothing leaves them', async () => {
    await editor.deploy();
    const deployed = (await nodeRed.getFlows()).find(({ id }) => id === 'old');
    expect(keptRows(deployed?.['properties'])).toEqual([ROWS[0], row('bb', 1)]);
    for (const id of ['old', 'new']) {
      const { properties } = await nodeOf(id);
      await editor.edit(id);
      await editor.tab('properties');
      await editor.save();
      expect((await nodeOf(id)).properties).toEqual(properties);
    }
    expect((await nodeOf('old')).changed).toBe(false);
  });

  it('are exported with a line each, and imported as they are; an older flow becomes so', async () => {
    const exported = await editor.page.evaluate<string>(
      `JSON.stringify(RED.nodes.createExportableNodeSet([RED.nodes.node('new')]), null, 4)`,
    );
    for (const text of TEXTS)
      expect(exported.split('\n').map((line) => line.trim().replace(/,$/, ''))).toContain(JSON.stringify(text));
    const imported = async (nodes: string) => {
      const before = new Set(await editor.idsOf('modbus-device'));
      await editor.page.evaluate(`RED.view.importNodes(${nodes}, { generateIds: true, touchImport: true })`);
      await editor.page.keyboard.press('Escape');
      return (await editor.idsOf('modbus-device')).filter((id) => !before.has(id));
    };
    const older = JSON.stringify([device('older', 240, {})]);
    for (const nodes of [exported, older]) {
      const [id = ''] = await imported(nodes);
      expect(await nodeOf(id)).toMatchObject({ version: 2, properties: TEXTS });
    }
  });
});
