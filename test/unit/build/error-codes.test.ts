import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

interface Check {
  checkErrorCodes(root: string): Promise<string[]>;
  codesIn(file: string, text: string): Set<string>;
  codesInTables(markdown: string): string[];
}

const load = (name: string) => import(`../../../scripts/build/${name}.mjs`) as Promise<Check>;
const check = await load('check-error-codes');
const ROOT = dirname(dirname(dirname(import.meta.dirname)));
const codesIn = (text: string) => [...check.codesIn('a.ts', text)];
const table = (...codes: string[]) =>
  ['# Errors', '| code | meaning |', '|---|---|', ...codes.map((code) => `| \`${code}\` | x |`)].join('\n');

describe('the error codes of a source', () => {
  it.each([
    ['given to an error', `throw new DeviceError('BROKEN', 'text', { advice: 'SAY_SO' });`, ['BROKEN']],
    ['given to a flow error', `new FlowError('INTERNAL', text)`, ['INTERNAL']],
    ['given to the wrapping of another error', `toDeviceError(error, 'BAD_RESPONSE', 'context')`, ['BAD_RESPONSE']],
    ['chosen', `new DeviceError(isLate ? 'TIMEOUT' : (code ?? 'LINK_LOST'), text)`, ['TIMEOUT', 'LINK_LOST']],
    ['of a table', `const WORDS = { ENOTFOUND: { code: 'CONNECT_FAILED', text: 'x' } };`, ['CONNECT_FAILED']],
    ['of the list', `export const ErrorCode = { CONFIG: 'CONFIG' } as const;`, ['CONFIG']],
    ['of a protocol, anywhere', `if (error.code === 'ONEM2M_4004') return;`, ['ONEM2M_4004']],
    ['put together', 'new DeviceError(`ONEM2M_${rsc}`, text)', ['ONEM2M_...']],
    ['of Node.js', `if (error.code === 'ENOENT') fail({ code: 'ERR_SSL_X' });`, []],
    ['of something else', `code(200, 'BAD_REQUEST'); const name = 'MQTT';`, []],
  ])('%s', (_where, text, codes) => {
    expect(codesIn(text)).toEqual(codes);
  });

  it('are found whatever surrounds them', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Z][A-Z0-9]{2,8}_[A-Z0-9]{1,8}$/), fc.json(), (code, around) => {
        fc.pre(!code.startsWith('ERR_'));
        expect(codesIn(`const x = ${around}; throw new DeviceError('${code}', 'y');`)).toContain(code);
      }),
    );
  });
});

describe('the check of the build', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'devicelink-codes-'));
  });

  afterEach(async () => {
    await rm(root, { recursive: true });
  });

  async function problemsOf(source: string, page?: string): Promise<string[]> {
    await mkdir(join(root, 'src/base'), { recursive: true });
    await mkdir(join(root, 'docs'));
    await writeFile(join(root, 'src/base/errors.ts'), source);
    if (page !== undefined) await writeFile(join(root, 'docs/errors.md'), page);
    return check.checkErrorCodes(root);
  }

  it('is content where the tables hold what is used', async () => {
    const source = 'new DeviceError("LOST", text); new DeviceError(`MQTT_${name}`, text);';
    expect(await problemsOf(source, table('LOST', 'MQTT_...', 'MQTT_REFUSED'))).toEqual([]);
  });

  it('names a code that is in no table, with its file', async () => {
    const problems = await problemsOf(`new DeviceError('LOST', text)`, table('FOUND').replace('FOUND', 'LOST_'));
    expect(problems).toContain('src/base/errors.ts: LOST is in no table of docs/errors.md');
  });

  it('names a row that nobody uses, and one that is there twice', async () => {
    const problems = await problemsOf(`new DeviceError('LOST', text)`, table('LOST', 'GONE', 'LOST'));
    expect(problems).toEqual(['docs/errors.md: nobody uses GONE', 'docs/errors.md: LOST is there twice']);
  });

  it('takes no other table for one of codes', async () => {
    const page = table('LOST').replace('| code |', '| name |');
    expect(await problemsOf(`new DeviceError('LOST', text)`, page)).toHaveLength(1);
  });

  it('misses the page', async () => {
    expect(await problemsOf('')).toEqual(['docs/errors.md: missing']);
  });
});

describe('docs/errors.md', () => {
  it('holds exactly the codes of the sources', async () => {
    expect(await check.checkErrorCodes(ROOT)).toEqual([]);
  });
});
