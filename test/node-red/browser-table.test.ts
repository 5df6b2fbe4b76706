import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { keptRows } from '../support/device/kept-rows';
import { chromiumAvailable, EditorPage } from '../support/node-red/editor-page';
import { NodeRedProcess } from '../support/node-red/node-red-process';

const ROWS = 1000;

interface Property {
  name: string;
  [member: string]: unknown;
}

/** Without `quantity` here and there: the dialog adds it, whether the row was seen or not. */
const propertyAt = (at: number): Property => ({
  name: `value-${at}`,
  type: 'uint16',
  visitor: {
    register: 'HoldingRegister',
    offset: at,
    ...(at % 100 === 0 ? {} : { quantity: 1 }),
    endianness: 'BigEndian',
  },
});

const COMPLETE = Array.from({ length: ROWS }, (_, at) => ({
  ...propertyAt(at),
  visitor: { register: 'HoldingRegister', offset: at, endianness: 'BigEndian', quantity: 1 },
}));

describe.skipIf(!chromiumAvailable())('a table of a thousand rows in a real browser', () => {
  let nodeRed: NodeRedProcess;
  let editor: EditorPage;
  /** Each test has a node of its own. */
  let at = -1;
  let id = '';

  beforeAll(async () => {
    const common = { z: 'flow', d: true, wires: [[]], version: 1 };
    nodeRed = await NodeRedProcess.start({
      flows: [
        { id: 'flow', type: 'tab', label: 'Flow' },
        ...Array.from({ length: 8 }, (_, index) => ({
          ...common,
          id: `modbus-${index}`,
          type: 'modbus-device',
          x: 200,
          y: 60 + 60 * index,
          name: `line-${index}`,
          protocol: { tcp: { endpoint: '127.0.0.1:1', workerID: 1 } },
          properties: Array.from({ length: ROWS }, (_, row) => propertyAt(row)),
        })),
        {
          ...common,
          id: 'ae',
          type: 'onem2m-ae',
          x: 500,
          y: 60,
          wires: [[], []],
          endpoint: 'http://127.0.0.1:1#/in-cse-1',
          ae: { name: 'plant' },
          resources: Array.from({ length: ROWS }, (_, row) => ({ path: `value-${row}`, ty: 'container' })),
          subscriptions: Array.from({ length: ROWS }, (_, row) => ({
            target: `value-${row}`,
            events: ['createChild'],
          })),
        },
      ],
    });
    editor = await EditorPage.open(nodeRed.url);
  });

  beforeEach(async () => {
    at += 1;
    id = `modbus-${at}`;
    if (at >= 8) return;
    await editor.edit(id);
    await editor.tab('properties');
    await rows().first().locator('input').first().waitFor();
  });

  /** A test that fails leaves its dialog open. */
  afterEach(async () => {
    await editor.page.evaluate(`document.querySelector('#node-dialog-cancel')?.click()`);
    await editor.page.waitForFunction(`document.querySelector('.red-ui-tray') === null`);
    expect(editor.errors).toEqual([]);
  });

  afterAll(async () => {
    await editor.close();
    await nodeRed.stop();
  });

  const table = () => editor.tray.locator('.devicelink-properties');
  const rows = () => table().locator('.devicelink-property');
  const made = () => table().locator('.devicelink-property:not(:empty)').count();
  const filter = () => table().locator('[data-filter]');
  const bar = () => table().locator('.devicelink-table-bar');
  const frame = () => table().locator('.red-ui-editableList-container');
  const scrollTo = async (row: number) => {
    await rows().nth(row).scrollIntoViewIfNeeded();
    await editor.rowField(row, 'name').waitFor();
  };
  const properties = () => editor.page.evaluate<unknown[]>(`RED.nodes.node(${JSON.stringify(id)}).properties`);
  const saved = async () => keptRows(await properties()) as Property[];
  const focusedRow = () =>
    editor.page.evaluate<number>(`(() => {
      const row = document.activeElement.closest('.devicelink-property');
      return row === null ? -1 : [...row.parentElement.children].indexOf(row);
    })()`);

  it('saves what was changed in row 700, and nothing else', async () => {
    expect(await rows().count()).toBe(ROWS);
    expect(await made()).toBeLessThan(60);
    await filter().fill('VALUE-700');
    expect(await bar().innerText()).toContain(`1 of ${ROWS}`);
    expect(await rows().filter({ visible: true }).count()).toBe(1);
    await editor.rowField(700, 'visitor.offset').fill('7000');
    await editor.save();
    const expected = COMPLETE.map((property, row) =>
      row === 700 ? { ...property, visitor: { ...property.visitor, offset: 7000 } } : property,
    );
    expect(await saved()).toEqual(expected);
    await editor.page.evaluate(`RED.actions.invoke('core:undo')`);
    expect(await properties()).toEqual(Array.from({ length: ROWS }, (_, row) => propertyAt(row)));
  });

  it('keeps what was typed, and what is unfolded, where it is scrolled out of sight and back', async () => {
    await scrollTo(500);
    await editor.rowField(500, 'name').fill('boiler');
    await rows().nth(500).locator('.devicelink-row-buttons button').first().click();
    await editor.rowField(500, 'unit').fill('°C');
    await scrollTo(0);
    // Somebody is still in it: it stays, with what can be undone in it.
    expect(await editor.rowField(500, 'unit').inputValue()).toBe('°C');
    await editor.rowField(0, 'name').focus();
    await scrollTo(990);
    await expect.poll(() => rows().nth(500).locator('input').count()).toBe(0);
    expect(await made()).toBeLessThan(60);
    await scrollTo(500);
    expect(await editor.rowField(500, 'unit').inputValue()).toBe('°C');
    await editor.save();
    expect((await saved())[500]).toMatchObject({ name: 'boiler', unit: '°C' });
  });

  it('leads to mistakes that are out of sight', async () => {
    await scrollTo(300);
    await editor.rowField(300, 'visitor.offset').fill('65536');
    await scrollTo(900);
    await editor.rowField(900, 'name').fill('value-1');
    await scrollTo(0);
    await editor.rowField(0, 'name').fill('first');
    expect(await bar().innerText()).toContain('Rows with mistakes: 2');
    expect(await editor.tray.locator('.devicelink-tab-wrong').count()).toBe(1);
    await filter().fill('first');
    const next = bar().getByRole('button');
    await next.click();
    expect(await filter().inputValue()).toBe('');
    expect(await focusedRow()).toBe(300);
    expect(await editor.page.evaluate(`document.activeElement.dataset.path`)).toBe('visitor.offset');
    expect(await rows().nth(300).locator('.devicelink-problem').innerText()).toContain('65535');
    await next.click();
    expect(await focusedRow()).toBe(900);
    await next.click();
    expect(await focusedRow()).toBe(300);
    await editor.rowField(300, 'visitor.offset').fill('300');
    await next.click();
    await editor.rowField(900, 'name').fill('value-900');
    expect(await bar().innerText()).not.toContain('mistakes');
    expect(await next.isVisible()).toBe(false);
    expect(await editor.tray.locator('.devicelink-tab-wrong').count()).toBe(0);
    await editor.save();
    expect(await editor.validity(id)).toEqual({ valid: true, errors: [] });
  });

  it('is walked through by the keyboard, row by row', async () => {
    await editor.rowField(0, 'name').focus();
    let before = 0;
    for (let step = 0; before < 40; step += 1) {
      expect(step).toBeLessThan(400);
      await editor.page.keyboard.press('Tab');
      const row = await focusedRow();
      expect([before, before + 1]).toContain(row);
      before = row;
    }
    for (let step = 0; before > 20; step += 1) {
      expect(step).toBeLessThan(400);
      await editor.page.keyboard.press('Shift+Tab');
      const row = await focusedRow();
      expect([before, before - 1]).toContain(row);
      before = row;
    }
    expect(await made()).toBeLessThan(60);
    await editor.save();
  });

  it('is put in another order by dragging, also beyond what is in sight', async () => {
    const handle = rows().nth(2).locator('.red-ui-editableList-item-handle');
    await handle.hover();
    await editor.page.mouse.down();
    const box = (await frame().boundingBox())!;
    // Near the edge the list scrolls, as long as the mouse moves.
    const x = box.x + 20;
    const scrolled = () => frame().evaluate((list) => list.scrollTop);
    for (let move = 0; (await scrolled()) < 6000; move += 1) {
      expect(move).toBeLessThan(1000);
      await editor.page.mouse.move(x, box.y + box.height - 5 - (move % 2));
    }
    await editor.page.mouse.move(x, box.y + box.height / 2);
    await editor.page.mouse.move(x, box.y + box.height / 2 + 4);
    await editor.page.mouse.up();
    await editor.save();
    const names = (await saved()).map(({ name }) => name);
    const place = names.indexOf('value-2');
    expect(place).toBeGreaterThan(50);
    const others = COMPLETE.map(({ name }) => name).filter((name) => name !== 'value-2');
    expect(names).toEqual([...others.slice(0, place), 'value-2', ...others.slice(place)]);
  });

  it('duplicates and deletes rows, and adds one, far down and where it is filtered', async () => {
    await scrollTo(800);
    await rows().nth(800).locator('.devicelink-row-buttons button').nth(1).click();
    expect(await editor.rowField(801, 'name').inputValue()).toBe('value-1000');
    await filter().fill('40400');
    expect(await rows().filter({ visible: true }).count()).toBe(1);
    await rows().nth(399).locator('.red-ui-editableList-item-remove').click();
    expect(await rows().filter({ visible: true }).count()).toBe(0);
    await editor.addRow();
    await editor.page.keyboard.type('last');
    expect(await focusedRow()).toBe(ROWS);
    await filter().fill('');
    await editor.save();
    const names = (await saved()).map(({ name }) => name);
    const expected = COMPLETE.map(({ name }) => name);
    expected.splice(801, 0, 'value-1000');
    expected.splice(399, 1);
    expect(names).toEqual([...expected, 'last']);
  });

  it('takes 4000 pasted lines, appended and in the place of what was there', async () => {
    const lines = Array.from({ length: 4000 }, (_, row) => `new-${row}\tuint32\tHoldingRegister\t${row}`);
    const panel = table().locator('xpath=..').locator('.devicelink-paste');
    await editor.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const text = ['name\ttype\tregister\toffset', ...lines].join('\n');
    await editor.page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
    const paste = async (button: number) => {
      await panel.locator('summary').click();
      await panel.locator('textarea').focus();
      await editor.page.keyboard.press('Control+V');
      await panel.locator('.devicelink-buttons button').nth(button).click();
      if (button === 1) await panel.locator('.devicelink-asking button').first().click();
    };
    await filter().fill('value-1');
    await paste(0);
    expect(await rows().count()).toBe(ROWS + 4000);
    expect(await filter().inputValue()).toBe('');
    expect(await editor.rowField(ROWS, 'name').inputValue()).toBe('new-0');
    expect(await made()).toBeLessThan(60);
    await paste(1);
    expect(await rows().count()).toBe(4000);
    expect(await editor.rowField(0, 'name').inputValue()).toBe('new-0');
    await editor.save();
    const replaced = await saved();
    expect(replaced).toHaveLength(4000);
    expect(replaced[3999]).toEqual({
      name: 'new-3999',
      type: 'uint32',
      visitor: { register: 'HoldingRegister', offset: 3999, quantity: 2, endianness: 'BigEndian' },
    });
  });

  it('becomes a short one without filter, and a long one again', async () => {
    const keep = COMPLETE.slice(0, 20).map(({ name }) => `${name}\tuint16\t0`);
    const panel = table().locator('xpath=..').locator('.devicelink-paste');
    await panel.locator('summary').click();
    await panel.locator('textarea').fill(['name\ttype\toffset', ...keep].join('\n'));
    await panel.locator('.devicelink-buttons button').nth(1).click();
    await panel.locator('.devicelink-asking button').first().click();
    expect(await bar().isVisible()).toBe(false);
    expect(await made()).toBe(20);
    await editor.addRow();
    expect(await focusedRow()).toBe(20);
    expect(await bar().isVisible()).toBe(true);
    await editor.page.keyboard.type('one more');
    await scrollTo(0);
    await rows().first().locator('.red-ui-editableList-item-remove').click();
    expect(await bar().isVisible()).toBe(false);
    expect(await editor.rowField(19, 'name').inputValue()).toBe('one more');
    await editor.save();
    expect(await saved()).toHaveLength(20);
  });

  it('holds for resources and subscriptions of an application entity', async () => {
    await editor.edit('ae');
    const place = (name: string) => editor.tray.locator(`[data-table="${name}"]`);
    const field = (name: string, row: number, path: string) =>
      place(name).locator('.devicelink-property').nth(row).locator(`[data-path="${path}"]`);
    await editor.tab('resources');
    await place('resources').locator('[data-filter]').fill('value-700');
    await field('resources', 700, 'path').fill('boiler');
    await editor.tab('subscriptions');
    expect(await place('subscriptions').locator('.devicelink-property:not(:empty)').count()).toBeLessThan(60);
    await place('subscriptions').locator('[data-filter]').fill('value-999');
    await field('subscriptions', 999, 'target').fill('boiler');
    await editor.save();
    const node = await editor.page.evaluate<{ resources: object[]; subscriptions: object[] }>(
      `(({ resources, subscriptions }) => ({ resources, subscriptions }))(RED.nodes.node('ae'))`,
    );
    expect(node.resources).toEqual(
      Array.from({ length: ROWS }, (_, row) => ({ path: row === 700 ? 'boiler' : `value-${row}`, ty: 'container' })),
    );
    expect(node.subscriptions).toEqual(
      Array.from({ length: ROWS }, (_, row) => ({
        target: row === 999 ? 'boiler' : `value-${row}`,
        events: ['createChild'],
      })),
    );
  });

  it.each([
    { language: 'en-US', theme: 'light', width: 1200 },
    { language: 'en-US', theme: 'dark', width: 1200 },
    { language: 'de', theme: 'light', width: 1000 },
  ] as const)('is whole in $language, $theme, $width pixels wide', async ({ language, theme, width }) => {
    const other = await EditorPage.open(nodeRed.url, { language, theme, width });
    try {
      await other.edit('modbus-0');
      await other.tab('properties');
      await other.rowField(1, 'visitor.offset').fill('65536');
      await other.rowField(2, 'name').fill('');
      await other.tray.locator('[data-filter]').fill('value-1');
      await other.screenshot(`${language}-${theme}-${width}-long-table`);
      expect(await other.rawTexts()).toEqual([]);
      expect(await other.overflow()).toBeLessThanOrEqual(0);
      expect(other.errors).toEqual([]);
    } finally {
      await other.close();
    }
  });
});
