import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, linksOf, slugOf } from '../../support/docs/markdown';

const ROOT = dirname(dirname(dirname(import.meta.dirname)));
/** Written by `npm run bench`, by hand, so an unfinished tree may lack it. */
const MAY_BE_ABSENT = new Set(['bench/results.md']);
const FOLDERS_WITH_POINTERS = ['src', 'nodes', 'test', 'scripts', 'bench'];
/** In a comment: a page of docs/ and perhaps a place on it. */
const POINTER = /(?<![\w/.-])docs\/[\w/-]+\.md(?:#[\w-]*)?/g;
/** Where the facts and the contract were before they came here. */
const OLD_POINTER = /(?:\bnodes|(?<!docs\/)\barchitecture|(?<!facts\/)\b(?:octopus|onem2m|dependencies))\.md\b/g;

const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const filesBelow = (folder: string, ending: RegExp) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((file) => ending.test(file) && statSync(join(ROOT, file)).isFile());

const pages = [
  ...readdirSync(ROOT).filter((file) => file.endsWith('.md')),
  ...filesBelow('docs', /\.md$/),
  ...filesBelow('.github', /\.md$/),
  'findings/README.md',
];

/** What is wrong with a link or pointer from `page`; undefined where it resolves. */
function problemOf(page: string, target: string): string | undefined {
  if (/^(?:https?|mailto):/.test(target)) return undefined;
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : normalize(join(dirname(page), path));
  if (MAY_BE_ABSENT.has(file)) return undefined;
  if (file.startsWith('..') || !existsSync(join(ROOT, file))) return `${target}: no such file`;
  if (anchor === undefined) return undefined;
  return anchorsOf(read(file)).has(anchor) ? undefined : `${target}: no such heading`;
}

describe('the pages', () => {
  it.each(pages)('%s links only to files and headings that are there', (page) => {
    const problems = linksOf(read(page)).flatMap(({ target, line }) => {
      const problem = problemOf(page, target);
      return problem === undefined ? [] : [`${page}:${line}: ${problem}`];
    });
    expect(problems).toEqual([]);
  });

  it('are all reached from the README', () => {
    const reached = new Set(['README.md']);
    for (const page of reached) {
      for (const { target } of linksOf(read(page))) {
        const [path = ''] = target.split('#');
        const file = normalize(join(dirname(page), path));
        if (/\.md$/.test(path) && !/^\w+:/.test(target) && existsSync(join(ROOT, file))) reached.add(file);
      }
    }
    expect(filesBelow('docs', /\.md$/).filter((page) => !reached.has(page))).toEqual([]);
  });

  it.each(pages)('%s names only commands that package.json has', (page) => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...read(page).matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1] ?? '');
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

/** The device that CONTRIBUTING makes as an example. */
const EXAMPLE = /\blamp\b/;

describe.each(['CONTRIBUTING.md', 'docs/architecture.md', 'docs/README.md'])('what %s says of the tree', (page) => {
  it('is there', () => {
    const named = [...read(page).matchAll(/`((?:src|nodes|test|scripts|bench|docs)\/[\w./-]+)`/g)].map(
      ([, path = '']) => path,
    );
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((path) => !EXAMPLE.test(path) && !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

describe('comments', () => {
  const files = FOLDERS_WITH_POINTERS.flatMap((folder) => filesBelow(folder, /\.(?:ts|mts|mjs|cjs|html|py|css)$/));
  const found = (pattern: RegExp) =>
    files
      .filter((file) => relative(join(ROOT, file), import.meta.filename) !== '')
      .flatMap((file) => [...read(file).matchAll(pattern)].map(([pointer]) => ({ file, pointer })));

  it('point only to pages and headings that are there', () => {
    const pointers = found(POINTER);
    const problems = pointers.flatMap(({ file, pointer }) => {
      const problem = problemOf('package.json', pointer);
      return problem === undefined ? [] : [`${file}: ${problem}`];
    });
    expect(pointers.length).toBeGreaterThan(0);
    expect(problems).toEqual([]);
  });

  it('point to nothing outside the repository', () => {
    expect(found(OLD_POINTER).map(({ file, pointer }) => `${file}: ${pointer}`)).toEqual([]);
  });
});

describe('a heading', () => {
  it.each([
    ['MQTT.js 5.16', 'mqttjs-516'],
    ['Actions of an `opcua-device`', 'actions-of-an-opcua-device'],
    ['ble-device (not there yet)', 'ble-device-not-there-yet'],
    ['[0.1.0] - unreleased', '010---unreleased'],
  ])('%s has the anchor of GitHub', (heading, anchor) => {
    expect(slugOf(heading)).toBe(anchor);
  });

  it('that comes again is numbered', () => {
    expect([...anchorsOf('# A\n## B\n## B\n```\n# no heading\n```\n')]).toEqual(['a', 'b', 'b-1']);
  });
});
