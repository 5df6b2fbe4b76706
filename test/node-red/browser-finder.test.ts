import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Pymodbus, pymodbusAvailable } from '../support/modbus/pymodbus';
import { chromiumAvailable, EditorPage } from '../support/node-red/editor-page';
import { NodeRedProcess } from '../support/node-red/node-red-process';

/** "SunS", the model Common, an inverter that measures 230.1 V, 50 Hz and 1234 W, the end. */
const MAKER = Buffer.alloc(32);
MAKER.write('Maker');
const COMMON = [
  1,
  66,
  ...Array.from({ length: 16 }, (_, at) => MAKER.readUInt16BE(2 * at)),
  ...new Array<number>(50).fill(0),
];
const INVERTER = [103, 50, ...new Array<number>(50).fill(0xffff)];
for (const [at, value] of Object.entries({ 10: 2301, 13: 0xffff, 14: 1234, 15: 0, 16: 5000, 17: 0xfffe, 38: 4 }))
  INVERTER[Number(at)] = value;

describe.skipIf(!chromiumAvailable() || !pymodbusAvailable())(
  'what finds properties in the dialog of a modbus-device',
  () => {
    let server: Pymodbus;
    let nodeRed: NodeRedProcess;
    let editor: EditorPage;

    beforeAll(async () => {
      server = await new Pymodbus().start();
      await server.set(1, 3, 40_000, [0x5375, 0x6e53, ...COMMON, ...INVERTER, 0xffff, 0]);
      // 230.5, 4.25 and 49.98 with the low word first.
      await server.set(1, 3, 100, [0x8000, 0x4366, 0, 0x4088, 0xeb85, 0x4247]);
      nodeRed = await NodeRedProcess.start({
        flows: [
          { id: 'flow', type: 'tab', label: 'Flow' },
          {
            id: 'inverter',
            type: 'modbus-device',
            z: 'flow',
            d: true,
            x: 200,
            y: 60,
            wires: [[]],
            version: 1,
            name: 'inverter',
            protocol: { tcp: { endpoint: server.endpoint, workerID: 1 } },
            properties: [],
          },
        ],
      });
      editor = await EditorPage.open(nodeRed.url);
    });

    beforeEach(async () => {
      await editor.edit('inverter');
      await editor.tab('properties');
    });

    afterEach(async () => {
      await editor.page.evaluate(`document.querySelector('#node-dialog-cancel')?.click()`);
      await editor.page.waitForFunction(`document.querySelector('.red-ui-tray') === null`);
      expect(editor.errors).toEqual([]);
    });

    afterAll(async () => {
      await editor.close();
      await nodeRed.stop();
      await server.stop();
    });

    const part = (name: string) => editor.tray.locator(`[data-${name}]`);
    const names = async () => {
      const inputs = editor.tray.locator('.devicelink-property [data-path="name"]');
      return inputs.evaluateAll((elements) => elements.map((element) => (element as HTMLInputElement).value));
    };

    it('adds the points of the SunSpec models that are ticked, and the test reads them', async () => {
      await part('sunspec').locator('summary').click();
      await part('sunspec').getByRole('button', { name: 'Find models' }).click();
      await part('sunspec').locator('[data-model="103"]').waitFor();
      await part('sunspec').locator('[data-model="1"]').uncheck();
      await part('sunspec').getByRole('button', { name: 'Add the ticked ones' }).click();
      expect(await names()).toEqual(
        expect.arrayContaining(['inverter.PhVphA', 'inverter.W', 'inverter.Hz', 'inverter.St']),
      );
      expect(await names()).not.toContain('common.Mn');
      const told = await editor.runTest();
      for (const value of ['230.1 V', '1234 W', '50 Hz']) expect(told).toContain(value);
      expect(await editor.rawTexts()).toEqual([]);
      expect(await editor.overflow()).toBeLessThanOrEqual(0);
    });

    it('finds the registers that answer, and what they mean', async () => {
      await part('scan').locator('summary').click();
      await part('scan').locator('[data-name="register"]').selectOption('HoldingRegister');
      await part('scan').locator('[data-name="from"]').fill('59900');
      await part('scan').locator('[data-name="to"]').fill('60100');
      await part('scan').getByRole('button', { name: 'Scan' }).click();
      await part('scan').getByText('100 % looked at').waitFor();
      const ranges = part('scan').locator('.devicelink-model span');
      // Register 59990 fails in this server, and from 60000 on there is nothing.
      expect(await ranges.allInnerTexts()).toEqual(['holding 59900 to 59989 (90)', 'holding 59991 to 59999 (9)']);
      await part('guess').locator('summary').click();
      await part('guess').locator('[data-name="offset"]').fill('100');
      await part('guess').locator('[data-name="quantity"]').fill('6');
      await part('guess').getByRole('button', { name: 'Read' }).click();
      const likely = part('guess').locator('tr[data-likely]').filter({ hasText: 'float32' });
      await likely.waitFor();
      expect(await likely.locator('td').allInnerTexts()).toEqual([
        'float32',
        'CDAB little, swapped',
        '230.5',
        '4.25',
        '49.98',
        'Take',
      ]);
      await likely.getByRole('button').click();
      expect(await names()).toEqual(['register-100', 'register-102', 'register-104']);
    });

    it('ends a scan when somebody wants that', async () => {
      await part('scan').locator('summary').click();
      await part('scan').locator('[data-name="to"]').fill('59000');
      await part('scan').getByRole('button', { name: 'Scan' }).click();
      const cancel = part('scan').getByRole('button', { name: 'Cancel' });
      await cancel.click();
      await cancel.waitFor({ state: 'hidden' });
      expect(await part('scan').innerText()).not.toContain('100 % looked at');
    });

    it('says why the device cannot be asked', async () => {
      await editor.tab('device');
      await editor.field('protocol.tcp.endpoint').fill('127.0.0.1:1');
      await editor.tab('properties');
      await part('sunspec').locator('summary').click();
      await part('sunspec').getByRole('button', { name: 'Find models' }).click();
      await part('sunspec').locator('.devicelink-wrong').filter({ hasText: '127.0.0.1:1' }).waitFor();
    });

    it('takes a template, and saves the table as one', async () => {
      await part('templates').locator('summary').first().click();
      const select = part('templates').locator('[data-name="template"]');
      await select.selectOption({ label: 'Eastron SDM120 (meter, one phase)' });
      expect(await part('templates').locator('[data-about]').innerText()).toContain(
        'Eastron SDM120-Modbus user manual',
      );
      await part('templates').getByRole('button', { name: 'Add to the table' }).click();
      expect((await names()).slice(0, 3)).toEqual(['voltage', 'current', 'power']);
      await part('save').locator('summary').click();
      await part('save').locator('[data-name="name"]').fill('my meter');
      const download = editor.page.waitForEvent('download');
      await part('save').getByRole('button', { name: 'Save' }).click();
      expect((await download).suggestedFilename()).toBe('my meter.json');
    });
  },
);
