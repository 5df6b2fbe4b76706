import { beforeEach, describe, expect, it } from 'vitest';
import { Client } from '../../../../src/onem2m/exchange/client.ts';
import { NonBlocking } from '../../../../src/onem2m/exchange/non-blocking.ts';
import { FakeBinding } from '../../../support/fakes/fake-binding.ts';
import { fakePorts } from '../../../support/fakes/fake-clock.ts';

let binding: FakeBinding;
let ports: ReturnType<typeof fakePorts>;
let requests: NonBlocking;

beforeEach(() => {
  binding = new FakeBinding();
  ports = fakePorts();
  const client = new Client({ sender: binding, ports, timeoutMs: 1000, release: '3', originator: () => 'Cae' });
  client.open();
  requests = new NonBlocking({ client, clock: ports.clock, resultTimeoutMs: 60_000 });
});

const create = { op: 1, to: 'cse/a', ty: 3, pc: { 'm2m:cnt': {} } } as const;

describe('a synchronous request', () => {
  it('is looked after until it is done, ever more patiently', async () => {
    let looks = 0;
    binding.handle = ({ op }) => {
      if (op === 1) return { rsc: 1001, pc: { 'm2m:uri': 'req1' } };
      looks += 1;
      if (looks < 5) return { rsc: 2000, pc: { 'm2m:req': { rs: 3 } } };
      return {
        rsc: 2000,
        pc: { 'm2m:req': { rs: 1, ors: { rsc: 2001, rqi: 'other', pc: { 'm2m:cnt': { ri: 'c1' } } } } },
      };
    };
    const asked = requests.exchange({ ...create, rqi: 'x', rt: { rtv: 1 } });
    await ports.clock.advance(100 + 200 + 400 + 800);
    const { response, durationMs } = await asked;
    expect(response).toMatchObject({ rsc: 2001, rqi: 'x', pc: { 'm2m:cnt': { ri: 'c1' } } });
    expect(durationMs).toBe(1500);
    expect(binding.sent.filter(({ to }) => to === 'req1')).toHaveLength(5);
    expect(ports.clock.pending).toEqual([]);
  });

  it('that is never done fails in words after the time for results', async () => {
    binding.handle = ({ op }) =>
      op === 1 ? { rsc: 1001, pc: { 'm2m:uri': 'req1' } } : { rsc: 2000, pc: { 'm2m:req': { rs: 3 } } };
    const asked = requests.exchange({ ...create, rt: { rtv: 1 } }).catch((error: unknown) => error);
    await ports.clock.advance(70_000);
    expect(await asked).toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('no result within 60000 ms'),
    });
    expect(ports.clock.pending).toEqual([]);
  });

  it('that does not say where its result will be is a bad answer', async () => {
    binding.handle = () => ({ rsc: 1001 });
    await expect(requests.exchange({ ...create, rt: { rtv: 1 } })).rejects.toMatchObject({ code: 'BAD_RESPONSE' });
  });

  it('can be given up between two looks', async () => {
    binding.handle = ({ op }) =>
      op === 1 ? { rsc: 1001, pc: { 'm2m:uri': 'req1' } } : { rsc: 2000, pc: { 'm2m:req': { rs: 3 } } };
    const abort = new AbortController();
    const asked = requests
      .exchange({ ...create, rt: { rtv: 1 } }, { signal: abort.signal })
      .catch((error: unknown) => error);
    await ports.clock.advance(50);
    abort.abort(new Error('enough'));
    expect(await asked).toBeInstanceOf(Error);
    expect(ports.clock.pending).toEqual([]);
  });
});

describe('an asynchronous request', () => {
  it('settles with the result that is notified, also when that overtakes the answer', async () => {
    binding.handle = ({ rqi }) => {
      expect(requests.take({ rsc: 2001, rqi, pc: 'done' })).toBe(true);
      return { rsc: 1002 };
    };
    const { response } = await requests.exchange({ ...create, rt: { rtv: 2 } });
    expect(response).toMatchObject({ rsc: 2001, pc: 'done' });
    expect(ports.clock.pending).toEqual([]);
  });

  it('is answered with the acceptance where the result goes elsewhere', async () => {
    binding.handle = () => ({ rsc: 1002 });
    const { response } = await requests.exchange({ ...create, rt: { rtv: 2, nu: ['http://somewhere'] } });
    expect(response.rsc).toBe(1002);
  });

  it('without a result fails after the time for results; a result for nobody is told to be so', async () => {
    binding.handle = () => ({ rsc: 1002 });
    const asked = requests.exchange({ ...create, rqi: 'x', rt: { rtv: 2 } }).catch((error: unknown) => error);
    await ports.clock.advance(60_000);
    expect(await asked).toMatchObject({ code: 'TIMEOUT' });
    expect(requests.take({ rsc: 2001, rqi: 'x' })).toBe(false);
  });
});

it('passes a refusal and a flexible answer on as they are', async () => {
  binding.handle = () => ({ rsc: 4103 });
  expect((await requests.exchange({ ...create, rt: { rtv: 1 } })).response.rsc).toBe(4103);
  binding.handle = () => ({ rsc: 2001 });
  expect((await requests.exchange({ ...create, rt: { rtv: 4 } })).response.rsc).toBe(2001);
});
