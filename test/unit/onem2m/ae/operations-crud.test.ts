import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../../src/base/errors.ts';
import type { Requester } from '../../../../src/onem2m/exchange/requester.ts';
import { OPERATION_NAMES, operationOf, perform } from '../../../../src/onem2m/ae/operations/index.ts';
import { fakeContext, FakeRequester } from '../../../support/fakes/fake-requester.ts';

describe('create', () => {
  it.each<[Record<string, unknown>, number, unknown]>([
    [
      { ty: 'container', name: 'a', labels: 'x', payload: { mni: 3 } },
      3,
      { 'm2m:cnt': { rn: 'a', lbl: ['x'], mni: 3 } },
    ],
    [{ ty: 3, name: 'a', payload: { rn: 'b' } }, 3, { 'm2m:cnt': { rn: 'b' } }],
    [{ onem2m: { ty: 3 }, payload: { 'm2m:cnt': { rn: 'b' } } }, 3, { 'm2m:cnt': { rn: 'b' } }],
    [{ payload: { 'm2m:grp': { mid: [], mnm: 5 } } }, 9, { 'm2m:grp': { mid: [], mnm: 5 } }],
    [{ ty: 'cod:tempe', payload: { cnd: 'org.x' } }, 28, { 'cod:tempe': { cnd: 'org.x' } }],
    [{ ty: 'battery', payload: { btl: 5 } }, 13, { 'm2m:bat': { btl: 5 } }],
    [{ ty: 13, payload: { 'acme:thing': { mgd: 1099 } } }, 13, { 'acme:thing': { mgd: 1099 } }],
    [{ ty: 77, payload: { 'm2m:new': { a: 1 } } }, 77, { 'm2m:new': { a: 1 } }],
    [{ name: 'unused', onem2m: { ty: 77, pc: { 'm2m:new': { a: 1 } } } }, 77, { 'm2m:new': { a: 1 } }],
  ])('of %o is of type %i with %o', async (message, ty, pc) => {
    const { context, requester } = fakeContext(() => ({ rsc: 2001 }));
    await perform('create', { topic: 'parent', ...message }, context);
    expect(requester.drafts).toEqual([{ op: 1, to: 'onem2m/app/parent', ty, pc }]);
  });

  it('creates below the AE where there is no topic, and answers the representation', async () => {
    const { context, requester } = fakeContext(() => ({ rsc: 2001, pc: { 'm2m:cin': { ri: 'x', con: 'y' } } }));
    const result = await perform('create', { ty: 'contentInstance', payload: { con: 'y' } }, context);
    expect(requester.drafts[0]?.to).toBe('onem2m/app');
    expect(result.payload).toEqual({ ri: 'x', con: 'y' });
    expect(result.onem2m).toMatchObject({ op: 'create', ty: 4, rsc: 2001, rscText: 'created' });
  });

  it.each<[number, unknown, unknown]>([
    [0, undefined, null],
    [2, { 'm2m:uri': 'onem2m/app/a' }, 'onem2m/app/a'],
    [
      3,
      { 'm2m:rce': { cnt: { ri: 'x' }, uri: 'onem2m/app/a' } },
      { address: 'onem2m/app/a', representation: { ri: 'x' } },
    ],
    [9, { 'm2m:cnt': { et: 't' } }, { et: 't' }],
  ])('understands what rcn %i brings', async (rcn, pc, payload) => {
    const { context } = fakeContext(() => ({ rsc: 2001, ...(pc === undefined ? {} : { pc }) }));
    const result = await perform('create', { ty: 3, payload: {}, onem2m: { rcn } }, context);
    expect(result.payload).toEqual(payload);
    expect(result.onem2m.ty).toBe(3);
  });

  it.each<[Record<string, unknown>, RegExp]>([
    [{ payload: {} }, /^msg\.ty is required: .*container \(3\)/],
    [{ payload: { 'm2m:nonsense': {} } }, /^msg\.ty is required/],
    [{ ty: 'nonsense', payload: {} }, /^msg\.ty is not a resource type: expected .*container \(3\).*got "nonsense"/],
    [{ onem2m: { ty: 'nonsense' }, payload: {} }, /^msg\.onem2m\.ty is not a resource type/],
    [{ ty: 77, payload: { a: 1 } }, /^msg\.payload must have the name of the resource around it/],
    [{ ty: 28, payload: { a: 1 } }, /^msg\.payload must have the name of the resource around it/],
    [{ ty: 3, payload: 'text' }, /^msg\.payload must be the representation/],
    [{ ty: 3, onem2m: { pc: 5 } }, /^msg\.onem2m\.pc must be the representation/],
    [{ ty: 3, payload: { 'm2m:ae': {} } }, /^msg\.ty is 3, but "m2m:ae" in msg\.payload is of type 2/],
    [{ ty: 3, payload: {}, name: 'a/b' }, /^msg\.name must be/],
  ])('refuses %o', async (message, text) => {
    const { context, requester } = fakeContext(() => ({ rsc: 2001 }));
    const error = { code: 'BAD_MESSAGE', message: expect.stringMatching(text) };
    await expect(perform('create', message, context)).rejects.toMatchObject(error);
    expect(requester.drafts).toEqual([]);
  });
});

describe('retrieve', () => {
  it('asks for some attributes only', async () => {
    const { context, requester } = fakeContext(() => ({ rsc: 2000, pc: { 'm2m:cnt': { cni: 3 } } }));
    const result = await perform('retrieve', { topic: 'a', attributes: ['cni'] }, context);
    expect(requester.drafts).toEqual([{ op: 2, to: 'onem2m/app/a', pc: { 'm2m:atrl': ['cni'] } }]);
    expect(result).toMatchObject({ payload: { cni: 3 }, onem2m: { ty: 3 } });
  });

  it('passes rcn, drt and fc on, and leaves children as they are', async () => {
    const representation = { rn: 'a', 'm2m:cin': [{ con: '1' }] };
    const { context, requester } = fakeContext(() => ({ rsc: 2000, pc: { 'm2m:cnt': representation } }));
    const onem2m = { to: 'cse/a', ty: 3, rcn: 4, drt: 2, fc: { lvl: 1 }, custom: true };
    expect((await perform('retrieve', { onem2m }, context)).payload).toEqual(representation);
    expect(requester.drafts).toEqual([{ op: 2, to: 'cse/a', rcn: 4, drt: 2, fc: { lvl: 1 }, custom: true }]);
  });

  it('decodes the content of a content instance', async () => {
    const pc = { 'm2m:cin': { ty: 4, cnf: 'application/json:0', con: '[1]' } };
    const { context } = fakeContext(() => ({ rsc: 2000, pc, rvi: '2a' }));
    const result = await perform('retrieve', { topic: 'a/x' }, context);
    expect(result).toMatchObject({ payload: [1], onem2m: { ty: 4, rvi: '2a', cnf: 'application/json:0' } });
  });

  it('refuses attributes that are no names', async () => {
    const { context } = fakeContext(() => ({ rsc: 2000 }));
    const error = { code: 'BAD_MESSAGE', message: expect.stringMatching(/^msg\.attributes/) };
    await expect(perform('retrieve', { attributes: [1] }, context)).rejects.toMatchObject(error);
  });
});

describe('update', () => {
  it.each<[Record<string, unknown>, Record<string, unknown>, number]>([
    [{ ty: 'container', payload: { lbl: null } }, { 'm2m:cnt': { lbl: null } }, 1],
    [{ payload: { 'm2m:ae': { lbl: ['a'] } } }, { 'm2m:ae': { lbl: ['a'] } }, 1],
    [{ onem2m: { pc: { 'm2m:ae': {} } } }, { 'm2m:ae': {} }, 1],
    [{ topic: 'known', payload: { mni: 1 } }, { 'm2m:cnt': { mni: 1 } }, 1],
    [{ topic: 'unknown', payload: { mni: 1 } }, { 'm2m:ts': { mni: 1 } }, 2],
  ])('of %o sends %o', async (message, pc, requests) => {
    const { context, requester } = fakeContext(
      ({ op }) => (op === 2 ? { rsc: 2000, pc: { 'm2m:ts': { ty: 29 } } } : { rsc: 2004 }),
      { typeOf: (address) => (address.endsWith('/known') ? 3 : undefined) },
    );
    expect((await perform('update', message, context)).payload).toBeNull();
    expect(requester.drafts).toHaveLength(requests);
    expect(requester.drafts.at(-1)).toMatchObject({ op: 3, pc });
    expect(requester.drafts.at(-1)).not.toHaveProperty('ty');
  });

  it.each<[Record<string, unknown>, RegExp]>([
    [{ payload: [1] }, /^msg\.payload must be an object of the attributes/],
    [{ onem2m: { pc: 'x' } }, /^msg\.onem2m\.pc must be an object/],
    [{ payload: { a: 1 } }, /^msg\.ty is required/],
  ])('refuses %o', async (message, text) => {
    const { context } = fakeContext(() => ({ rsc: 2000 }));
    const error = { code: 'BAD_MESSAGE', message: expect.stringMatching(text) };
    await expect(perform('update', message, context)).rejects.toMatchObject(error);
  });
});

describe('delete and notify', () => {
  it('deletes what is named, never the AE for want of a name', async () => {
    const { context, requester } = fakeContext(() => ({ rsc: 2002 }));
    await perform('delete', { topic: 'a' }, context);
    expect(requester.drafts).toEqual([{ op: 4, to: 'onem2m/app/a' }]);
    for (const topic of [undefined, '', '  ']) {
      const error = { code: 'BAD_MESSAGE', message: expect.stringMatching(/^msg\.topic is required/) };
      await expect(perform('delete', { topic }, context)).rejects.toMatchObject(error);
    }
  });

  it('sends a notification as it is', async () => {
    const { context, requester } = fakeContext(() => ({ rsc: 2000 }));
    const payload = { 'm2m:sgn': { sur: 'x' } };
    await perform('notify', { topic: '/id-in/Cother', payload }, context);
    expect(requester.drafts).toEqual([{ op: 5, to: '/id-in/Cother', pc: payload }]);
    await expect(perform('notify', { topic: 'a', payload: 'x' }, context)).rejects.toMatchObject({
      code: 'BAD_MESSAGE',
      message: expect.stringMatching(/^msg\.payload must be a notification/),
    });
  });
});

describe('perform', () => {
  it('tells a refusal in words, with what was asked for', async () => {
    const { context } = fakeContext(() => ({ rsc: 4103, pc: { 'm2m:dbg': 'no RETRIEVE privileges' } }));
    await expect(perform('retrieve', { topic: 'a' }, context)).rejects.toMatchObject({
      code: 'ONEM2M_4103',
      message: expect.stringMatching(/^RETRIEVE of onem2m\/app\/a: .*no RETRIEVE privileges/),
    });
  });

  it('hands on what the request rejects with', async () => {
    const timeout = new DeviceError('TIMEOUT', 'no answer');
    const { context } = fakeContext(() => Promise.reject(timeout));
    await expect(perform('retrieve', { topic: 'a' }, context)).rejects.toBe(timeout);
  });

  it.each(['nonsense', 'toString', 'subscribe', ''])('does not know "%s"', async (operation) => {
    const { context } = fakeContext(() => ({ rsc: 2000 }));
    const error = { code: 'BAD_MESSAGE', message: expect.stringMatching(/^msg\.operation must be one of create, /) };
    await expect(perform(operation, {}, context)).rejects.toMatchObject(error);
  });

  it('sends nothing once it was given up', async () => {
    const { context, requester } = fakeContext(() => ({ rsc: 2000 }));
    for (const name of OPERATION_NAMES) {
      await expect(perform(name, {}, context, AbortSignal.abort())).rejects.toMatchObject({ code: 'CLOSED' });
    }
    const reason = new DeviceError('LINK_LOST', 'gone');
    await expect(perform('retrieve', {}, context, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(requester.drafts).toEqual([]);
  });

  it('gives its signal to the request', async () => {
    const requester = new FakeRequester(() => ({ rsc: 2000 }));
    const { signal } = new AbortController();
    const seen: unknown[] = [];
    const exchange: FakeRequester['exchange'] = (draft) => requester.exchange(draft);
    const spy = {
      originator: 'Capp',
      resolve: requester.resolve,
      exchange: (...[draft, given]: Parameters<Requester['exchange']>) => {
        seen.push(given);
        return exchange(draft);
      },
    };
    await perform('retrieve', {}, { requester: spy, contentFormat: 'auto', autoCreate: false }, signal);
    expect(seen).toEqual([signal]);
  });
});

describe('operationOf', () => {
  it.each<[Record<string, unknown>, string]>([
    [{}, 'push'],
    [{ operation: ' latest ' }, 'latest'],
    [{ onem2m: { op: 2 } }, 'retrieve'],
    [{ onem2m: { op: 'discover' } }, 'discover'],
    [{ onem2m: { op: 'create', rsc: 2001 } }, 'push'],
  ])('of %o is %s', (message, operation) => {
    expect(operationOf(message)).toBe(operation);
  });

  it('refuses what is no name', () => {
    expect(() => operationOf({ operation: 5 })).toThrow('msg.operation must be the name of an operation, got 5');
    expect(() => operationOf({ onem2m: { op: 9 } })).toThrow('msg.onem2m.op must be 1 to 5');
  });
});
