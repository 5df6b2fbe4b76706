import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MOST_PEM_BYTES, noFiles, pemReferences, readPemFiles } from '../../../src/net/pem-files.ts';

let folder: string;
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'devicelink-pem-'));
  writeFileSync(at('good.pem'), 'text');
  writeFileSync(at('with space.pem'), 'spaced');
  writeFileSync(at('most.pem'), Buffer.alloc(MOST_PEM_BYTES, 'a'));
  writeFileSync(at('more.pem'), Buffer.alloc(MOST_PEM_BYTES + 1, 'a'));
  mkdirSync(at('folder.pem'));
  execFileSync('mkfifo', [at('pipe.pem')]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const codeOf = async (reference: string): Promise<unknown> => {
  const readFile = await readPemFiles([reference]);
  try {
    return readFile(reference.replace(/^file:(\/\/)?/, ''));
  } catch (error) {
    return (error as { code: unknown }).code;
  }
};

describe('a file that is named', () => {
  it('is read beforehand, each once, as path or URL', async () => {
    const readFile = await readPemFiles([`file:${at('good.pem')}`, `file://${at('with%20space.pem')}`]);
    expect(readFile(at('good.pem'))).toBe('text');
    expect(readFile(at('with space.pem'))).toBe('spaced');
    expect(() => readFile(at('most.pem'))).toThrow();
    expect(() => noFiles(at('good.pem'))).toThrow();
  });

  it('may have 64 KB', async () => {
    expect(await codeOf(`file:${at('most.pem')}`)).toHaveLength(MOST_PEM_BYTES);
    expect(await codeOf(`file:${at('more.pem')}`)).toBe('it is larger than 64 KB');
  });

  it.each([
    ['a pipe that nobody writes to', 'pipe.pem', 'it is no regular file'],
    ['a folder', 'folder.pem', 'it is no regular file'],
    ['nothing', 'gone.pem', 'ENOENT'],
  ])('is none: %s', async (_, name, code) => {
    expect(await codeOf(`file:${at(name)}`)).toBe(code);
  });

  it.each([
    ['/dev/zero', 'it is no regular file'],
    ['/proc/self/mem', expect.stringMatching(/^EIO$|^it is larger/)],
    ['\0', 'ERR_INVALID_ARG_VALUE'],
  ])('is none: %s', async (path, code) => {
    expect(await codeOf(`file:${path}`)).toEqual(code);
  });
});

it('finds references in PEM fields only, wherever they are', () => {
  const config = {
    client: { tlsConfig: { caFilePEM: 'file:/ca', serverName: 'file:/no' } },
    list: [{ certFilePEM: ' file:/c ' }],
  };
  expect(pemReferences(config, { keyFilePEM: 'file:/k', password: 'file:/p', caFilePEM: 'file:/ca' })).toEqual([
    'file:/ca',
    'file:/c',
    'file:/k',
  ]);
});
