import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumAvailable, EditorPage } from '../support/node-red/editor-page';
import { NodeRedProcess } from '../support/node-red/node-red-process';

const LOOKS = [
  { language: 'en-US', theme: 'light' },
  { language: 'en-US', theme: 'dark' },
  { language: 'de', theme: 'light' },
  { language: 'de', theme: 'dark' },
] as const;

describe.skipIf(!chromiumAvailable())('the look of the dialogs', () => {
  let nodeRed: NodeRedProcess;

  beforeAll(async () => {
    nodeRed = await NodeRedProcess.start({
      flows: [
        { id: 'flow', type: 'tab', label: 'Flow' },
        { id: 'broker', type: 'mqtt-extension', name: 'plant broker', client: { server: 'tcp://127.0.0.1:1' } },
        ...['modbus-device', 'dummy-device'].map((type, at) => ({
          id: type,
          type,
          z: 'flow',
          x: 200,
          y: 100 + 100 * at,
          wires: [[]],
          name: `${type}-1`,
          mqtt: 'broker',
          protocol: type === 'modbus-device' ? { tcp: { endpoint: '127.0.0.1:1', workerID: 1 } } : {},
          kind: 'protocol',
          properties: [
            {
              name: 'temperature',
              type: 'float',
              unit: '°C',
              orderOfOperations: [{ type: 'Multiply', value: '0.1' }],
              visitor: { register: 'HoldingRegister', offset: 0, quantity: 2 },
            },
          ],
        })),
      ],
    });
  });

  afterAll(async () => {
    await nodeRed.stop();
  });

  it.each(LOOKS)('is whole in $language, $theme', async ({ language, theme }) => {
    const editor = await EditorPage.open(nodeRed.url, { language, theme });
    const check = async (name: string) => {
      await editor.screenshot(`${language}-${theme}-${name}`);
      expect(await editor.rawTexts(), name).toEqual([]);
      expect(await editor.overflow(), name).toBeLessThanOrEqual(0);
    };
    try {
      for (const type of ['modbus-device', 'dummy-device']) {
        await editor.edit(type);
        await check(`${type}-device`);
        await editor.tab('properties');
        await editor.tray.locator('.devicelink-row-buttons button').first().click();
        await check(`${type}-properties`);
        await editor.tab('mqtt');
        await check(`${type}-mqtt`);
        if (type === 'dummy-device') {
          await editor.tray.locator('#node-input-btn-mqtt-edit').click();
          await editor.page.waitForSelector('#node-config-input-name');
          for (const tab of ['connection', 'security', 'messages', 'advanced']) {
            await editor.tab(tab);
            await check(`mqtt-extension-${tab}`);
          }
          await editor.save();
        }
        await editor.save();
      }
      expect(editor.errors).toEqual([]);
    } finally {
      await editor.close();
    }
  });

  it.each([
    { language: 'en-US', title: 'References' },
    { language: 'de', title: 'Verweise' },
  ] as const)('shows the help of every node in $language', async ({ language, title }) => {
    const editor = await EditorPage.open(nodeRed.url, { language });
    try {
      for (const type of ['modbus-device', 'dummy-device', 'mqtt-extension']) {
        const help = await editor.page.evaluate<string>(`RED.nodes.getNodeHelp(${JSON.stringify(type)})`);
        expect(help, type).toContain(`>${title}</h3>`);
      }
    } finally {
      await editor.close();
    }
  });
});
