import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fileURLToPath } from 'node:url';
import { chromiumAvailable, EditorPage } from '../support/node-red/editor-page';
import { NodeRedProcess } from '../support/node-red/node-red-process';

const FILES = fileURLToPath(new URL('../unit/drivers/modbus/lists/files/', import.meta.url));

const PRESENT = [{ name: 'kept', type: 'uint16', visitor: { register: 'HoldingRegister', offset: 0, quantity: 1 } }];

describe.skipIf(!chromiumAvailable())('a list that is pasted into the table of a device', () => {
  let nodeRed: NodeRedProcess;
  let editor: EditorPage;

  beforeAll(async () => {
    nodeRed = await NodeRedProcess.start({
      flows: [
        { id: 'flow', type: 'tab', label: 'Flow' },
        {
          id: 'meter',
          type: 'modbus-device',
          z: 'flow',
          d: true,
          x: 200,
          y: 60,
          wires: [[]],
          version: 1,
          name: 'meter',
          protocol: { tcp: { endpoint: '127.0.0.1:1', workerID: 1 } },
          properties: PRESENT,
        },
      ],
    });
    editor = await EditorPage.open(nodeRed.url);
  });

  beforeEach(async () => {
    await editor.edit('meter');
    await editor.tab('properties');
    await panel().locator('summary').click();
  });

  afterEach(async () => {
    await editor.page.evaluate(`document.querySelector('#node-dialog-cancel')?.click()`);
    await editor.page.waitForFunction(`document.querySelector('.red-ui-tray') === null`);
    expect(editor.errors).toEqual([]);
  });

  afterAll(async () => {
    await editor.close();
    await nodeRed.stop();
  });

  const panel = () => editor.tray.locator('.devicelink-paste');
  const button = (at: number) => panel().locator('.devicelink-buttons button').nth(at);
  const preview = () => panel().locator('.devicelink-preview');
  const paste = (text: string) => panel().locator('textarea').fill(text);
  const names = async () => {
    const inputs = editor.tray.locator('.devicelink-property [data-path="name"]');
    return inputs.evaluateAll((elements) => elements.map((element) => (element as HTMLInputElement).value));
  };

  it('shows what is wrong in each line, takes the right ones, and undoes it', async () => {
    await paste(
      'name;address;type;register;factor\npower;7;U32;holding;0,1\nodd;8;what;holding;\ncurrent;9;I16;holding;',
    );
    await preview().locator('tbody tr').nth(2).waitFor();
    expect(await preview().locator('[role=status]').innerText()).toContain('2 of 3');
    const wrong = preview().locator('tr.devicelink-wrong');
    expect(await wrong.locator('td').allInnerTexts()).toEqual([
      '3',
      '',
      '',
      '',
      '',
      'type: "what" is no type that is known here, such as UINT16, INT32, FLOAT or BOOL',
    ]);
    await preview().locator('[data-only-wrong]').check();
    expect(await preview().locator('tbody tr').count()).toBe(1);
    await button(0).click();
    expect(await names()).toEqual(['kept', 'power', 'current']);
    expect(await panel().locator('.devicelink-undo').innerText()).toContain('2 rows were appended');
    await panel().locator('[data-undo]').click();
    expect(await names()).toEqual(['kept']);
  });

  it('asks what a column means before anything is taken, by words of the catalog', async () => {
    await paste('name,address,type,gain\npower,40001,U32,10');
    const question = (id: string) => preview().locator(`[data-ask="${id}"]`);
    await question('five').waitFor();
    await button(0).click();
    expect(await panel().locator('.devicelink-problem').first().innerText()).toBe('No line can be taken as it is.');
    expect(await editor.rawTexts()).toEqual([]);
    await question('five').selectOption('reference');
    await question('gain').selectOption('divide');
    await button(0).click();
    expect(await names()).toEqual(['kept', 'power']);
    await editor.save();
    // Rows are kept as texts.
    const saved = await editor.page.evaluate<string[]>(`RED.nodes.node('meter').properties`);
    expect(JSON.parse(saved[1] ?? '')).toMatchObject({
      visitor: { register: 'HoldingRegister', offset: 0, quantity: 2 },
      orderOfOperations: [{ type: 'Divide', value: '10' }],
    });
  });

  it('asks before it replaces a table, and brings the old one back', async () => {
    const before = await names();
    await paste('name,offset,type\nnew,3,U16');
    await button(1).click();
    const asking = panel().locator('.devicelink-asking');
    await asking.locator('button').nth(1).click();
    expect(await names()).toEqual(before);
    await button(1).click();
    await asking.locator('button').first().click();
    expect(await names()).toEqual(['new']);
    await editor.addRow();
    await editor.page.keyboard.type('by hand');
    await panel().locator('[data-undo]').click();
    expect(await names()).toEqual([...before, 'by hand']);
  });

  it('opens a file of Home Assistant, by the tools that are loaded for it', async () => {
    await panel().locator('input[type=file]').setInputFiles(`${FILES}home-assistant.yaml`);
    await preview().locator('tbody tr').nth(4).waitFor();
    expect(await preview().locator('.devicelink-caption').allInnerTexts()).toEqual([
      'The list is for 192.168.1.40:502',
      'Left out: climates',
      'Left out: notAvailable',
      'The list is for unit 1',
    ]);
    await button(0).click();
    expect((await names()).slice(-5)).toEqual(['Outdoor temperature', 'Heat', 'Corrected', 'Compressor', 'Enable']);
    expect(await editor.overflow()).toBeLessThanOrEqual(0);
  });

  it('tells a mistake in the form of a list by its line', async () => {
    await paste('- a: 1\n b: 2');
    await panel().locator('.devicelink-problem').filter({ hasText: 'line 2: not valid YAML' }).waitFor();
  });

  it('copies the table as a CSV that gives the same table', async () => {
    await editor.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await button(2).click();
    await panel().locator('.devicelink-problem').filter({ hasText: 'copied' }).waitFor();
    const copied = await editor.page.evaluate(() => navigator.clipboard.readText());
    const before = await names();
    await paste(copied);
    await button(1).click();
    await panel().locator('.devicelink-asking button').first().click();
    expect(await names()).toEqual(before);
  });

  it('shows ten thousand lines with a mistake in each at once', async () => {
    const lines = Array.from({ length: 10_000 }, (_, at) => `value ${at},${at},what,?`);
    const buffer = Buffer.from(['name,address,type,register', ...lines].join('\n'));
    await panel().locator('input[type=file]').setInputFiles({ name: 'long.csv', mimeType: 'text/csv', buffer });
    await preview().locator('[role=status]').filter({ hasText: '0 of 10000' }).waitFor();
    expect(await preview().locator('tbody tr').count()).toBe(100);
  });
});
