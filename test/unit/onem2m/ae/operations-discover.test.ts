import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { perform } from '../../../../src/onem2m/ae/operations/index.ts';
import { collectPages } from '../../../../src/onem2m/ae/operations/paging.ts';
import { fromHere, referencesIn } from '../../../../src/onem2m/ae/operations/references.ts';
import { fakeContext, type Answer } from '../../../support/fakes/fake-requester.ts';

const uril = (addresses: unknown, more: Record<string, unknown> = {}): Answer => ({
  rsc: 2000,
  pc: { 'm2m:uril': addresses },
  ...more,
});

describe('discover', () => {
  it.each<[Record<string, unknown>, Record<string, unknown>]>([
    [{}, { fu: 1 }],
    [{ payload: 1764150000000 }, { fu: 1 }],
    [{ payload: { labels: ['a'], ty: 'container' } }, { fu: 1, lbl: ['a'], ty: [3] }],
    [
      { filter: { lbl: ['a'] }, payload: { ignored: 1 } },
      { fu: 1, lbl: ['a'] },
    ],
    [
      { onem2m: { fc: { fu: 2, lvl: 1, raw: 'x' } }, filter: { lbl: ['a'] } },
      { fu: 2, lvl: 1, raw: 'x' },
    ],
  ])('of %o filters by %o', async (message, filter) => {
    const { context, requester } = fakeContext(() => uril(['onem2m/app/a']));
    const result = await perform('discover', { topic: 'x', ...message }, context);
    expect(requester.drafts).toEqual([{ op: 2, to: 'onem2m/app/x', fc: filter }]);
    expect(result).toMatchObject({ payload: ['onem2m/app/a'], onem2m: { op: 'discover', pages: 1, complete: true } });
  });

  it('answers names and types where they were asked for', async () => {
    const pc = { 'm2m:rrl': { rrf: [{ nm: 'a', typ: 3, val: '/id-in/cnt1' }] } };
    const { context, requester } = fakeContext(() => ({ rsc: 2000, pc }));
    const { payload } = await perform('discover', { onem2m: { rcn: 6, drt: 2 } }, context);
    expect(payload).toEqual([{ address: '/id-in/cnt1', name: 'a', type: 3 }]);
    expect(requester.drafts[0]).toMatchObject({ to: 'onem2m/app', rcn: 6, drt: 2 });
  });

  it('fetches what the CSE cut, with a request id only in the first', async () => {
    const { context, requester } = fakeContext((_, index) =>
      index === 0 ? uril(['a', 'b'], { cts: 1, cto: 3 }) : uril(['c'], { cts: 2 }),
    );
    const result = await perform('discover', { onem2m: { rqi: 'mine' }, filter: { lim: 2 } }, context);
    expect(result).toMatchObject({ payload: ['a', 'b', 'c'], onem2m: { pages: 2, complete: true, durationMs: 10 } });
    expect(requester.drafts).toEqual([
      { op: 2, to: 'onem2m/app', rqi: 'mine', fc: { fu: 1, lim: 2 } },
      { op: 2, to: 'onem2m/app', fc: { fu: 1, lim: 2, ofst: 3 } },
    ]);
  });

  it.each<Record<string, unknown>>([{ paging: false, filter: { lim: 1 } }, { filter: { lim: 1, ofst: 5 } }])(
    'leaves it at one page with %o, and says that there is more',
    async (message) => {
      const { context, requester } = fakeContext(() => uril(['a'], message.paging === false ? {} : { cts: 1 }));
      const result = await perform('discover', message, context);
      expect(result).toMatchObject({ payload: ['a'], onem2m: { pages: 1, complete: false } });
      expect(requester.drafts).toHaveLength(1);
    },
  );

  it('makes addresses of another CSE usable here', async () => {
    const { context } = fakeContext(() => uril(['onem2m/ae', '/mn/onem2m/b']));
    const { payload } = await perform('discover', { topic: '/mn/onem2m' }, context);
    expect(payload).toEqual(['/mn/onem2m/ae', '/mn/onem2m/b']);
  });

  it('retrieves what it found, at most eight at a time, and says what it cannot', async () => {
    const addresses = Array.from({ length: 30 }, (_, index) => `onem2m/app/${index}`);
    let running = 0;
    let most = 0;
    const { context, requester } = fakeContext(async ({ to, fc: filter }) => {
      if (filter !== undefined) return uril(addresses);
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
      if (to === addresses[3]) return { rsc: 4103 };
      if (to === addresses[4]) return { rsc: 2000, pc: { 'm2m:cin': { cnf: 'application/json:0', con: '[4]' } } };
      return { rsc: 2000, pc: { 'm2m:cnt': { rn: to } } };
    });
    const onem2m = { rcn: 11, rqi: 'mine', fr: 'Cother' };
    const { payload, onem2m: info } = await perform('discover', { resolve: true, onem2m }, context);
    const list = payload as { address: string }[];
    expect(list.map(({ address }) => address)).toEqual(addresses);
    expect(list[0]).toEqual({ address: addresses[0], representation: { rn: addresses[0] } });
    expect(list[3]).toMatchObject({ error: { code: 'ONEM2M_4103' } });
    expect(list[4]).toMatchObject({ representation: { con: '[4]' }, content: [4] });
    expect(info).toMatchObject({ failed: 1 });
    expect(most).toBe(8);
    expect(requester.drafts[1]).toEqual({ op: 2, to: addresses[0], fr: 'Cother' });
  });

  it('fails where nothing that was found can be retrieved, and where it is given up', async () => {
    const { context } = fakeContext(({ fc: filter }) => (filter === undefined ? { rsc: 4103 } : uril(['a', 'b'])));
    await expect(perform('discover', { resolve: true }, context)).rejects.toMatchObject({ code: 'ONEM2M_4103' });

    const controller = new AbortController();
    const stopping = fakeContext(({ fc: filter }) => {
      if (filter !== undefined) return uril(Array.from({ length: 20 }, (_, index) => `x${index}`));
      controller.abort();
      return { rsc: 2000, pc: {} };
    });
    const given = perform('discover', { resolve: true }, stopping.context, controller.signal);
    await expect(given).rejects.toMatchObject({ code: 'CLOSED' });
    expect(stopping.requester.drafts.length).toBeLessThan(12);
  });

  it.each<[Record<string, unknown>, string, RegExp]>([
    [{ filter: 'x' }, 'BAD_MESSAGE', /^msg\.filter must be an object/],
    [{ filter: { ty: 'nonsense' } }, 'BAD_MESSAGE', /^msg\.filter\.ty/],
    [{ paging: 'no' }, 'BAD_MESSAGE', /^msg\.paging must be true or false/],
    [{ resolve: 1 }, 'BAD_MESSAGE', /^msg\.resolve must be true or false/],
    [{ onem2m: { fc: { lim: 0 } } }, 'BAD_MESSAGE', /^msg\.onem2m\.fc\.lim must be/],
    [{ onem2m: { to: 'strange' } }, 'BAD_RESPONSE', /no list of resources/],
  ])('refuses %o', async (message, code, text) => {
    const { context } = fakeContext(() => ({ rsc: 2000, pc: { 'm2m:cnt': {} } }));
    await expect(perform('discover', message, context)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(text),
    });
  });
});

describe('referencesIn', () => {
  it.each<[unknown, string[]]>([
    [undefined, []],
    [null, []],
    [{}, []],
    [{ 'm2m:uril': null }, []],
    [{ 'm2m:uril': [] }, []],
    [{ 'm2m:uril': 'a  b\nc' }, ['a', 'b', 'c']],
    [['a'], ['a']],
    [{ 'm2m:rrl': [{ val: 'a' }] }, ['a']],
    [{ 'm2m:rrl': { rrf: { val: 'a', nm: null } } }, ['a']],
    [{ 'm2m:rrl': {} }, []],
  ])('of %o are %o', (pc, addresses) => {
    expect(referencesIn(pc).map(({ address }) => address)).toEqual(addresses);
  });

  it.each([5, { 'm2m:uril': [5] }, { 'm2m:rrl': [{ nm: 'a' }] }, { 'm2m:uril': 5 }])('refuses %o', (pc) => {
    expect(() => referencesIn(pc)).toThrow('no list of resources');
  });

  it('puts the CSE in front of what is relative to it', () => {
    expect(fromHere('a/b', 'onem2m')).toBe('a/b');
    expect(fromHere('a/b', '/cse')).toBe('/cse/a/b');
    expect(fromHere('a/b', '//sp/cse/base')).toBe('//sp/cse/a/b');
  });
});

describe('collectPages', () => {
  interface Peer {
    readonly size: number;
    readonly page: number;
    readonly base: 0 | 1;
    readonly status: boolean;
    readonly next: boolean;
    readonly limited: boolean;
  }
  const anyPeer: fc.Arbitrary<Peer> = fc.record({
    size: fc.nat(60),
    page: fc.integer({ min: 1, max: 25 }),
    base: fc.constantFrom(0, 1),
    status: fc.boolean(),
    next: fc.boolean(),
    limited: fc.boolean(),
  });
  const numbers = (size: number): number[] => Array.from({ length: size }, (_, index) => index);

  it('yields every item exactly once, for any page size, origin of offsets and way to say that there is more', async () => {
    await fc.assert(
      fc.asyncProperty(anyPeer, async ({ size, page, base, status, next, limited }) => {
        fc.pre(status || next || limited);
        const pages = await collectPages({
          keyOf: String,
          ...(limited ? { pageSize: page } : {}),
          fetch: (offset = base, lim = status || next ? page : size) => {
            const start = Math.max(0, offset - base);
            const items = numbers(size).slice(start, start + lim);
            const isLast = start + lim >= size;
            return Promise.resolve({
              items,
              ...(status ? { status: isLast ? 2 : 1 } : {}),
              ...(next && !isLast ? { next: start + lim + base } : {}),
            });
          },
        });
        expect(pages.items).toEqual(numbers(size));
        expect(pages.complete).toBe(true);
        expect(pages.pages).toBeLessThanOrEqual(2 * size + 2);
      }),
      { numRuns: 500 },
    );
  });

  it('asks a CSE that counts before it filters for all at once', async () => {
    const asked: unknown[] = [];
    const children = [[], ['a', 'a/1', 'a/2'], [], [], [], [], ['b'], []];
    const pages = await collectPages({
      keyOf: String,
      pageSize: 2,
      fetch: (offset = 1, lim = children.length) => {
        asked.push([offset, lim]);
        return Promise.resolve({ items: children.slice(offset - 1, offset - 1 + lim).flat() });
      },
    });
    expect(pages).toEqual({ items: ['a', 'a/1', 'a/2', 'b'], pages: 2, complete: true });
    expect(asked).toEqual([
      [1, 2],
      [1, 8],
    ]);
  });

  it('ends at peers that ignore the offset, and at those that say strange things', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record(
            { items: fc.array(fc.nat(20), { maxLength: 5 }), status: fc.integer(), next: fc.integer() },
            { requiredKeys: ['items'] },
          ),
          { minLength: 1 },
        ),
        async (answers) => {
          let count = 0;
          const fetch = () => Promise.resolve(answers[Math.min(count++, answers.length - 1)] ?? { items: [] });
          const { items } = await collectPages({ fetch, keyOf: String, pageSize: 3 });
          expect(new Set(items).size).toBe(items.length);
          expect(count).toBeLessThanOrEqual(200);
        },
      ),
    );
    const same = await collectPages({ fetch: () => Promise.resolve({ items: [1, 2], status: 1 }), keyOf: String });
    expect(same).toMatchObject({
      items: [1, 2],
      complete: false,
      pages: 3,
      notice: expect.stringContaining('ignores the offset'),
    });
  });

  it('is bounded, and says so', async () => {
    let last = 0;
    const fetch = () => Promise.resolve({ items: [(last += 1), (last += 1), (last += 1)], status: 1 });
    const many = await collectPages({ fetch, keyOf: String, maxItems: 10 });
    expect(many).toMatchObject({ complete: false, notice: expect.stringContaining('more than 10 results') });
    expect(many.items).toHaveLength(10);
    const long = await collectPages({ fetch, keyOf: String });
    expect(long).toMatchObject({ pages: 200, complete: false, notice: expect.stringContaining('after 200 pages') });
  });
});
