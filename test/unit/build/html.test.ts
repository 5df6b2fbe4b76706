import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

interface Definition {
  readonly defaults: Readonly<Record<string, { readonly value: unknown; readonly validate?: boolean }>>;
  readonly credentials?: object;
  readonly [name: string]: unknown;
}

interface Registered {
  readonly defaults: Readonly<Record<string, { validate?: (value: unknown, opt: object) => unknown }>>;
  readonly [name: string]: unknown;
}

interface Node {
  readonly type: string;
  readonly definition: Definition;
  readonly html: string;
}

const root = join(import.meta.dirname, '../../..');
const load = (name: string) => import(`../../../scripts/build/${name}.mjs`);
const { types, problems } = (await (await load('sources')).readSources(root)) as {
  types: Node[];
  problems: string[];
};
const { expandRows } = (await load('rows')) as {
  expandRows: (html: string, options: { nativePrefix: string; complain: (problem: string) => void }) => string;
};

const expand = (html: string) => {
  const complaints: string[] = [];
  const expanded = expandRows(html, {
    nativePrefix: 'node-input-',
    complain: (problem) => complaints.push(problem),
  });
  return { expanded, complaints };
};

const scriptOf = (html: string): string => /<script type="text\/javascript">([\s\S]*?)<\/script>/.exec(html)![1]!;

/** What the html file registers, and the calls its functions make of the editor code. */
function register(html: string) {
  let registered: [string, Registered] | undefined;
  const calls: string[] = [];
  const editor = (of: string) =>
    new Proxy(
      {},
      {
        get: (_, name: string) => (_node: unknown, part?: string) => {
          calls.push(part === undefined ? `${of}.${name}` : `${of}.${name} ${part}`);
        },
      },
    );
  const DeviceLink = new Proxy({}, { get: (_, name: string) => editor(name) });
  const RED = { nodes: { registerType: (...given: [string, Registered]) => (registered = given) } };
  runInNewContext(scriptOf(html), { RED, DeviceLink });
  return { type: registered![0], registered: registered![1], calls };
}

describe('the html of every type', () => {
  it('is made without a problem', () => {
    expect(problems).toEqual([]);
    expect(types.map(({ type }) => type)).toContain('modbus-device');
  });

  it.each(types)('$type registers what its definition says', ({ type, html, definition }) => {
    const made = register(html);
    expect(made.type).toBe(type);
    for (const name of ['category', 'color', 'icon', 'inputs', 'outputs', 'credentials']) {
      expect([name, plain(made.registered[name])]).toEqual([name, definition[name]]);
    }
    const { defaults } = made.registered;
    expect(Object.keys(defaults)).toEqual(Object.keys(definition.defaults));
    for (const [name, { validate = false, ...given }] of Object.entries(definition.defaults)) {
      expect(plain(defaults[name])).toEqual(given);
      expect('validate' in defaults[name]!).toBe(validate);
    }
  });

  it.each(types)('$type has literals for all that tools read', ({ html }) => {
    const source = ts.createSourceFile('x.js', scriptOf(html), ts.ScriptTarget.ES2022, true, ts.ScriptKind.JS);
    const computed: string[] = [];
    const check = (node: ts.Node): void => {
      if (ts.isPropertyAssignment(node)) {
        const { initializer } = node;
        const isMember = ts.isObjectLiteralExpression(initializer) || ts.isArrayLiteralExpression(initializer);
        const isLiteral = ts.isLiteralExpression(initializer) || /^(true|false|null)$/.test(initializer.getText());
        if (!isMember && !isLiteral && !ts.isFunctionExpression(initializer)) computed.push(node.getText());
      }
      ts.forEachChild(node, check);
    };
    check(source);
    expect(computed).toEqual([]);
    expect(html).toContain('defaults: {');
  });

  it.each(types)('$type asks its editor code', ({ type, html, definition }) => {
    const { registered, calls } = register(html);
    const editor = type.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    for (const name of ['onadd', 'oneditprepare', 'oneditsave', 'oneditcancel'])
      (registered[name] as (() => void) | undefined)?.();
    for (const given of Object.values(registered.defaults)) given.validate?.('', {});
    const validated = Object.keys(definition.defaults).filter((name) => definition.defaults[name]!.validate);
    expect(calls).toEqual([
      ...(type.endsWith('-device') ? [`${editor}.added`] : []),
      `${editor}.prepare`,
      `${editor}.save`,
      `${editor}.cancel`,
      ...validated.map((name) => `${editor}.validate ${name}`),
    ]);
  });
});

/** As JSON, which has no functions: objects of another context are not equal to ours. */
const plain = (value: unknown): unknown =>
  value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);

describe('a row', () => {
  it('is a label with an icon and an input', () => {
    expect(
      expand('  <row path="a.b" icon="globe" label="x.y" kind="number" optional placeholder="1" data-part hidden />\n'),
    ).toEqual({
      complaints: [],
      expanded: [
        '  <div class="form-row" data-part hidden>',
        '    <label for="devicelink-a-b"><i class="fa fa-globe" aria-hidden="true"></i> <span data-i18n="x.y"></span></label>',
        '    <input type="text" id="devicelink-a-b" data-path="a.b" data-kind="number" data-optional placeholder="1" />',
        '  </div>\n',
      ].join('\n'),
    });
  });

  it('with options is a select', () => {
    const { expanded } = expand(
      '<row id="mode" label="x.y" field="data-mode">\n  <option value="" label="x.none" />\n  <option value="5">MQTT 5.0</option>\n</row>\n',
    );
    expect(expanded).toContain('<select id="devicelink-mode" data-mode>');
    expect(expanded).toContain('<option value="" data-i18n="x.none"></option>');
    expect(expanded).toContain('<option value="5">MQTT 5.0</option>');
  });

  it('is a check box, a hint, an input of Node-RED itself or a secret', () => {
    expect(expand('<row path="on" native check label="x.y" default="true" />').expanded).toContain(
      '<input type="checkbox" id="node-input-on" data-path="on" data-default="true" />',
    );
    expect(expand('<row path="a" label="x.y" hint="x.z" />').expanded).toContain('data-i18n="[placeholder]x.z"');
    const secret = expand('<row native="keyFilePEM" label="x.y" secret />').expanded;
    expect(secret).toContain('<textarea id="node-input-keyFilePEM" data-secret');
    expect(secret).toContain('data-remove-secret="node-input-keyFilePEM"');
  });
});
