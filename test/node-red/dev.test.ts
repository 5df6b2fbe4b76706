import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { chromiumAvailable, EditorPage } from '../support/node-red/editor-page.ts';
import { processesMarked } from '../support/system/marked-processes.ts';

const ROOT = dirname(dirname(import.meta.dirname));
const NODE = join(ROOT, 'node_modules', '.bin', 'node');
const COPIED = ['package.json', 'tsconfig.base.json', 'tsconfig.json', 'tsconfig.editor.json'];
const COPIED_FOLDERS = ['src', 'nodes', 'locales', 'icons', 'examples', 'scripts'];

/** How long a build with a new start of Node-RED may take on a busy machine. */
const PATIENCE = { timeout: 60_000 };

/** `npm run dev` in a copy of the working tree. */
class Dev {
  readonly mark = `DEV_TEST_RUN=${randomUUID()}`;
  output = '';
  private readonly child: ChildProcess;
  private readonly exited: Promise<[number | null]>;

  constructor(root: string, port = 0) {
    const [name = '', value] = this.mark.split('=');
    this.child = spawn(NODE, [join(root, 'scripts/dev/main.mjs'), '--port', String(port)], {
      env: { ...process.env, [name]: value },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.exited = once(this.child, 'exit') as Promise<[number | null]>;
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
  }

  /** Waits until it has said this after what it had said before, and answers what it says meanwhile. */
  async says(pattern: RegExp, from = 0): Promise<string> {
    await vi.waitFor(() => expect(this.output.slice(from)).toMatch(pattern), PATIENCE);
    return this.output.slice(from);
  }

  get starts(): number {
    return this.output.match(/Started flows/g)?.length ?? 0;
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal);
    return (await this.exited)[0];
  }

  async ended(): Promise<number | null> {
    return (await this.exited)[0];
  }
}

describe.skipIf(!chromiumAvailable())('npm run dev', () => {
  let root: string;
  let dev: Dev;
  let editor: EditorPage | undefined;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'devicelink-dev-'));
    for (const name of [...COPIED, ...COPIED_FOLDERS])
      await cp(join(ROOT, name), join(root, name), { recursive: true });
    await cp(join(ROOT, 'docs/errors.md'), join(root, 'docs/errors.md'));
    await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
    dev = new Dev(root);
    const [, url = ''] = /Node-RED editor (http:\S+)/.exec(await dev.says(/Node-RED editor http:\S+\n/)) ?? [];
    editor = await EditorPage.open(url);
  });

  afterAll(async () => {
    await editor?.close();
    await dev.end('SIGKILL');
    await rm(root, { recursive: true });
  });

  it('shows a new text in the editor that is open, after a new start of Node-RED', async () => {
    const starts = dev.starts;
    const file = join(root, 'locales/en-US/dummy-device.json');
    const catalog = JSON.parse(await readFile(file, 'utf8')) as Record<string, Record<string, string>>;
    catalog['dummy-device']!['palette'] = 'dev made this';
    await writeFile(file, JSON.stringify(catalog));
    const node = '.red-ui-palette-node[data-palette-type="dummy-device"]';
    await editor!.page.locator(node, { hasText: 'dev made this' }).waitFor(PATIENCE);
    expect(dev.starts).toBe(starts + 1);
  });

  it('gives the editor that is open new code of a dialog, while Node-RED goes on', async () => {
    const starts = dev.starts;
    const file = join(root, 'nodes/dummy-device/editor/dummy-device.ts');
    await appendFile(file, 'Object.assign(globalThis, { devMark: 7 });\n');
    await editor!.page.waitForFunction('globalThis.devMark === 7', undefined, PATIENCE);
    expect(dev.starts).toBe(starts);
  });

  it('tells a mistake, and goes on when it is mended', async () => {
    const starts = dev.starts;
    const file = join(root, 'src/drivers/dummy/index.ts');
    const before = await readFile(file, 'utf8');
    const at = dev.output.length;
    await writeFile(file, `${before}const x = {;\n`);
    expect(await dev.says(/stays as it is/, at)).toMatch(/dev: src\/drivers\/dummy\/index\.ts:\d+: /);
    expect(dev.starts).toBe(starts);
    await writeFile(file, before);
    await dev.says(/Started flows/, at);
  });

  it('ends with 0 at Ctrl-C and leaves no process', async () => {
    expect((await processesMarked(dev.mark)).length).toBeGreaterThanOrEqual(2);
    expect(await dev.end('SIGINT')).toBe(0);
    expect(await processesMarked(dev.mark)).toEqual([]);
  });

  it('says which port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const second = new Dev(root, port);
    expect(await second.ended()).toBe(1);
    server.close();
    expect(second.output).toContain(`dev: port ${port}: EADDRINUSE`);
  });
});
