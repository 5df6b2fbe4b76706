/**
 * Makes docs/images/editor.png, the picture in the README, from the demo: the flow of a Modbus device with its dialog open.
 * `npm run screenshot` builds first; it needs Debian's chromium.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { launchBrowser } from './browser.mjs';

const WINDOW = { width: 1280, height: 760 };
const FLOW = '02 Modbus to MQTT';
const DEVICE = 'oven';
const MOST_BYTES = 250_000;
const START_DEADLINE_MS = 60_000;

const root = path.resolve(import.meta.dirname, '..');
const target = path.join(root, 'docs', 'images', 'editor.png');

const demo = spawn(process.execPath, [path.join(root, 'scripts', 'demo', 'main.mjs')], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = once(demo, 'exit');
let browser;
try {
  const url = await editorAddress();
  await withoutTips(url);
  browser = await launchBrowser();
  const page = await browser.newPage({ viewport: WINDOW, locale: 'en-US', colorScheme: 'light' });
  await page.goto(url);
  await showDialog(page);
  await mkdir(path.dirname(target), { recursive: true });
  await page.screenshot({ path: target });
  const { size } = await stat(target);
  console.log(`${path.relative(root, target)}: ${Math.round(size / 1000)} kB; look at it before you commit it`);
  if (size > MOST_BYTES) throw new Error(`more than ${MOST_BYTES / 1000} kB`);
} catch (error) {
  console.error(`screenshot: ${error.message}`);
  process.exitCode = 1;
} finally {
  await browser?.close();
  demo.kill('SIGTERM');
  await ended;
}

/** What the demo prints; rejects when it ends or says nothing in time. */
function editorAddress() {
  return new Promise((resolve, reject) => {
    const patience = setTimeout(() => reject(new Error('the demo did not start')), START_DEADLINE_MS);
    const settle = (settled, value) => {
      clearTimeout(patience);
      settled(value);
    };
    createInterface({ input: demo.stdout }).on('line', (line) => {
      const url = /Node-RED editor\s+(\S+)/.exec(line)?.[1];
      if (url !== undefined) settle(resolve, url);
    });
    void ended.then(() => settle(reject, new Error('the demo ended')));
  });
}

/** As a user who has turned them off. */
async function withoutTips(url) {
  await fetch(`${url}/settings/user`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ editor: { view: { 'view-show-tips': false, 'view-show-welcome-tours': false } } }),
  });
}

/** The flow with healthy badges behind, the device's properties in front. */
async function showDialog(page) {
  await page.waitForSelector('.red-ui-palette-node[data-palette-type="modbus-device"]');
  const { flow, device } = await page.evaluate(
    ([label, name]) => {
      const tab = globalThis.RED.nodes
        .getWorkspaceOrder()
        .find((id) => globalThis.RED.nodes.workspace(id).label === label);
      const node = globalThis.RED.nodes.filterNodes({ z: tab, type: 'modbus-device' }).find((one) => one.name === name);
      return { flow: tab, device: node?.id };
    },
    [FLOW, DEVICE],
  );
  if (device === undefined) throw new Error(`the example "${FLOW}" has no device "${DEVICE}"`);
  await page.evaluate((id) => globalThis.RED.workspaces.show(id), flow);
  await page.waitForSelector(`[id="${device}"] .red-ui-flow-node-status-dot-green`, { state: 'attached' });
  await page.locator(`[id="${device}"] .red-ui-flow-node`).dblclick();
  await page.locator('#red-ui-tab-devicelink-tab-properties a').click();
  await page.locator('.devicelink-property').first().waitFor();
  await page.waitForFunction(`$(':animated').length === 0 && !document.querySelector('.red-ui-tray-animating')`);
}
