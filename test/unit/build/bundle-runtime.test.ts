import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Runtime {
  readonly files: ReadonlyMap<string, string>;
  readonly problems: readonly string[];
}
interface Scripts {
  bundleRuntime: (root: string, types: unknown, options?: { sourceMap: boolean }) => Promise<Runtime>;
  readSources: (root: string) => Promise<{ types: { type: string }[] }>;
  toCommonJs: (name: string, text: string) => string;
  checkStart: (metafile: { outputs: object }, entry: string) => string[];
}

const ROOT = join(import.meta.dirname, '../../..');
const load = (name: string) => import(`../../../scripts/build/${name}.mjs`) as Promise<Scripts>;
const { bundleRuntime } = await load('bundle-runtime');
const { readSources } = await load('sources');
const { toCommonJs } = await load('common-js');
const { checkStart } = await load('check-start');
const { types } = await readSources(ROOT);

describe('what Node-RED runs', () => {
  let files: Runtime['files'];
  beforeAll(async () => {
    const bundled = await bundleRuntime(ROOT, types, { sourceMap: true });
    expect(bundled.problems).toEqual([]);
    files = bundled.files;
  });

  it('is few files, in which each module is once', () => {
    const scripts = [...files].filter(([file]) => file.endsWith('.js'));
    expect(scripts.length).toBeLessThan(5 * types.length);
    // Above the imports of a module its path stands, too.
    const modulesIn = (text: string) => new Set([...text.matchAll(/\/\/ (src\/\S+\.ts)$/gm)].map(([, path]) => path));
    const ofOneThread = scripts.filter(([file]) => !file.endsWith('-worker.js'));
    const modules = ofOneThread.flatMap(([, text]) => [...modulesIn(text)]);
    expect(modules).toContain('src/node-red/common/directory.ts');
    expect(modules).toContain('src/drivers/modbus/sharing/transport-pool.ts');
    expect(modules.length).toBe(new Set(modules).size);
  });

  it('has a file for each thread, which no other needs', () => {
    const worker = files.get('runtime/store-worker.js') ?? '';
    expect(worker).toContain('// src/mqtt/store/record.ts');
    expect(worker).not.toContain('// src/mqtt/connection');
    expect([...files.values()].filter((text) => text.includes('// src/mqtt/store/database/store-worker.ts'))).toEqual([
      worker,
    ]);
  });

  it('has a file for each type, by which Node-RED registers it and its first node is run', () => {
    for (const { type } of types) {
      const registered: unknown[] = [];
      const required: string[] = [];
      const registration = { registerType: (...given: unknown[]) => registered.push(...given) };
      const require = (name: string) => {
        required.push(name);
        return registration;
      };
      const module: { exports?: (RED: string) => void } = {};
      runInNewContext(files.get(`nodes/${type}/${type}.js`)!, { module, require });
      module.exports!('RED');
      expect(registered).toEqual(['RED', expect.objectContaining({ type })]);
      expect(required).toEqual(['../../registration.js']);
      (registered[1] as { load: () => void }).load();
      expect(required.at(-1)).toBe(`../../runtime/${type}.js`);
      expect(files.get(`runtime/${type}.js`)).toMatch(/module\.exports = \{ (kind, )?run\b/);
    }
  });

  it('has source maps on request, that are right', () => {
    const text = files.get('runtime/modbus-device.js')!;
    expect(text).toContain('//# sourceMappingURL=modbus-device.js.map');
    const lines = text.split('\n');
    const line = lines.findIndex((each) => each.includes('function parseModbusConfig('));
    const payload = JSON.parse(files.get('runtime/modbus-device.js.map')!) as SourceMapPayload;
    const entry = new SourceMap(payload).findEntry(line, lines[line]!.indexOf('parseModbusConfig'));
    if (!('originalSource' in entry)) throw new Error('nothing is mapped there');
    expect(resolve(ROOT, 'dist/runtime', entry.originalSource)).toBe(join(ROOT, 'src/drivers/modbus/config/config.ts'));
    expect(entry.originalLine).toBeGreaterThan(0);
  });
});

describe('a mistake in a source', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'devicelink-bundle-'));
    for (const name of ['package.json', 'tsconfig.json', 'tsconfig.base.json', 'src', 'nodes'])
      await cp(join(ROOT, name), join(root, name), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(root, 'node_modules'));
  });
  afterAll(() => rm(root, { recursive: true }));

  it('is told by file and line, and nothing is bundled', async () => {
    await writeFile(join(root, 'src/base/backoff.ts'), 'const x = 1;\nexport const b = {;\n');
    const { files, problems } = await bundleRuntime(root, types);
    expect(problems).toEqual([expect.stringMatching(/^src\/base\/backoff\.ts:2: /)]);
    expect(files.size).toBe(0);
  });

  it('is also what loads a driver with the registration of its type', async () => {
    await cp(join(ROOT, 'src/base/backoff.ts'), join(root, 'src/base/backoff.ts'));
    const file = join(root, 'src/node-red/registration/lazy-handlers.ts');
    await writeFile(file, `import '../../drivers/modbus';\n\n${await readFile(file, 'utf8')}`);
    const { files, problems } = await bundleRuntime(root, types);
    expect(problems).toEqual([expect.stringMatching(/^src\/\S+ and \d+ more: would be loaded at the start/)]);
    expect(files.size).toBe(0);
  });
});

describe('the check of what is loaded at the start', () => {
  const output = (inputs: object, imports: object[] = []) => ({ inputs, imports });
  const own = { 'src/node-red/registration/register-type.ts': { bytesInOutput: 3000 } };

  it('follows imports, but not those for later', () => {
    const outputs = {
      'start.js': output(own, [
        { path: 'chunk.js', kind: 'import-statement' },
        { path: 'later.js', kind: 'dynamic-import' },
        { path: 'node:path', kind: 'import-statement', external: true },
      ]),
      'chunk.js': output({ 'src/node-red/common/directory.ts': { bytesInOutput: 500 } }),
      'later.js': output({ 'src/device/kind.ts': { bytesInOutput: 500_000 } }),
    };
    expect(checkStart({ outputs }, 'start.js')).toEqual([]);
  });

  it.each([
    ['a package', output(own, [{ path: 'mqtt', kind: 'import-statement', external: true }]), /^mqtt: would be loaded/],
    ['a driver', output({ 'src/drivers/x/index.ts': { bytesInOutput: 1 } }), /^src\/drivers\/x\/index\.ts: would/],
    ['too much', output({ 'src/node-red/common/x.ts': { bytesInOutput: 50_000 } }), /: 50000 bytes at the start/],
  ])('refuses %s', (_, start, problem) => {
    expect(checkStart({ outputs: { 'start.js': start } }, 'start.js')).toEqual([expect.stringMatching(problem)]);
  });
});

describe('a bundle as CommonJS', () => {
  it('requires what it imports, and exports by name, line by line', () => {
    const text = [
      'import {',
      '  a,',
      '  b as c',
      '} from "./chunk.js";',
      'import path from "node:path";',
      'import * as fs from "node:fs";',
      'import "./side.js";',
      'const later = () => import("./later.js");',
      'const foreign = () => import("mqtt");',
      'const text = `',
      'import { x } from "y";`;',
      'export {',
      '  a,',
      '  later as "other name",',
      '  text as t',
      '};',
    ];
    const lines = toCommonJs('x.js', text.join('\n')).split('\n');
    expect(lines).toEqual([
      `'use strict'; const { a, b: c } = require("./chunk.js");`,
      '',
      '',
      '',
      'const path = require("node:path");',
      'const fs = require("node:fs");',
      'require("./side.js");',
      'const later = () => Promise.resolve().then(() => require("./later.js"));',
      'const foreign = () => import("mqtt");',
      'const text = `',
      'import { x } from "y";`;',
      'module.exports = { a, "other name": later, t: text };',
      '',
      '',
      '',
      '',
    ]);
  });

  it('refuses what a bundle does not hold', () => {
    expect(() => toCommonJs('x.js', 'export default 1;')).toThrow('x.js');
    expect(() => toCommonJs('x.js', 'export * from "./y.js";')).toThrow('exports only its own');
  });
});
