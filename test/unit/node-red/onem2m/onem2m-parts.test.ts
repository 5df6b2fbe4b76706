import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeviceError } from '../../../../src/base/errors.ts';
import { localAddressTowards } from '../../../../src/node-red/common/local-address.ts';
import { httpHindrance, pointOfAccessOf } from '../../../../src/node-red/onem2m/http.ts';
import { childrenOf } from '../../../../src/node-red/onem2m/children.ts';
import { AeFile } from '../../../../src/node-red/onem2m/store.ts';

describe('the AE-ID of a node', () => {
  let directory: string;
  let problems: DeviceError[];
  let warnings: string[];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'devicelink-ae-'));
    problems = [];
    warnings = [];
  });
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  const file = (uid = 'u-1', folder = join(directory, 'devicelink', 'onem2m')) =>
    new AeFile({
      directory: folder,
      uid,
      onProblem: (error) => problems.push(error),
      warn: (text) => warnings.push(text),
    });
  const folder = () => join(directory, 'devicelink', 'onem2m');

  it('is kept, for its owner alone, and forgotten', async () => {
    expect(await file().load()).toBeUndefined();
    await Promise.all([file().save({ originator: 'Cfirst' }), file('u-2').save({ originator: 'Cother' })]);
    expect(await file().load()).toEqual({ originator: 'Cfirst' });
    expect((await stat(join(folder(), 'u-1.json'))).mode & 0o777).toBe(0o600);
    expect(await readdir(folder())).toEqual(['u-1.json', 'u-2.json']);
    await file().clear();
    await file().clear();
    expect(await file().load()).toBeUndefined();
    expect([problems, warnings]).toEqual([[], []]);
  });

  it('is the one that was saved last', async () => {
    const one = file();
    await Promise.all(Array.from({ length: 20 }, (_item, index) => one.save({ originator: `C${index}` })));
    expect(await one.load()).toEqual({ originator: 'C19' });
  });

  it.each(['{"originator":', '[]', '5', 'null', '{"originator":5}', '\u0000'])(
    'that cannot be read is set aside: %j',
    async (text) => {
      await file().save({ originator: 'C1' });
      await writeFile(join(folder(), 'u-1.json'), text);
      expect(await file().load()).toBeUndefined();
      expect(warnings).toMatchObject([expect.stringContaining('u-1.json')]);
      expect(await readFile(join(folder(), 'u-1.json.corrupt'), 'utf8')).toBe(text);
      await file().save({ originator: 'C2' });
      expect(await file().load()).toEqual({ originator: 'C2' });
      expect(problems).toEqual([]);
    },
  );

  it('never leaves its folder, whatever the uid is', async () => {
    await file('../../escape').save({ originator: 'C1' });
    expect(await file('../../escape').load()).toEqual({ originator: 'C1' });
    expect(await readdir(folder())).toMatchObject([expect.stringMatching(/^[0-9a-f]{64}\.json$/)]);
    expect(await readdir(directory)).toEqual(['devicelink']);
  });

  it('that cannot be kept is a problem, told once', async () => {
    await writeFile(join(directory, 'devicelink'), 'a file in the way');
    const one = file();
    await one.save({ originator: 'C1' });
    await one.save({ originator: 'C2' });
    expect(await one.load()).toBeUndefined();
    expect(problems).toMatchObject([{ code: 'STORE_FAILED', message: expect.stringContaining('not kept') }]);
  });
});

describe('the address of this machine', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['localhost', /^(127\.0\.0\.1|::1)$/],
    ['[::1]', /^(::1|127\.0\.0\.1|\d+\.\d+\.\d+\.\d+)$/],
  ])('towards %s is of the interface that leads there', async (host, expected) => {
    expect(await localAddressTowards(host, 80)).toMatch(expected);
  });

  it('is some address where the name is unknown', async () => {
    expect(await localAddressTowards('no-such-host.invalid', 80)).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
  });
});

describe('the children in an answer', () => {
  const names = (pc: unknown, to = 'cse-in/ae') =>
    childrenOf(pc, to)?.map(({ name, type, ty, address, hasChildren }) => [name, type, ty, address, hasChildren]);

  it('are read from child references, as ACME tells them', () => {
    const rrf = [
      { nm: 'temp', typ: 3, val: '/id-in/cse-in/ae/temp' },
      { nm: 'cin1', typ: 4, val: '/id-in/cse-in/ae/cin1' },
      { nm: 'deeper', typ: 3, val: '/id-in/cse-in/ae/temp/deeper' },
      { nm: 'sub', typ: 23, val: 'sub42' },
    ];
    const expected = [
      ['temp', 'container', 3, 'cse-in/ae/temp', true],
      ['cin1', 'contentInstance', 4, 'cse-in/ae/cin1', false],
      ['sub', 'subscription', 23, 'cse-in/ae/sub', false],
    ];
    expect(names({ 'm2m:rrl': { rrf } })).toEqual(expected);
    expect(names({ 'm2m:rrl': rrf })).toEqual(expected);
    expect(names({ 'm2m:ae': { ri: 'ae', ch: rrf } })).toEqual(expected);
  });

  it('are read from addresses, whose types nobody tells', () => {
    const list = [
      'cse-in/ae/a',
      '/id-in/cse-in/ae/b',
      '//sp/id-in/cse-in/ae/c',
      'cse-in/ae/a/deeper',
      'cse-in/other',
      'x7',
    ];
    const expected = [
      ['a', '', 0, 'cse-in/ae/a', true],
      ['b', '', 0, 'cse-in/ae/b', true],
      ['c', '', 0, 'cse-in/ae/c', true],
      ['x7', '', 0, 'x7', true],
    ];
    expect(names({ 'm2m:uril': list })).toEqual(expected);
    expect(names({ 'm2m:uril': list.join(' ') })).toEqual(expected);
  });

  it('are none, or not told', () => {
    expect(names({ 'm2m:rrl': {} })).toEqual([]);
    expect(names({ 'm2m:ae': { ri: 'ae', rn: 'ae' } })).toEqual([]);
    expect(names(undefined)).toBeUndefined();
    expect(names({ 'm2m:dbg': 'no' })).toBeUndefined();
    expect(names({ 'm2m:rrl': { rrf: [null, 5, { nm: 'x' }, { val: '' }] } })).toEqual([]);
  });
});

describe('the server of Node-RED', () => {
  const red = (settings: object, port?: number) =>
    ({ settings, server: { address: () => (port === undefined ? null : { port }) } }) as unknown as NodeAPI;

  it.each([
    [{}, 4711, 'http://127.0.0.1:4711/onem2m/n%201'],
    [{ httpNodeRoot: '/red/', https: {} }, 4711, 'https://127.0.0.1:4711/red/onem2m/n%201'],
    [{ httpNodeRoot: '/', uiPort: '1881' }, undefined, 'http://127.0.0.1:1881/onem2m/n%201'],
    [{ httpNodeRoot: false }, 4711, undefined],
  ])('with the settings %j and the port %s is reached at %s', async (settings, port, expected) => {
    expect(await pointOfAccessOf(red(settings, port), 'n 1', '127.0.0.1', 8080)).toBe(expected);
  });

  it('is said to be closed to a CSE where it is', () => {
    expect(httpHindrance(red({ httpNodeRoot: '/' }))).toBeUndefined();
    expect(httpHindrance(red({ httpNodeRoot: false }))).toContain('httpNodeRoot');
    expect(httpHindrance(red({ httpNodeAuth: { user: 'x' } }))).toContain('password');
  });
});
