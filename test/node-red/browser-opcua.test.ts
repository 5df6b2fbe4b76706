import { DataType, Variant, type AddressSpace } from 'node-opcua';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { keptRows } from '../support/device/kept-rows';
import { chromiumAvailable, EditorPage } from '../support/node-red/editor-page';
import { NodeRedProcess } from '../support/node-red/node-red-process';
import { OpcUaTestServer } from '../support/opcua/opcua-server';

const URI = 'urn:devicelink:plant';

/** A machine with a drive, 120 counters, and a method. */
function populate(space: AddressSpace): void {
  const own = space.registerNamespace(URI);
  const machine = own.addObject({ browseName: 'Machine', organizedBy: space.rootFolder.objects });
  const drive = own.addObject({ browseName: 'Drive', componentOf: machine });
  const double = (value: number) => new Variant({ dataType: DataType.Double, value });
  own.addAnalogDataItem({
    browseName: 'Speed',
    nodeId: 's=speed',
    componentOf: drive,
    dataType: 'Double',
    engineeringUnitsRange: { low: 0, high: 3000 },
    value: double(1450.5),
  });
  own.addVariable({
    browseName: 'Temperature',
    nodeId: 's=temperature',
    componentOf: drive,
    dataType: 'Double',
    accessLevel: 'CurrentRead',
    userAccessLevel: 'CurrentRead',
    value: double(41.5),
  });
  own.addMethod(machine, { browseName: 'Reset', inputArguments: [], outputArguments: [] });
  for (let index = 1; index <= 120; index += 1) {
    const value = new Variant({ dataType: DataType.UInt32, value: index });
    own.addVariable({ browseName: `counter-${index}`, componentOf: machine, dataType: 'UInt32', value });
  }
}

/** The first line of the tree with this text. */
const lineIn = ({ tray }: EditorPage, name: string) =>
  tray.locator('.red-ui-treeList-label', { hasText: name }).first();

/** Opens a node of the tree, once the tree has come to rest: lines slide in, and a click would land on another one. */
async function openNode(editor: EditorPage, name: string): Promise<void> {
  await lineIn(editor, name).waitFor();
  await editor.page.waitForFunction(`$('.devicelink-tree :animated').length === 0`);
  await lineIn(editor, name).click();
}

describe.skipIf(!chromiumAvailable())('an OPC UA device in a real browser', () => {
  const server = new OpcUaTestServer({ populate });
  let nodeRed: NodeRedProcess;
  let editor: EditorPage;
  let id: string;

  beforeAll(async () => {
    await server.start();
    nodeRed = await NodeRedProcess.start({ flows: [{ id: 'flow', type: 'tab', label: 'Flow' }] });
    editor = await EditorPage.open(nodeRed.url);
  });

  afterEach(() => {
    expect(editor.errors).toEqual([]);
  });

  afterAll(async () => {
    await editor.close();
    await nodeRed.stop();
    await server.remove();
  });

  const line = (name: string) => lineIn(editor, name);
  const rows = () => editor.tray.locator('.devicelink-property');

  it('lists the endpoints of a server and takes one', async () => {
    id = await editor.drag('opcua-device', 200, 100);
    await editor.edit(id);
    await editor.field('name').fill('machine');
    const endpoint = editor.field('protocol.endpoint');
    await endpoint.fill('plc:4840');
    await expect.poll(() => endpoint.getAttribute('aria-invalid')).toBe('true');
    await endpoint.fill(server.endpoint);
    await expect.poll(() => endpoint.getAttribute('aria-invalid')).toBeNull();
    await editor.tray.locator('[data-discover]').click();
    const offers = editor.tray.locator('.devicelink-endpoints tbody tr');
    await expect.poll(() => offers.count(), { timeout: 15_000 }).toBeGreaterThan(5);
    expect(await offers.first().innerText()).toMatch(/sign and encrypt/);
    await editor.screenshot('opcua-endpoints-light');
    await offers
      .filter({ hasText: 'Basic256Sha256' })
      .filter({ hasText: 'sign and encrypt' })
      .getByRole('button')
      .click();
    expect(await editor.field('protocol.securityPolicy').inputValue()).toBe('Basic256Sha256');
    expect(await editor.field('protocol.securityMode').inputValue()).toBe('SignAndEncrypt');
    expect(await editor.tray.locator('[data-open-warning]').isVisible()).toBe(false);
  });

  it('does not trust a server that nobody has trusted', async () => {
    await editor.field('parameters.syncInterval').fill('500ms');
    await editor.save();
    await editor.deploy();
    expect(await editor.badge(id, 'red', 'ring')).toMatch(/^unhealthy: .*certificate/);
  });

  it('turns green once its certificate is trusted in the dialog', async () => {
    await editor.edit(id);
    await editor.tab('certificates');
    const trust = editor.tray.locator('[data-trust]');
    await trust.waitFor();
    const fingerprint = (await editor.tray.locator('.devicelink-fingerprint').first().innerText()).replaceAll(' ', '');
    const own = await editor.tray.locator('[download]').getAttribute('href');
    expect(Buffer.from((own ?? '').split(',')[1] ?? '', 'base64').toString()).toMatch(/^-----BEGIN CERTIFICATE-----/);
    await editor.screenshot('opcua-certificates-light');
    await trust.click();
    await expect.poll(() => trust.count()).toBe(0);
    expect(await editor.tray.locator('[data-remove]').count()).toBe(1);
    const { createHash } = await import('node:crypto');
    expect(fingerprint.toLowerCase()).toBe(createHash('sha1').update(server.certificate).digest('hex'));
    await editor.save();
    await expect.poll(() => editor.badge(id, 'green'), { timeout: 20_000 }).toBe('healthy');
  });

  it('fills the property table from the address space', async () => {
    await editor.edit(id);
    await editor.tab('properties');
    await editor.tray.locator('[data-address-space] summary').click();
    await openNode(editor, 'Machine');
    await openNode(editor, 'Drive');
    await line('Temperature').waitFor();
    expect(await line('Temperature').innerText()).toMatch(/Double\s+41\.5/);
    await line('Temperature').locator('input').check();
    await editor.tray.getByText('show more').click();
    await expect.poll(() => editor.tray.locator('[data-node]', { hasText: 'counter-120' }).count()).toBe(1);
    await editor.tray.locator('[data-search]').fill('speed');
    await editor.tray.locator('[data-search]').press('Enter');
    await expect.poll(() => editor.tray.locator('[data-search-note]').innerText()).toMatch(/\d found/);
    expect(await line('Speed').innerText()).toContain('Machine / Drive');
    await line('Speed').locator('input').check();
    await expect.poll(() => rows().count()).toBe(2);
    await line('Speed').locator('input').uncheck();
    await expect.poll(() => rows().count()).toBe(1);
    await line('Speed').locator('input').check();
    expect(await editor.rowField(1, 'visitor.nodeID').inputValue()).toBe(`nsu=${URI};s=speed`);
    await editor.tray.locator('[data-refresh]').click();
    await openNode(editor, 'Machine');
    await openNode(editor, 'Drive');
    await line('Temperature').waitFor();
    expect(await line('Temperature').locator('input').isChecked()).toBe(true);
    await editor.screenshot('opcua-address-space-light');
    expect(await editor.runTest()).toMatch(/Works[\s\S]+Temperature\s+41\.5[\s\S]+Speed\s+1450\.5/);
    expect(await editor.rawTexts()).toEqual([]);
    expect(await editor.overflow()).toBeLessThanOrEqual(0);
  });

  it('saves exactly what the contract says, and delivers values', async () => {
    await editor.save();
    expect(await editor.validity(id)).toEqual({ valid: true, errors: [] });
    await editor.deploy();
    await expect.poll(() => editor.badge(id, 'green'), { timeout: 20_000 }).toBe('healthy');
    const saved = (await nodeRed.getFlows()).find((node) => node.id === id);
    expect(saved?.['protocol']).toEqual({
      endpoint: server.endpoint,
      securityPolicy: 'Basic256Sha256',
      securityMode: 'SignAndEncrypt',
    });
    expect(keptRows(saved?.['properties'])).toEqual([
      {
        name: 'Temperature',
        accessMode: 'ReadOnly',
        visitor: { nodeID: `nsu=${URI};s=temperature`, browseName: '2:Temperature' },
      },
      { name: 'Speed', visitor: { nodeID: `nsu=${URI};s=speed`, browseName: '2:Speed' } },
    ]);
    const values = async () => {
      const { body } = await nodeRed.request('GET', '/devicelink/devices');
      const [device] = body as { properties: { name: string; value: unknown }[] }[];
      return device?.properties.map(({ name, value }) => [name, value]);
    };
    await expect.poll(values, { timeout: 10_000 }).toEqual([
      ['Temperature', 41.5],
      ['Speed', 1450.5],
    ]);
  });

  it('logs in with a password that stays on the server', async () => {
    await editor.edit(id);
    const identity = editor.tray.locator('[data-identity]');
    expect(await identity.inputValue()).toBe('anonymous');
    await identity.selectOption('user');
    expect(await editor.tray.locator('[data-identity-note]').innerText()).toContain('username');
    await editor.tray.locator('#node-input-username').fill('user');
    await editor.tray.locator('#node-input-password').fill('wrong password');
    expect(await editor.runTest()).toContain('Does not work');
    await editor.tray.locator('#node-input-password').fill('secret');
    await expect.poll(() => editor.runTest(), { timeout: 15_000 }).toContain('Works');
    await editor.save();
    await editor.deploy();
    await expect.poll(() => editor.badge(id, 'green'), { timeout: 20_000 }).toBe('healthy');
    expect(JSON.stringify(await nodeRed.getFlows())).not.toContain('secret');
    await editor.edit(id);
    expect(await identity.inputValue()).toBe('user');
    expect(await editor.runTest()).toContain('Works');
    await editor.save();
    expect(nodeRed.log).not.toContain('wrong password');
  });

  it.each([
    { language: 'en-US', theme: 'dark' },
    { language: 'de', theme: 'light' },
  ] as const)('is whole in $language, $theme', async ({ language, theme }) => {
    const other = await EditorPage.open(nodeRed.url, { language, theme });
    try {
      await other.edit(id);
      await other.tray.locator('[data-discover]').click();
      await other.tray.locator('.devicelink-endpoints').waitFor();
      for (const tab of ['device', 'certificates', 'properties']) {
        await other.tab(tab);
        if (tab === 'certificates') await other.tray.locator('[data-remove]').waitFor();
        if (tab === 'properties') {
          await other.tray.locator('.devicelink-row-buttons button').first().click();
          await other.tray.locator('[data-address-space] summary').click();
          await openNode(other, 'Machine');
          await lineIn(other, 'counter-1').waitFor();
        }
        await other.screenshot(`${language}-${theme}-opcua-device-${tab}`);
        expect(await other.rawTexts(), tab).toEqual([]);
        expect(await other.overflow(), tab).toBeLessThanOrEqual(0);
      }
      const help = await other.page.evaluate<string>(`RED.nodes.getNodeHelp('opcua-device')`);
      expect(help).toContain(language === 'de' ? '>Verweise</h3>' : '>References</h3>');
      expect(other.errors).toEqual([]);
    } finally {
      await other.close();
    }
  });
});
