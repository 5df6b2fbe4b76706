import { describe, expect, it } from 'vitest';
import { OPERATIONS } from '../../../../src/onem2m/primitive/primitives.ts';
import { AeBench, secretName } from '../../../support/onem2m/ae-bench.ts';

const CONTAINER = { resources: [{ ty: 'container', path: 'data' }], subscriptions: [{ target: 'data' }] };

describe('an id that the CSE has assigned', () => {
  const restarted = async (status: number): Promise<AeBench> => {
    const first = await new AeBench({ registration: { onClose: 'keep' } }).start();
    await first.ae.close();
    first.cse.forgetAll();
    const second = new AeBench({}, first);
    second.cse.assigned = 'Cother';
    second.cse.refuse.set('1 onem2m', status);
    await second.start();
    second.cse.refuse.clear();
    await second.ports.clock.advance(1000);
    return second;
  };

  it.each([4000, 4004, 5000, 5103])('outlives a CSE that is just starting (%i)', async (status) => {
    const bench = await restarted(status);
    expect(bench.ae.snapshot()).toMatchObject({ state: 'healthy', originator: 'Cassigned' });
  });

  it.each([4103, 4107, 4126])('is given up where the CSE does not let it in any more (%i)', async (status) => {
    const bench = await restarted(status);
    expect(bench.ae.snapshot()).toMatchObject({ state: 'healthy', originator: 'Cother' });
    expect(bench.store.memory).toMatchObject({ originator: 'Cother' });
  });
});

describe('after the link was away', () => {
  it('looks again soon where the CSE has not come back yet, and then lets messages through', async () => {
    const bench = await new AeBench(CONTAINER).start();
    bench.binding.down();
    const pushed = bench.ae.perform({ topic: 'data', payload: 1 });
    const { handle } = bench.binding;
    bench.binding.handle = () => undefined;
    bench.binding.up();
    await bench.ports.clock.advance(1400);
    const looks = () => bench.binding.sent.filter(({ op }) => op === OPERATIONS.retrieve).length;
    const before = looks();
    bench.binding.handle = handle;
    await bench.ports.clock.advance(2000);
    expect(looks()).toBeGreaterThan(before);
    expect((await pushed).onem2m.rsc).toBe(2001);
  });

  it('makes a subscription again only once its deletion is over', async () => {
    const bench = await new AeBench(CONTAINER).start();
    const address = `onem2m/app/data/${secretName('data', 'devicelink-data-3')}`;
    const ri = bench.cse.tree.get(address)?.attributes['ri'];
    // As ACME does: the notice comes first.
    await bench.binding.notify({ 'm2m:sgn': { sud: true, sur: `/mn-cse-1/${String(ri)}` } });
    await bench.ports.clock.advance(100);
    bench.cse.tree.delete(address);
    await bench.ports.clock.advance(2000);
    expect(bench.cse.tree.has(address)).toBe(true);
    expect(bench.state).toBe('healthy');
  });
});
