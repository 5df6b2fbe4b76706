import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ServerTCP } from 'modbus-serial';
import { keptRows } from '../support/device/kept-rows';
import { chromiumAvailable, EditorPage } from '../support/node-red/editor-page';
import { freePort } from '../support/system/free-port';
import { Mosquitto, mosquittoAvailable } from '../support/mqtt/mosquitto';
import { NodeRedProcess } from '../support/node-red/node-red-process';

describe.skipIf(!chromiumAvailable())('the dialogs in a real browser', () => {
  let nodeRed: NodeRedProcess;
  let editor: EditorPage;

  beforeAll(async () => {
    nodeRed = await NodeRedProcess.start({ flows: [{ id: 'flow', type: 'tab', label: 'Flow' }] });
    editor = await EditorPage.open(nodeRed.url);
  });

  afterEach(() => {
    expect(editor.errors).toEqual([]);
  });

  afterAll(async () => {
    await editor.close();
    await nodeRed.stop();
  });

  it('takes a dummy device from the palette to a green badge', async () => {
    const id = await editor.drag('dummy-device', 200, 100);
    await editor.edit(id);
    await editor.field('name').fill('fan-1');
    expect(await editor.field('uid').inputValue()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    await editor.field('gear').selectOption('fast');
    await editor.field('parameters.syncInterval').fill('1s');
    await editor.field('output.when').selectOption('change');
    await editor.save();
    expect(await editor.validity(id)).toEqual({ valid: true, errors: [] });
    await editor.deploy();
    expect(await editor.badge(id, 'green')).toBe('healthy');
    const saved = (await nodeRed.getFlows()).find((node) => node.id === id);
    expect(saved).toMatchObject({ name: 'fan-1', gear: 'fast', on: true, kind: 'special', namespace: 'default' });
    expect(saved?.['parameters']).toEqual({ syncInterval: '1s', timeout: '10s' });
    expect(saved?.['output']).toEqual({ when: 'change' });
  });

  it('gives a copy of a device another uid', async () => {
    const [id] = await editor.idsOf('dummy-device');
    const uids = `RED.nodes.filterNodes({ type: 'dummy-device' }).map(({ uid }) => uid)`;
    await editor.page.evaluate(`RED.view.select({ nodes: [RED.nodes.node(${JSON.stringify(id)})] })`);
    await editor.page.evaluate(`RED.actions.invoke('core:copy-selection-to-internal-clipboard')`);
    await editor.page.evaluate(`RED.actions.invoke('core:paste-from-internal-clipboard')`);
    const after = await editor.page.evaluate<string[]>(uids);
    expect(new Set(after).size).toBe(2);
    await editor.page.keyboard.press('Escape');
  });
});

describe.skipIf(!chromiumAvailable())('a Modbus device in a real browser', () => {
  let nodeRed: NodeRedProcess;
  let editor: EditorPage;
  let server: ServerTCP;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    const holding = new Map([
      [0, 0x41bc],
      [1, 0x0000],
    ]);
    server = new ServerTCP(
      {
        getHoldingRegister: (address: number) => holding.get(address) ?? 7,
        getCoil: (address: number) => address === 7,
      },
      { host: '127.0.0.1', port, unitID: 1 },
    );
    await once(server, 'initialized');
    const env = { PLC: `127.0.0.1:${port}` };
    nodeRed = await NodeRedProcess.start({ flows: [{ id: 'flow', type: 'tab', label: 'Flow' }], env });
    editor = await EditorPage.open(nodeRed.url);
  });

  afterEach(() => {
    expect(editor.errors).toEqual([]);
  });

  afterAll(async () => {
    await editor.close();
    await nodeRed.stop();
    await new Promise((resolve) => server.close(resolve));
  });

  it('shows what is wrong, beside the field, until it is right', async () => {
    const id = await editor.drag('modbus-device', 200, 100);
    await editor.edit(id);
    const endpoint = editor.field('protocol.tcp.endpoint');
    await endpoint.fill('127.0.0.1:0');
    await expect.poll(() => endpoint.getAttribute('aria-invalid')).toBe('true');
    const note = await endpoint.getAttribute('aria-describedby');
    expect(await editor.page.locator(`[id="${note}"]`).innerText()).toContain('port from 1 to 65535');
    await endpoint.fill('${PLC}');
    await expect.poll(() => endpoint.getAttribute('aria-invalid')).toBeNull();
    await editor.field('name').fill('oven');
    await editor.field('parameters.syncInterval').fill('15');
    expect(await editor.tray.locator('.devicelink-problem:visible').innerText()).toContain('needs a unit');
    await editor.field('parameters.syncInterval').fill('1s');

    await editor.tab('properties');
    await editor.addRow();
    await editor.rowField(0, 'name').fill('temperature');
    await editor.rowField(0, 'type').selectOption('float');
    await editor.rowField(0, 'visitor.offset').fill('65535');
    await expect
      .poll(() => editor.tray.locator('.devicelink-problem:visible').innerText())
      .toContain('must not exceed');
    await editor.rowField(0, 'visitor.offset').fill('0');
    await editor.addRow();
    await editor.rowField(1, 'name').fill('temperature');
    await expect
      .poll(() => editor.tray.locator('.devicelink-problem:visible').innerText())
      .toContain('already the name');
    await editor.rowField(1, 'name').fill('alarm');
    await editor.tray.locator('.devicelink-property').nth(1).locator('[data-reference]').fill('00008');
    expect(await editor.rowField(1, 'visitor.offset').inputValue()).toBe('7');
    expect(await editor.rowField(1, 'type').inputValue()).toBe('boolean');
    expect(await editor.tray.locator('.devicelink-problem:visible').count()).toBe(0);
  });

  it('tests the unsaved settings against the device', async () => {
    const result = await editor.runTest();
    expect(result).toContain('Works');
    expect(result).toMatch(/temperature\s+23\.5/);
    expect(result).toMatch(/alarm\s+true/);
  });

  it('saves exactly what the contract says, and the badge turns green', async () => {
    await editor.save();
    const [id] = await editor.idsOf('modbus-device');
    expect(await editor.validity(id!)).toEqual({ valid: true, errors: [] });
    await editor.deploy();
    expect(await editor.badge(id!, 'green')).toBe('healthy');
    const saved = (await nodeRed.getFlows()).find((node) => node.id === id);
    expect(saved?.['protocol']).toMatchObject({ tcp: { endpoint: '${PLC}', workerID: 1, framing: 'mbap' } });
    expect(keptRows(saved?.['properties'])).toEqual([
      {
        name: 'temperature',
        type: 'float',
        visitor: { register: 'HoldingRegister', offset: 0, quantity: 2, endianness: 'BigEndian' },
      },
      {
        name: 'alarm',
        type: 'boolean',
        visitor: { register: 'CoilRegister', offset: 7, quantity: 1, endianness: 'BigEndian' },
      },
    ]);
  });

  it('opens without changing anything', async () => {
    const [id] = await editor.idsOf('modbus-device');
    await editor.edit(id!);
    await editor.save();
    expect(await editor.page.evaluate(`RED.nodes.node(${JSON.stringify(id)}).changed`)).toBeFalsy();
  });

  it('tells at the top what nobody knows, opens an older flow in its present form, and saves that with its version', async () => {
    const [id] = await editor.idsOf('modbus-device');
    const node = `RED.nodes.node(${JSON.stringify(id)})`;
    const older = `{ const node = ${node}; delete node.version; const tcp = node.protocol.tcp;
      tcp.slaveID = tcp.workerID; delete tcp.workerID; tcp.maxgap = 5; }`;
    await editor.page.evaluate(older);
    await editor.edit(id!);
    expect(await editor.tray.locator('.devicelink-note').allInnerTexts()).toEqual([
      'protocol.tcp.maxgap: not known here; did you mean protocol.tcp.maxGap?',
    ]);
    expect(await editor.tray.locator('[data-path="protocol.tcp.workerID"]').inputValue()).toBe('1');
    await editor.save();
    const saved = await editor.page.evaluate(`({ version: ${node}.version, tcp: ${node}.protocol.tcp })`);
    expect(saved).toMatchObject({ version: 2, tcp: { workerID: 1, maxgap: 5 } });
    expect(saved).not.toHaveProperty('tcp.slaveID');
  });

  it('takes pasted lines, duplicates and deletes', async () => {
    const [id] = await editor.idsOf('modbus-device');
    await editor.edit(id!);
    await editor.tab('properties');
    const panel = editor.tray.locator('.devicelink-paste');
    await panel.locator('summary').click();
    await panel.locator('textarea').fill('type\tregister\nint16\tHoldingRegister');
    await panel.locator('button').first().click();
    await expect.poll(() => panel.innerText()).toMatch(/No line can be taken as it is/);
    expect(await panel.innerText()).toMatch(/name/);
    await panel.locator('textarea').fill('name\ttype\tregister\toffset\tscale\nflow\tint16\tHoldingRegister\t4\t0.1');
    await panel.locator('button').first().click();
    expect(await editor.rowField(2, 'name').inputValue()).toBe('flow');
    await editor.tray.locator('.devicelink-property').nth(2).locator('.devicelink-row-buttons button').nth(1).click();
    expect(await editor.rowField(3, 'name').inputValue()).toBe('flow-2');
    await editor.tray.locator('.red-ui-editableList-item-remove').nth(0).click();
    await editor.save();
    const properties = `RED.nodes.node(${JSON.stringify(id)}).properties`;
    const rows = keptRows(await editor.page.evaluate(properties));
    expect(rows.map(({ name }) => name)).toEqual(['alarm', 'flow', 'flow-2']);
  });
});

describe.skipIf(!chromiumAvailable() || !mosquittoAvailable())('an MQTT extension in a real browser', () => {
  let nodeRed: NodeRedProcess;
  let editor: EditorPage;
  let broker: Mosquitto;

  beforeAll(async () => {
    broker = await Mosquitto.start({ users: { plant: 'a secret' } });
    nodeRed = await NodeRedProcess.start({ flows: [{ id: 'flow', type: 'tab', label: 'Flow' }] });
    editor = await EditorPage.open(nodeRed.url);
  });

  afterAll(async () => {
    await editor.close();
    await nodeRed.stop();
    await broker.remove();
  });

  it('is filled, tested, saved and used by a device', async () => {
    const id = await editor.drag('dummy-device', 200, 100);
    await editor.edit(id);
    await editor.field('name').fill('fan-1');
    await editor.tab('mqtt');
    await editor.tray.locator('#node-input-btn-mqtt-add').click();
    await editor.page.waitForSelector('#node-config-input-name');
    await editor.field('client.server').fill('mqtt//nowhere');
    expect(await editor.tray.locator('.devicelink-problem:visible').innerText()).toContain('needs a scheme');
    await editor.field('client.server').fill(`tcp://127.0.0.1:${broker.port}`);
    await editor.tab('messages');
    await editor.field('message.topic.prefix').fill('plant/#');
    await expect.poll(() => editor.tray.locator('.devicelink-problem:visible').innerText()).toContain('wildcard');
    await editor.field('message.topic.prefix').fill('plant');
    expect(await editor.tray.locator('[data-topic-preview]').innerText()).toBe('plant/default/boiler-1');

    expect(await editor.runTest()).toContain('Does not work');
    await editor.tab('security');
    await editor.tray.locator('#node-config-input-username').fill('plant');
    await editor.tray.locator('#node-config-input-password').fill('a secret');
    await expect.poll(() => editor.runTest()).toContain('Works');

    await editor.tab('advanced');
    await editor.tray.locator('[data-headers]').getByText('add header').click();
    const header = editor.tray.locator('[data-headers] input');
    await header.nth(0).fill('Authorization');
    await header.nth(1).fill('Bearer hunter2');
    await editor.tab('security');
    await editor.save();
    await editor.tab('mqtt');
    await expect.poll(() => editor.tray.locator('[data-topic-preview]').innerText()).toBe('plant/default/fan-1');
    await editor.save();
    await editor.deploy();
    expect(await editor.badge(id, 'green')).toBe('healthy');
    const [extension] = (await nodeRed.getFlows()).filter(({ type }) => type === 'mqtt-extension');
    const status = async () => {
      const reply = await nodeRed.request('GET', `/devicelink/mqtt-extensions/${extension!.id}/status`);
      return reply.body as { connected?: boolean; client: { httpHeaders: unknown } };
    };
    await expect.poll(async () => (await status()).connected, { timeout: 10_000 }).toBe(true);
    // A header with a secret has become a credential.
    expect((await status()).client.httpHeaders).toEqual({ Authorization: ['***'] });
    expect(JSON.stringify(await nodeRed.getFlows())).not.toMatch(/a secret|hunter2/);
    expect(editor.errors).toEqual([]);
  });
});
