import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startBroker } from '../support/node-red/demo-parts.ts';
import { chromiumAvailable, EditorPage } from '../support/node-red/editor-page.ts';
import { NodeRedProcess } from '../support/node-red/node-red-process.ts';
import { startCse, type StandInCse } from '../support/onem2m/stand-in-cse.ts';

const CSE_ID = '/in-cse-1';
const TABS = ['cse', 'ae', 'resources', 'subscriptions', 'discovery', 'devices', 'security'];

/** Creates a resource over HTTP, as an administrator would. */
async function create(cse: StandInCse, parent: string, ty: number, content: object): Promise<void> {
  const response = await fetch(`${cse.httpUrl ?? ''}/${parent}`, {
    method: 'POST',
    headers: {
      'X-M2M-Origin': 'CAdmin',
      'X-M2M-RI': Math.random().toString(36),
      'X-M2M-RVI': '3',
      'Content-Type': `application/json;ty=${ty}`,
    },
    body: JSON.stringify(content),
  });
  if (response.status !== 201) throw new Error(`${parent}: ${response.status} ${await response.text()}`);
}

describe.skipIf(!chromiumAvailable())('an application entity in a real browser', () => {
  let broker: Awaited<ReturnType<typeof startBroker>>;
  let cse: StandInCse;
  let nodeRed: NodeRedProcess;
  let editor: EditorPage;
  let id: string;
  let address: string;

  beforeAll(async () => {
    broker = await startBroker();
    address = broker.url.replace(/^tcp:\/\//, '');
    cse = await startCse({ id: CSE_ID, brokerUrl: `mqtt://${address}`, http: {} });
    await create(cse, 'onem2m', 3, { 'm2m:cnt': { rn: 'plant', lbl: ['north'] } });
    await create(cse, 'onem2m/plant', 3, { 'm2m:cnt': { rn: 'boiler' } });
    await create(cse, 'onem2m/plant/boiler', 4, { 'm2m:cin': { con: '71.5' } });
    nodeRed = await NodeRedProcess.start({ flows: [{ id: 'flow', type: 'tab', label: 'Flow' }] });
    editor = await EditorPage.open(nodeRed.url);
  });

  afterEach(() => {
    expect(editor.errors).toEqual([]);
  });

  afterAll(async () => {
    await editor.close();
    await nodeRed.stop();
    await cse.stop();
    await broker.stop();
  });

  const part = (name: string) => editor.tray.locator(`[data-endpoint-part="${name}"]`);
  const partsShown = async () => {
    const values = ['scheme', 'host', 'port', 'cse'].map((name) => part(name).inputValue());
    return Promise.all(values);
  };
  const table = (name: string) => editor.tray.locator(`[data-table="${name}"]`);
  const cell = (name: string, path: string, row = 0) =>
    table(name).locator('.devicelink-property').nth(row).locator(`[data-path="${path}"]`);
  const addTo = (name: string) => table(name).locator('.red-ui-editableList-addButton').click();
  const unfold = (name: string, row = 0) =>
    table(name).locator('.devicelink-property').nth(row).locator('.devicelink-row-buttons button').first().click();
  const invalid = (path: string) => editor.field(path).getAttribute('aria-invalid');
  const line = (page: EditorPage, name: string) =>
    page.tray.locator('.red-ui-treeList-label', { has: page.page.locator(`[data-node$="${name}"]`) }).first();
  const openNode = async (page: EditorPage, name: string) => {
    await line(page, name).waitFor();
    await page.page.waitForFunction(`$('.devicelink-tree :animated').length === 0`);
    await line(page, name).click();
  };

  it('splits an endpoint into fields, and puts it together again', async () => {
    id = await editor.drag('onem2m-ae', 200, 100);
    await editor.edit(id);
    await editor.field('name').fill('sensors');
    const endpoint = editor.field('endpoint');
    expect(await partsShown()).toEqual(['mqtt', '127.0.0.1', '1883', 'mn-cse-1']);
    await endpoint.fill(`mqtts://broker.example:8884#in-cse-2`);
    expect(await partsShown()).toEqual(['mqtts', 'broker.example', '8884', 'in-cse-2']);
    await part('scheme').selectOption('mqtt');
    await part('host').fill('127.0.0.1');
    await part('port').fill(address.split(':')[1] ?? '');
    await part('cse').fill(CSE_ID);
    expect(await endpoint.inputValue()).toBe(`mqtt://${address}#in-cse-1`);
    await endpoint.fill(`mqtt://joe:se%20cret@${address}#in-cse-1`);
    await endpoint.press('Tab');
    expect(await endpoint.inputValue()).toBe(`mqtt://${address}#in-cse-1`);
    expect(await editor.tray.locator('#node-input-username').inputValue()).toBe('joe');
    expect(await editor.tray.locator('#node-input-password').inputValue()).toBe('se cret');
    expect(await editor.tray.locator('[data-endpoint-note]').innerText()).toContain('Security');
  });

  it('shows what goes over the wire, and what is wrong', async () => {
    const wire = editor.tray.locator('[data-wire]');
    expect(await wire.innerText()).toContain('/oneM2M/req/<AE-ID>/in-cse-1/json');
    await editor.field('serialization').selectOption('cbor');
    expect(await wire.innerText()).toContain('/oneM2M/req/<AE-ID>/in-cse-1/cbor');
    await editor.field('serialization').selectOption('json');
    const endpoint = editor.field('endpoint');
    await endpoint.fill(`coap://${address}#in-cse-1`);
    expect(await invalid('endpoint')).toBe('true');
    expect(await editor.tray.locator('.devicelink-problem:visible').first().innerText()).toContain('scheme');
    await endpoint.fill(`mqtt://${address}#in-cse-1`);
    expect(await invalid('endpoint')).toBeNull();
    await editor.screenshot('onem2m-cse-light');
  });

  it('has tables of resources and subscriptions that tell their mistakes', async () => {
    await editor.tab('resources');
    await addTo('resources');
    await expect.poll(() => cell('resources', 'path').getAttribute('aria-invalid')).toBe('true');
    await cell('resources', 'path').fill('measurements');
    await expect.poll(() => cell('resources', 'path').getAttribute('aria-invalid')).toBeNull();
    await cell('resources', 'labels').fill('temperature, north');
    await unfold('resources');
    await cell('resources', 'mni').fill('10');
    await cell('resources', 'attributes').fill('{"mbs": ');
    await expect.poll(() => cell('resources', 'attributes').getAttribute('aria-invalid')).toBe('true');
    await cell('resources', 'attributes').fill('{"mbs": 100000}');
    await expect.poll(() => cell('resources', 'attributes').getAttribute('aria-invalid')).toBeNull();
    await editor.tab('subscriptions');
    await addTo('subscriptions');
    await cell('subscriptions', 'target').fill('measurements');
    await table('subscriptions').locator('[data-events] summary').click();
    await table('subscriptions').locator('[data-events] input[value="update"]').check();
    expect(await table('subscriptions').locator('[data-events] summary').innerText()).toBe('update, createChild');
  });

  it('tests the CSE and says what it is', async () => {
    expect(await editor.runTest()).toMatch(/Works[\s\S]+CSE-ID\s+\/in-cse-1[\s\S]+IN-CSE[\s\S]+container/);
    await editor.screenshot('onem2m-test-light');
    await editor.tab('cse');
    await part('cse').fill('nobody');
    await editor.field('timeout').fill('500ms');
    expect(await editor.runTest()).toMatch(/Does not work.+answer/);
    await part('cse').fill('in-cse-1');
    await editor.field('timeout').fill('10s');
  });

  it('browses the resources of the CSE, shows one, and subscribes to one', async () => {
    await editor.tab('subscriptions');
    await editor.tray.locator('[data-browser] > summary').click();
    await openNode(editor, 'onem2m/plant');
    await openNode(editor, 'onem2m/plant/boiler');
    await line(editor, 'onem2m/plant').locator('button').first().click();
    await expect.poll(() => editor.tray.locator('[data-representation]').innerText()).toContain('"north"');
    await line(editor, 'onem2m/plant/boiler').locator('button').nth(1).click();
    expect(await cell('subscriptions', 'target', 1).inputValue()).toBe('onem2m/plant/boiler');
    await line(editor, 'onem2m/plant/boiler').locator('button').nth(1).click();
    expect(await editor.tray.locator('[data-representation]').innerText()).toContain('already');
    expect(await table('subscriptions').locator('.devicelink-property').count()).toBe(2);
    await editor.screenshot('onem2m-browser-light');
    expect(await editor.rawTexts()).toEqual([]);
    expect(await editor.overflow()).toBeLessThanOrEqual(0);
  });

  it('saves what the contract says, without a secret, and registers', async () => {
    await editor.save();
    expect(await editor.validity(id)).toEqual({ valid: true, errors: [] });
    await editor.deploy();
    await expect.poll(() => editor.badge(id, 'green'), { timeout: 20_000 }).toMatch(/^healthy/);
    const saved = (await nodeRed.getFlows()).find((node) => node.id === id);
    expect(saved).toMatchObject({
      type: 'onem2m-ae',
      name: 'sensors',
      endpoint: `mqtt://${address}#in-cse-1`,
      mqtt: '',
      notify: '',
      binding: 'auto',
      cse: { id: CSE_ID, base: 'onem2m', spID: '', release: '3', profile: 'auto' },
      serialization: 'json',
      timeout: '10s',
      resources: [
        {
          ty: 'container',
          path: 'measurements',
          labels: ['temperature', 'north'],
          mni: 10,
          attributes: { mbs: 100_000 },
        },
      ],
      subscriptions: [
        { target: 'measurements', events: ['update', 'createChild'] },
        { target: 'onem2m/plant/boiler', events: ['createChild'] },
      ],
      discoveries: [],
    });
    expect(JSON.stringify(await nodeRed.getFlows())).not.toContain('se cret');
    const paths = () => cse.resources().map(({ path }) => path);
    await expect.poll(paths).toEqual(expect.arrayContaining(['onem2m/MYAPP/measurements']));
    await expect
      .poll(() => paths().filter((path) => path.startsWith('onem2m/plant/boiler/devicelink')))
      .toHaveLength(1);
  });

  it('opens again with the same values', async () => {
    await editor.edit(id);
    expect(await partsShown()).toEqual(['mqtt', '127.0.0.1', address.split(':')[1], 'in-cse-1']);
    await editor.tab('resources');
    expect(await cell('resources', 'path').inputValue()).toBe('measurements');
    expect(await cell('resources', 'labels').inputValue()).toBe('temperature, north');
    await editor.tab('subscriptions');
    expect(await cell('subscriptions', 'target', 1).inputValue()).toBe('onem2m/plant/boiler');
    expect(await editor.tray.locator('#node-input-username').inputValue()).toBe('joe');
    const before = JSON.stringify((await nodeRed.getFlows()).find((node) => node.id === id));
    await editor.save();
    expect(await editor.page.locator('#red-ui-header-button-deploy.disabled').count()).toBe(1);
    expect(JSON.stringify((await nodeRed.getFlows()).find((node) => node.id === id))).toBe(before);
  });

  it('changes to HTTP with another endpoint and nothing else', async () => {
    await editor.edit(id);
    // Stored credentials stay with the address that they were deployed with.
    for (const name of ['username', 'password']) {
      await editor.tray.locator(`#node-input-${name}`).evaluate((field: HTMLInputElement) => (field.value = ''));
    }
    await editor.field('endpoint').fill(`${cse.httpUrl ?? ''}#in-cse-1`);
    expect(await editor.tray.locator('[data-wire]').innerText()).toContain(`${cse.httpUrl ?? ''}/onem2m`);
    expect(await editor.field('topicPrefix').isVisible()).toBe(false);
    expect(await editor.runTest()).toMatch(/Works[\s\S]+\/in-cse-1/);
    await editor.tray.locator('#node-dialog-cancel').click();
  });

  it.each([
    { language: 'en-US', theme: 'dark' },
    { language: 'de', theme: 'light' },
  ] as const)('is whole in $language, $theme', async ({ language, theme }) => {
    const other = await EditorPage.open(nodeRed.url, { language, theme });
    try {
      await other.edit(id);
      for (const tab of TABS) {
        await other.tab(tab);
        if (tab === 'resources') await other.tray.locator('.devicelink-row-buttons button:visible').first().click();
        if (tab === 'subscriptions') {
          await other.tray.locator('[data-browser] > summary').click();
          await openNode(other, 'onem2m/plant');
          await line(other, 'onem2m/plant/boiler').waitFor();
          await other.tray.locator('[data-events] summary').first().click();
        }
        await other.screenshot(`${language}-${theme}-onem2m-ae-${tab}`);
        expect(await other.rawTexts(), tab).toEqual([]);
        expect(await other.overflow(), tab).toBeLessThanOrEqual(0);
      }
      const help = await other.page.evaluate<string>(`RED.nodes.getNodeHelp('onem2m-ae')`);
      expect(help).toContain(language === 'de' ? '>Verweise</h3>' : '>References</h3>');
      expect(other.errors).toEqual([]);
    } finally {
      await other.close();
    }
  });
});
