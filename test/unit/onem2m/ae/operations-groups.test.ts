import { describe, expect, it } from 'vitest';
import type { AeMessage, AeResult } from '../../../../src/onem2m/ae/model/messages.ts';
import { perform } from '../../../../src/onem2m/ae/operations/index.ts';
import { fakeContext } from '../../../support/fakes/fake-requester.ts';

const agr = (...answers: unknown[]): { rsc: number; pc: unknown } => ({
  rsc: 2000,
  pc: { 'm2m:agr': { 'm2m:rsp': answers } },
});

describe('fanout', () => {
  it.each<[Record<string, unknown>, Record<string, unknown>]>([
    [
      { payload: 5 },
      { op: 1, to: 'onem2m/app/g/fopt', ty: 4, pc: { 'm2m:cin': { cnf: 'application/json:0', con: '5' } } },
    ],
    [
      { fanout: 'create', payload: 5, ty: 30, timestamp: 0 },
      { op: 1, ty: 30, pc: { 'm2m:tsi': { dgt: '19700101T000000', con: 5 } } },
    ],
    [
      { fanout: 'create', payload: { mni: 1 }, ty: 3, name: 'c' },
      { op: 1, ty: 3, pc: { 'm2m:cnt': { rn: 'c', mni: 1 } } },
    ],
    [
      { fanout: 'create', payload: { 'm2m:cnt': {} } },
      { op: 1, ty: 3, pc: { 'm2m:cnt': {} } },
    ],
    [
      { onem2m: { op: 2 }, path: '/la' },
      { op: 2, to: 'onem2m/app/g/fopt/la' },
    ],
    [
      { fanout: 'update', ty: 'container', payload: { lbl: null } },
      { op: 3, pc: { 'm2m:cnt': { lbl: null } } },
    ],
    [
      { fanout: 'delete', topic: 'g/fopt/a', payload: 1 },
      { op: 4, to: 'onem2m/app/g/fopt/a' },
    ],
  ])('of %o sends %o', async (message, draft) => {
    const { context, requester } = fakeContext(() => agr({ rsc: 2000 }));
    await perform('fanout', { topic: 'g', ...message }, context);
    expect(requester.drafts).toHaveLength(1);
    expect(requester.drafts[0]).toMatchObject(draft);
    if (!('pc' in draft)) expect(requester.drafts[0]).not.toHaveProperty('pc');
    if (!('ty' in draft)) expect(requester.drafts[0]).not.toHaveProperty('ty');
  });

  it('lists what came of each member, and who refused', async () => {
    const { context } = fakeContext(() =>
      agr(
        { rsc: 2000, to: 'Capp', fr: '/id-in/m1', pc: { 'm2m:cin': { con: '[1]', cnf: 'application/json:0' } } },
        { rsc: 4004, to: 'onem2m/m2', fr: 'Capp', pc: { 'm2m:dbg': 'gone' } },
        { rsc: 2000, pc: { 'm2m:cin': { con: 'x' } } },
      ),
    );
    const result = await perform('fanout', { topic: 'g', fanout: 'retrieve', path: 'la' }, context);
    expect(result.payload).toEqual([
      { to: '/id-in/m1', rsc: 2000, rscText: 'OK', payload: [1] },
      {
        to: 'onem2m/m2',
        rsc: 4004,
        rscText: 'not found',
        payload: 'gone',
        error: { code: 'ONEM2M_4004', message: expect.stringContaining('gone') },
      },
      { rsc: 2000, rscText: 'OK', payload: 'x' },
    ]);
    expect(result.onem2m).toMatchObject({ op: 'fanout', rsc: 2000, failed: 1 });
  });

  it('fails where all members refuse, and only then', async () => {
    const { context } = fakeContext(() => agr({ rsc: 4103 }, { rsc: 4004 }));
    await expect(perform('fanout', { topic: 'g', payload: 1 }, context)).rejects.toMatchObject({
      code: 'ONEM2M_4103',
      message: expect.stringMatching(/^CREATE in onem2m\/app\/g\/fopt: all 2 members refused/),
    });
    for (const pc of [undefined, {}, { 'm2m:agr': null }, { 'm2m:agr': { 'm2m:rsp': [] } }]) {
      const empty = fakeContext(() => ({ rsc: 2000, ...(pc === undefined ? {} : { pc }) }));
      expect((await perform('fanout', { topic: 'g', payload: 1 }, empty.context)).payload).toEqual([]);
    }
  });

  it.each<[Record<string, unknown>, RegExp]>([
    [{ payload: 1 }, /^msg\.topic is required: the group/],
    [{ topic: 'g', fanout: 'notify' }, /^msg\.fanout must be one of create, push/],
    [{ topic: 'g' }, /^msg\.payload is required/],
    [{ topic: 'g', fanout: 'retrieve', path: 5 }, /^msg\.path must be text/],
  ])('refuses %o', async (message, text) => {
    const { context } = fakeContext(() => agr());
    const error = { code: 'BAD_MESSAGE', message: expect.stringMatching(text) };
    await expect(perform('fanout', message, context)).rejects.toMatchObject(error);
  });
});

const result = (payload: unknown): AeResult => ({
  payload,
  onem2m: { op: 'x', to: '', rsc: 2000, rscText: 'OK', rqi: '', durationMs: 0, raw: null },
});

describe('ensure', () => {
  it('hands the list on, also a list of one', async () => {
    const lists: unknown[] = [];
    const ensure = (list: unknown): Promise<AeResult> => {
      lists.push(list);
      return Promise.resolve(result('done'));
    };
    const { context } = fakeContext(() => ({ rsc: 2000 }), { ensure });
    const spec = { ty: 'container', path: 'a' };
    expect((await perform('ensure', { payload: [spec, spec] }, context)).payload).toBe('done');
    await perform('ensure', { payload: spec }, context);
    expect(lists).toEqual([[spec, spec], [spec]]);
  });

  it.each([undefined, [], [1], 'a'])('refuses %o', async (payload) => {
    const { context } = fakeContext(() => ({ rsc: 2000 }), { ensure: () => Promise.resolve(result(1)) });
    const error = { code: 'BAD_MESSAGE', message: expect.stringMatching(/^msg\.payload must be a list of resources/) };
    await expect(perform('ensure', { payload }, context)).rejects.toMatchObject(error);
  });
});

describe('sequence', () => {
  it('carries out one message after the other and lists what came of each', async () => {
    const { context, requester } = fakeContext(({ op }) => ({ rsc: op === 4 ? 4004 : 2001 }));
    const payload = [
      { topic: 'a', payload: 1 },
      { operation: 'delete', topic: 'b' },
      { onem2m: { op: 2, to: 'c' } },
      { operation: 'sequence', payload: [] },
      'nonsense',
      { operation: 'subscribe' },
    ];
    const answer = await perform('sequence', { payload }, context);
    expect(requester.drafts.map(({ op, to }) => [op, to])).toEqual([
      [1, 'onem2m/app/a'],
      [4, 'onem2m/app/b'],
      [2, 'c'],
    ]);
    expect(answer.payload).toEqual([
      { ok: true, payload: 1, onem2m: expect.objectContaining({ op: 'push' }) },
      { ok: false, error: { code: 'ONEM2M_4004', message: expect.stringContaining('DELETE of onem2m/app/b') } },
      { ok: true, payload: null, onem2m: expect.objectContaining({ op: 'retrieve' }) },
      { ok: false, error: { code: 'BAD_MESSAGE', message: expect.stringContaining('msg.payload[3].operation') } },
      {
        ok: false,
        error: { code: 'BAD_MESSAGE', message: expect.stringContaining('msg.payload[4] must be a message') },
      },
      { ok: false, error: { code: 'BAD_MESSAGE', message: expect.stringContaining('msg.operation must be one of') } },
    ]);
    expect(answer.onem2m).toMatchObject({ op: 'sequence', rsc: 2000, failed: 4 });
  });

  it('leaves other operations to the AE', async () => {
    const asked: [string, AeMessage][] = [];
    const { context } = fakeContext(() => ({ rsc: 2000 }), {
      performOther: (operation, message) => {
        asked.push([operation, message]);
        return Promise.resolve(result('subscribed'));
      },
    });
    const step = { operation: 'subscribe', topic: 'a' };
    const { payload } = await perform('sequence', { payload: [step] }, context);
    expect(payload).toMatchObject([{ ok: true, payload: 'subscribed' }]);
    expect(asked).toEqual([['subscribe', step]]);
  });

  it('stops when it is given up', async () => {
    const controller = new AbortController();
    const { context, requester } = fakeContext(() => {
      controller.abort();
      return { rsc: 2000 };
    });
    const payload = [{ operation: 'retrieve' }, { operation: 'retrieve' }];
    await expect(perform('sequence', { payload }, context, controller.signal)).rejects.toMatchObject({
      code: 'CLOSED',
    });
    expect(requester.drafts).toHaveLength(1);
  });

  it('is a list, and bounded', async () => {
    const { context } = fakeContext(() => ({ rsc: 2000 }));
    for (const payload of [{}, undefined, new Array(1001).fill({})]) {
      const error = { code: 'BAD_MESSAGE', message: expect.stringMatching(/^msg\.payload must/) };
      await expect(perform('sequence', { payload }, context)).rejects.toMatchObject(error);
    }
  });
});
