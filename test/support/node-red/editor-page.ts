import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const SCREENSHOTS = join(ROOT, '.cache', 'screenshots');
const CHROMIUM = '/usr/bin/chromium';

/** Nothing that talks to the network by itself. */
const SWITCHES = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Whether Debian's chromium is installed. Where CI=true its absence is an error; elsewhere the reason is printed. */
export function chromiumAvailable(): boolean {
  if (existsSync(CHROMIUM)) return true;
  const reason = `${CHROMIUM} is not installed (apt-get install chromium)`;
  if (process.env['CI'] === 'true') throw new Error(reason);
  console.warn(`Left out: ${reason}`);
  return false;
}

export interface EditorOptions {
  language?: 'en-US' | 'de';
  theme?: 'light' | 'dark';
  /** Of the window, in pixels. */
  width?: number;
}

/** Node-RED's editor in a real browser with an empty profile, used as a person would. */
export class EditorPage {
  /** Uncaught errors of the page and complaints of its console that are ours. */
  readonly errors: string[] = [];

  private constructor(
    private readonly browser: Browser,
    readonly page: Page,
  ) {
    page.on('pageerror', (error) => this.errors.push(`${error.message}\n${error.stack ?? ''}`));
    page.on('console', (message) => {
      const text = message.text();
      if (message.type() === 'error' && !/catalogue|net::ERR_/.test(text)) this.errors.push(text);
    });
  }

  static async open(url: string, { language = 'en-US', theme = 'light', width = 1200 }: EditorOptions = {}) {
    await withoutTips(url);
    const browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: SWITCHES });
    const page = await browser.newPage({ viewport: { width, height: 900 }, locale: language, colorScheme: theme });
    const editor = new EditorPage(browser, page);
    await page.goto(url);
    await page.waitForSelector('.red-ui-palette-node[data-palette-type="dummy-device"]');
    // What the user setting "theme: as the system" does; version 4 has no dark theme.
    await page.evaluate(`document.documentElement.classList.toggle('nr-theme-dark', ${theme === 'dark'})`);
    return editor;
  }

  async close(): Promise<void> {
    await this.browser.close();
  }

  /** Drags a node from the palette onto the canvas and answers its id. */
  async drag(type: string, x: number, y: number): Promise<string> {
    const before = await this.idsOf(type);
    const source = this.page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`);
    await source.scrollIntoViewIfNeeded();
    await source.dragTo(this.page.locator('#red-ui-workspace-chart'), { targetPosition: { x, y } });
    const added = (await this.idsOf(type)).find((id) => !before.includes(id));
    if (added === undefined) throw new Error(`no ${type} came onto the canvas`);
    return added;
  }

  /** The ids of the nodes of a type in the editor. */
  async idsOf(type: string): Promise<string[]> {
    return this.page.evaluate(`RED.nodes.filterNodes({ type: ${JSON.stringify(type)} }).map(({ id }) => id)`);
  }

  /** Whether the editor calls a node valid, and why not. */
  async validity(id: string): Promise<{ valid: boolean; errors: string[] }> {
    const node = `RED.nodes.node(${JSON.stringify(id)})`;
    return this.page.evaluate(`({ valid: ${node}.valid, errors: ${node}.validationErrors ?? [] })`);
  }

  /** Opens the dialog of a node by a double click on it. */
  async edit(id: string): Promise<void> {
    await this.page.locator(`[id="${id}"] .red-ui-flow-node`).dblclick();
    await this.page.waitForSelector('#node-input-name');
    await this.settled();
  }

  /** The dialog on top. */
  get tray(): Locator {
    return this.page.locator('.red-ui-tray').last();
  }

  async tab(key: string): Promise<void> {
    await this.tray.locator(`#red-ui-tab-devicelink-tab-${key} a`).click();
  }

  /** The input bound to a property of the node. */
  field(path: string): Locator {
    return this.tray.locator(`[data-path="${path}"]`).first();
  }

  /** The input of the n-th row (from 0) of the property table. */
  rowField(row: number, path: string): Locator {
    return this.tray.locator('.devicelink-property').nth(row).locator(`[data-path="${path}"]`);
  }

  async addRow(): Promise<void> {
    await this.tray.locator('.red-ui-editableList-addButton').click();
  }

  async save(): Promise<void> {
    await this.tray.locator('#node-dialog-ok, #node-config-dialog-ok').click();
    await this.settled();
  }

  /** Waits until Node-RED has taken the flows: the button is disabled before that, too. */
  async deploy(): Promise<void> {
    const taken = this.page.waitForResponse(
      (response) => response.request().method() === 'POST' && new URL(response.url()).pathname === '/flows',
    );
    await this.page.locator('#red-ui-header-button-deploy').click();
    await taken;
    await this.page.waitForSelector('#red-ui-header-button-deploy.disabled');
  }

  /** Waits until the badge of a node is a dot (or a ring) of this colour and answers its text. */
  async badge(id: string, fill: 'green' | 'red' | 'yellow', shape: 'dot' | 'ring' = 'dot'): Promise<string> {
    await this.page.waitForSelector(`[id="${id}"] .red-ui-flow-node-status-${shape}-${fill}`, { state: 'attached' });
    return (await this.page.locator(`[id="${id}"] .red-ui-flow-node-status-label`).textContent()) ?? '';
  }

  /** Runs the test of the dialog and answers what it says. */
  async runTest(): Promise<string> {
    await this.tray.locator('[data-test-button]').click();
    const done = this.tray.locator('[data-test-result] > div').first();
    await done.waitFor();
    return this.tray.locator('[data-test-result]').innerText();
  }

  /** Texts of the dialog that were not translated or are no text at all. */
  async rawTexts(): Promise<string[]> {
    const sections = catalogSections().join('|');
    const texts = await this.tray.evaluate((tray) =>
      Array.from(tray.querySelectorAll('*')).flatMap((element) => [
        ...Array.from(element.childNodes)
          .filter(({ nodeType }) => nodeType === 3)
          .map((node) => node.textContent ?? ''),
        ...['title', 'placeholder', 'aria-label'].map((name) => element.getAttribute(name) ?? ''),
      ]),
    );
    const raw = new RegExp(`^\\s*(?:[@\\w/-]+:)?(?:${sections})\\.\\w+\\s*$|\\[object |undefined|__\\w+__`);
    return texts.filter((text) => raw.test(text));
  }

  /** How far the dialog is wider than what is seen of it, in pixels. */
  async overflow(): Promise<number> {
    return this.tray.locator('.red-ui-tray-body').evaluate((body) => body.scrollWidth - body.clientWidth);
  }

  async screenshot(name: string): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
  }

  /** Trays slide in and out. */
  private async settled(): Promise<void> {
    await this.page.waitForFunction(`$(':animated').length === 0 && !document.querySelector('.red-ui-tray-animating')`);
    await this.page.waitForTimeout(300);
  }
}

/** Node-RED's tips now and then fail on a page that loads slowly ("reading 'html'"); a user can turn them off. */
async function withoutTips(url: string): Promise<void> {
  await fetch(`${url}/settings/user`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ editor: { view: { 'view-show-tips': false } } }),
  });
}

/** The first parts of all catalog keys. */
function catalogSections(): string[] {
  const folder = join(ROOT, 'locales', 'en-US');
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return [...new Set(files.flatMap((name) => Object.keys(JSON.parse(readFileSync(join(folder, name), 'utf8')))))];
}
