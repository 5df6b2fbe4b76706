import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumAvailable, EditorPage } from '../support/node-red/editor-page';
import { Mosquitto, mosquittoAvailable } from '../support/mqtt/mosquitto';
import { NodeRedProcess } from '../support/node-red/node-red-process';

describe.skipIf(!chromiumAvailable() || !mosquittoAvailable())('the MQTT nodes of Node-RED itself', () => {
  let broker: Mosquitto;
  let nodeRed: NodeRedProcess;
  let editor: EditorPage;

  beforeAll(async () => {
    broker = await Mosquitto.start();
    const own = { id: 'own', type: 'mqtt-broker', name: '', broker: broker.host, port: String(broker.port) };
    nodeRed = await NodeRedProcess.start({
      flows: [
        { id: 'flow', type: 'tab', label: 'Flow' },
        {
          id: 'ext',
          type: 'mqtt-extension',
          version: 2,
          client: { server: broker.url },
          message: { topic: { prefix: 'plant' }, qos: 1 },
        },
        {
          id: 'fan',
          type: 'dummy-device',
          z: 'flow',
          x: 200,
          y: 200,
          name: 'fan-1',
          kind: 'special',
          mqtt: 'ext',
          parameters: { syncInterval: '100ms' },
          publish: { commands: true, perProperty: true, availability: true },
          wires: [[]],
        },
        { ...own, autoConnect: false },
        { id: 'out', type: 'mqtt out', z: 'flow', x: 200, y: 300, name: '', topic: '', broker: 'own', wires: [] },
      ],
    });
    editor = await EditorPage.open(nodeRed.url);
  });

  afterAll(async () => {
    await editor.close();
    await nodeRed.stop();
    await broker.remove();
  });

  it('offer the topics of our devices where a topic is typed', async () => {
    const known = async (): Promise<string[]> =>
      ((await nodeRed.request('GET', '/devicelink/mqtt-topics?contains=fan')).body as { topics: string[] }).topics;
    await expect.poll(known, { timeout: 5000 }).toContain('plant/default/fan-1/gear');
    await editor.edit('out');
    await editor.page.locator('#node-input-topic').pressSequentially('fan-1/s');
    const offered = editor.page.locator('.red-ui-autoComplete-container .red-ui-autoComplete-completion');
    // What was typed before the last key is answered, too.
    await expect.poll(() => offered.allTextContents(), { timeout: 10_000 }).toEqual(['plant/default/fan-1/set']);
    await editor.page.keyboard.press('Enter');
    expect(await editor.page.locator('#node-input-topic').inputValue()).toBe('plant/default/fan-1/set');
    expect(editor.errors).toEqual([]);
  });
});
