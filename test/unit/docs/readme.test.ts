import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '../../../src/base/errors.ts';

const ROOT = dirname(dirname(dirname(import.meta.dirname)));
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

describe('the README', () => {
  const readme = read('README.md');

  it('is a landing page', () => {
    expect(readme.split('\n').length).toBeLessThanOrEqual(160);
  });

  it.each(['npm install && npm run demo', 'npm install && npm test'])(
    'says that "%s" is all that is needed',
    (command) => {
      expect(readme).toContain(command);
    },
  );

  it('shows one picture of the editor, which is not large', () => {
    const pictures = [...readme.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map((match) => match[1] ?? '');
    expect(pictures).toEqual(['docs/images/editor.png']);
    expect(statSync(join(ROOT, 'docs/images/editor.png')).size).toBeLessThan(250_000);
  });

  it('has every node in its table', () => {
    const { 'node-red': nodeRed } = JSON.parse(read('package.json')) as {
      'node-red': { nodes: Record<string, string> };
    };
    const types = Object.keys(nodeRed.nodes);
    expect(types.filter((type) => !readme.includes(`](docs/nodes/${type}.md)`))).toEqual([]);
  });
});

describe('the error tables', () => {
  const errors = read('docs/errors.md');

  it.each(Object.values(ErrorCode))('explain %s', (code) => {
    expect(errors).toContain(`\`${code}\``);
  });

  it('explain every protocol code that the sources name', () => {
    const codes = new Set(
      sources().flatMap((file) => read(file).match(/(?<=')(?:MQTT|MODBUS|ONEM2M|TLS)_[A-Z0-9_]*[A-Z0-9](?=')/g) ?? []),
    );
    expect(codes.size).toBeGreaterThan(0);
    expect([...codes].filter((code) => !errors.includes(`\`${code}\``)).sort()).toEqual([]);
  });
});

describe('the examples', () => {
  it('are explained, all of them', () => {
    const names = readdirSync(join(ROOT, 'examples')).map((file) => file.replace(/\.json$/, ''));
    expect(names.filter((name) => !read('docs/examples.md').includes(`\`${name}\``))).toEqual([]);
  });
});

function sources(): string[] {
  return readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join('src', file));
}
