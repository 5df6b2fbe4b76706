import { describe, expect, it } from 'vitest';
import { loadedOnce, loadPackage } from '../../../src/base/optional-package.ts';

const failing = (error: Error): (() => Promise<never>) => {
  return () => Promise.reject(error);
};

describe('a package that is loaded at first use', () => {
  it('is given as its import gives it', async () => {
    const { WebSocket } = await loadPackage('ws', 'WebSocket connections', () => import('ws'));
    expect(WebSocket).toBeTypeOf('function');
  });

  it('says what needs it and how to install it where it is missing, and no path', async () => {
    const name = '@devicelink/not-there';
    const error: unknown = await loadPackage(name, 'serial lines', () => import(name)).catch((each: unknown) => each);
    expect(error).toMatchObject({
      code: 'PACKAGE_MISSING',
      message: 'serial lines need the package @devicelink/not-there, which is not installed',
      advice: 'run "npm install @devicelink/not-there" in the user directory of Node-RED, then start it again',
    });
  });

  it.each([
    [new Error('broke in /home/someone/x.node'), 'serial lines need the package radio, which does not load'],
    [
      Object.assign(new Error("Cannot find module '/srv/x/build/radio.node'"), { code: 'MODULE_NOT_FOUND' }),
      'serial lines need the package radio, which does not load (MODULE_NOT_FOUND)',
    ],
    [
      Object.assign(new Error('wrong NODE_MODULE_VERSION in /srv/x'), { code: 'ERR_DLOPEN_FAILED' }),
      'serial lines need the package radio, which does not load (ERR_DLOPEN_FAILED)',
    ],
  ])('is told from one that is there and does not load: %s', async (thrown, message) => {
    await expect(loadPackage('radio', 'serial lines', failing(thrown))).rejects.toMatchObject({
      code: 'PACKAGE_FAILED',
      message,
      advice: expect.stringContaining('npm rebuild radio'),
    });
  });

  it('survives an import that throws something else than an error', async () => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a package may do that
    await expect(loadPackage('radio', 'serial lines', () => Promise.reject(null))).rejects.toMatchObject({
      code: 'PACKAGE_FAILED',
    });
  });

  it('is loaded once for all who ask, and again after a failure', async () => {
    let calls = 0;
    const load = loadedOnce(() => {
      calls += 1;
      return calls === 1 ? Promise.reject(new Error('not yet')) : Promise.resolve(calls);
    });
    await expect(Promise.allSettled([load(), load()])).resolves.toMatchObject([
      { status: 'rejected' },
      { status: 'rejected' },
    ]);
    expect(await Promise.all([load(), load()])).toEqual([2, 2]);
    expect(calls).toBe(2);
  });
});
