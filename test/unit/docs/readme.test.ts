import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '../../../src/base/errors.ts';

const ROOT = dirname(dirname(dirname(import.meta.dirname)));
const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

describe.each(PAGES)('%s', (page) => {
  it('links only to files that are there', () => {
    const targets = [...read(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? '');
    // Written by `npm run bench`, by hand, so an unfinished tree may lack it.
    expect(targets.filter((target) => target !== 'bench/results.md' && !existsSync(join(ROOT, target)))).toEqual([]);
  });

  it('names only commands that package.json has', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...read(page).matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1] ?? '');
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe('the error table of the README', () => {
  const readme = read('README.md');

  it.each(Object.values(ErrorCode))('explains %s', (code) => {
    expect(readme).toContain(`\`${code}\``);
  });

  it('explains every protocol code that the sources name', () => {
    const codes = new Set(
      sources().flatMap((file) => read(file).match(/(?<=')(?:MQTT|MODBUS|ONEM2M|TLS)_[A-Z0-9_]*[A-Z0-9](?=')/g) ?? []),
    );
    expect(codes.size).toBeGreaterThan(0);
    expect([...codes].filter((code) => !readme.includes(`\`${code}\``)).sort()).toEqual([]);
  });
});

describe('the examples', () => {
  it('are named in the README, all of them', () => {
    const names = readdirSync(join(ROOT, 'examples')).map((file) => file.replace(/\.json$/, ''));
    expect(names.filter((name) => !read('README.md').includes(name))).toEqual([]);
  });
});

function sources(): string[] {
  return readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join('src', file));
}
