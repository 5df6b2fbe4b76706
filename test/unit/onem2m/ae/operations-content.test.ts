import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { perform } from '../../../../src/onem2m/ae/operations/index.ts';
import { fakeContext, FakeTree } from '../../../support/fakes/fake-requester.ts';

const created = (): { rsc: number; pc: unknown } => ({
  rsc: 2001,
  pc: { 'm2m:cin': { ri: 'cin1', ct: '20261126T100000' } },
});

describe('push', () => {
  it('creates a content instance in the default container and answers what was pushed', async () => {
    const { context, requester } = fakeContext(created, { defaultContainer: 'measurements' });
    const payload = { temperature: 21.5 };
    const result = await perform('push', { payload, labels: ['a'] }, context);
    expect(requester.drafts).toEqual([
      {
        op: 1,
        to: 'onem2m/app/measurements',
        ty: 4,
        pc: { 'm2m:cin': { lbl: ['a'], cnf: 'application/json:0', con: '{"temperature":21.5}' } },
      },
    ]);
    expect(result).toEqual({
      payload,
      onem2m: {
        op: 'push',
        to: 'onem2m/app/measurements',
        ty: 4,
        rsc: 2001,
        rscText: 'created',
        rqi: 'r1',
        rvi: '3',
        durationMs: 5,
        cnf: 'application/json:0',
        raw: { rqi: 'r1', ...created() },
      },
    });
  });

  it('prefers msg.onem2m.to to msg.topic, and passes raw members on', async () => {
    const { context, requester } = fakeContext(created);
    const onem2m = { to: '/id-in/cnt1', rcn: 0, rqet: 5000, vsi: 'x', gid: 'g' };
    await perform('push', { payload: 'hi', topic: 'ignored', contentFormat: 'base64', onem2m }, context);
    expect(requester.drafts[0]).toMatchObject({ ...onem2m, op: 1, ty: 4 });
    expect(requester.drafts[0]?.pc).toEqual({ 'm2m:cin': { cnf: 'application/octet-stream:1', con: 'aGk=' } });
  });

  it('takes no request out of what an earlier result or notification left in the message', async () => {
    const { context, requester } = fakeContext(created);
    for (const onem2m of [
      { op: 'retrieve', to: 'elsewhere', rsc: 2000, rqi: 'old' },
      { event: 'createChild', subscription: 's' },
    ]) {
      await perform('push', { payload: 1, topic: 'a', onem2m }, context);
    }
    expect(requester.drafts.map(({ to, rqi }) => [to, rqi])).toEqual([
      ['onem2m/app/a', undefined],
      ['onem2m/app/a', undefined],
    ]);
  });

  it.each<[Record<string, unknown>, string, unknown]>([
    [{ timestamp: Date.UTC(2026, 10, 26, 10) }, '20261126T100000', 21.5],
    [{ timestamp: new Date(Date.UTC(2026, 10, 26, 10)) }, '20261126T100000', 21.5],
    [{ timestamp: '2026-11-26T10:00:00.250Z' }, '20261126T100000,250000', 21.5],
    [{}, '20261126T110000', 21.5],
    [{ contentFormat: 'text' }, '20261126T110000', '21.5'],
  ])('writes a value with %o into a time series at %s', async (more, dgt, con) => {
    const { context, requester } = fakeContext(() => ({ rsc: 2001 }), {
      typeOf: () => 29,
      now: () => Date.UTC(2026, 10, 26, 11),
    });
    await perform('push', { payload: 21.5, topic: 'series', ...more }, context);
    expect(requester.drafts[0]).toMatchObject({ op: 1, ty: 30, pc: { 'm2m:tsi': { dgt, con } } });
  });

  it('updates the attributes of a flexContainer, retrieving its name only where it is not known', async () => {
    const { context, requester } = fakeContext(({ op }) =>
      op === 2 ? { rsc: 2000, pc: { 'cod:tempe': { ty: 28 } } } : { rsc: 2004 },
    );
    const message = { payload: { curT0: 20 }, topic: 'thermometer', ty: 'flexContainer' };
    await perform('push', message, context);
    await perform('push', message, { ...context, wrapperOf: () => 'cod:tempe' });
    await perform('push', { ...message, payload: { 'cod:tempe': { curT0: 20 } } }, context);
    expect(requester.drafts.map(({ op }) => op)).toEqual([2, 3, 3, 3]);
    for (const { pc, ty } of requester.drafts.slice(1)) {
      expect(pc).toEqual({ 'cod:tempe': { curT0: 20 } });
      expect(ty).toBeUndefined();
    }
  });

  it('creates what is missing and pushes again, with another request id', async () => {
    const tree = new FakeTree(new Set(['onem2m', 'onem2m/app']));
    const { context, requester } = fakeContext(tree.answer, { autoCreate: true });
    await perform('push', { payload: 1, topic: 'a/b/c', onem2m: { rqi: 'mine' } }, context);
    expect(tree.has('onem2m/app/a/b/c')).toBe(true);
    expect(requester.drafts.map(({ to, ty }) => [to, ty])).toEqual([
      ['onem2m/app/a/b/c', 4],
      ['onem2m/app/a/b', 3],
      ['onem2m/app/a', 3],
      ['onem2m/app', 3],
      ['onem2m/app/a', 3],
      ['onem2m/app/a/b', 3],
      ['onem2m/app/a/b/c', 4],
    ]);
    expect(requester.drafts.filter(({ rqi }) => rqi === 'mine')).toHaveLength(1);
  });

  it('lets sixteen pushes at a time create the same container', async () => {
    const tree = new FakeTree(new Set(['onem2m/app']));
    const { context } = fakeContext(
      async (draft) => {
        await Promise.resolve();
        return tree.answer(draft);
      },
      { autoCreate: true },
    );
    const pushes = Array.from({ length: 16 }, (_, payload) => perform('push', { payload, topic: 'a/b' }, context));
    expect((await Promise.all(pushes)).map(({ payload }) => payload)).toEqual(pushes.map((_, index) => index));
  });

  it('creates nothing where it may not, and nothing without autoCreate', async () => {
    const tree = new FakeTree(new Set(['onem2m', '/in/base']));
    for (const [autoCreate, topic] of [
      [false, 'a'],
      [true, 'onem2m/typo'],
      [true, '/in/base/typo'],
      [true, '/in/cnt1'],
      [true, 'a'], // the AE itself is missing
    ] as const) {
      const { context, requester } = fakeContext(tree.answer, { autoCreate });
      await expect(perform('push', { payload: 1, topic }, context)).rejects.toMatchObject({ code: 'ONEM2M_4004' });
      expect(requester.drafts.length).toBeLessThanOrEqual(2);
    }
    expect(tree.has('onem2m/typo') || tree.has('/in/base/typo')).toBe(false);
  });

  it('creates below another AE where the CSE allows it', async () => {
    const tree = new FakeTree(new Set(['/in/base', '/in/base/ae']));
    const { context } = fakeContext(tree.answer, { autoCreate: true });
    await perform('push', { payload: 1, topic: '/in/base/ae/x/y' }, context);
    expect(tree.has('/in/base/ae/x/y')).toBe(true);
  });

  it('ends where the CSE forgets at once what it created', async () => {
    const { context, requester } = fakeContext(
      ({ to }, index) => {
        if (index > 20) throw new Error('endless');
        return { rsc: to === 'onem2m/app' ? 2001 : 4004 };
      },
      { autoCreate: true },
    );
    await expect(perform('push', { payload: 1, topic: 'a/b' }, context)).rejects.toMatchObject({ code: 'ONEM2M_4004' });
    expect(requester.drafts).toHaveLength(4);
  });

  it('says what a refused creation was refused for', async () => {
    const { context } = fakeContext(({ ty }) => ({ rsc: ty === 4 ? 4004 : 4103 }), { autoCreate: true });
    await expect(perform('push', { payload: 1, topic: 'a' }, context)).rejects.toMatchObject({
      code: 'ONEM2M_4103',
      message: expect.stringContaining('CREATE in onem2m/app'),
    });
  });

  it.each<[Record<string, unknown>, string, RegExp]>([
    [{ payload: 1 }, 'BAD_MESSAGE', /^msg\.topic is required/],
    [{ payload: 1, topic: 5 }, 'BAD_MESSAGE', /^msg\.topic must be/],
    [{ payload: 1, topic: 'a//b' }, 'BAD_MESSAGE', /^msg\.topic is wrong/],
    [{ topic: 'a' }, 'BAD_MESSAGE', /^msg\.payload is required/],
    [{ payload: 1, topic: 'a', contentFormat: 'xml' }, 'BAD_MESSAGE', /^msg\.contentFormat must be one of auto, text/],
    [{ payload: 1, topic: 'a', labels: 5 }, 'BAD_MESSAGE', /^msg\.labels/],
    [{ payload: 1, topic: 'a', ty: 'group' }, 'BAD_MESSAGE', /^msg\.ty must be contentInstance/],
    [
      { payload: 1, topic: 'a', ty: 'nonsense' },
      'BAD_MESSAGE',
      /^msg\.ty is not a resource type: expected .*container/,
    ],
    [{ payload: 1, topic: 'a', ty: 30, timestamp: 'soon' }, 'BAD_MESSAGE', /^msg\.timestamp must be/],
    [{ payload: 1, topic: 'a', ty: 30, timestamp: new Date(NaN) }, 'BAD_MESSAGE', /^msg\.timestamp must be/],
    [{ payload: 1, topic: 'a', ty: 28 }, 'BAD_MESSAGE', /^msg\.payload must be an object/],
    [{ payload: () => 1, topic: 'a' }, 'BAD_VALUE', /./],
    [{ payload: 1, onem2m: 'x' }, 'BAD_MESSAGE', /^msg\.onem2m must be an object/],
    [{ payload: 1, onem2m: { to: 5 } }, 'BAD_MESSAGE', /^msg\.onem2m\.to must be text, got 5/],
    [{ payload: 1, onem2m: { to: 'a', rcn: '0' } }, 'BAD_MESSAGE', /^msg\.onem2m\.rcn must be a whole number/],
    [{ payload: 1, onem2m: { to: 'a', rt: 3 } }, 'BAD_MESSAGE', /^msg\.onem2m\.rt must be an object such as/],
  ])('refuses %o', async (message, code, text) => {
    const { context, requester } = fakeContext(created);
    await expect(perform('push', message, context)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(text),
    });
    expect(requester.drafts).toEqual([]);
  });
});

describe('latest and oldest', () => {
  it.each([
    ['latest', 'la'],
    ['oldest', 'ol'],
  ])('%s retrieves %s and decodes its content', async (operation, end) => {
    const { context, requester } = fakeContext(
      () => ({ rsc: 2000, pc: { 'm2m:cin': { ty: 4, cnf: 'application/json:1', con: 'eyJhIjoxfQ==' } } }),
      { defaultContainer: 'measurements' },
    );
    const result = await perform(operation, {}, context);
    expect(requester.drafts).toEqual([{ op: 2, to: `onem2m/app/measurements/${end}` }]);
    expect(result.payload).toEqual({ a: 1 });
    expect(result.onem2m).toMatchObject({ op: operation, ty: 4, cnf: 'application/json:1' });
  });

  it('says that a container is empty or missing', async () => {
    const { context } = fakeContext(() => ({ rsc: 4004 }));
    await expect(perform('latest', { topic: 'a' }, context)).rejects.toMatchObject({
      code: 'ONEM2M_4004',
      message: 'onem2m/app/a is empty or missing',
    });
  });

  it('gives back what was pushed, whatever it is', async () => {
    const anyFormat = fc.constantFrom('auto', 'json', 'json-base64');
    const isoOrAny = fc.oneof(
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.jsonValue(),
    );
    await fc.assert(
      fc.asyncProperty(isoOrAny, anyFormat, async (payload, contentFormat) => {
        let held: unknown;
        const { context } = fakeContext(({ op, pc }) => {
          if (op === 1) held = pc;
          return { rsc: 2000, pc: held };
        });
        await perform('push', { payload, topic: 'a', contentFormat }, context);
        const { payload: read } = await perform('latest', { topic: 'a' }, context);
        expect(read).toEqual(JSON.parse(JSON.stringify(payload)));
      }),
    );
  });
});
