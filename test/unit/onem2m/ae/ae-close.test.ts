import { afterEach, describe, expect, it } from 'vitest';
import { FlavourBench } from '../../../support/onem2m/flavour-bench.ts';

let bench: FlavourBench;

afterEach(() => bench.stop());

const paths = (): string[] => bench.cse.resources().map(({ path }) => path);
const heard = (request: string): Promise<void> => expect.poll(() => bench.asked).toContain(request);

/** A node that is closed at once, as by a second deploy, takes with it what it has begun. */
describe('an AE that is closed', () => {
  const RESOURCES = { resources: [{ ty: 'container', path: 'values' }] };

  it.each(['C', 'Cfixed'])('while it registers (%s) leaves nothing behind', async (originator) => {
    bench = await FlavourBench.start('generic');
    const ae = bench.create({ ...RESOURCES, profile: 'generic', ae: { name: 'app', originator } });
    const release = bench.cse.hold();
    ae.entity.start();
    await heard('reg_req CREATE onem2m');
    const closing = ae.close();
    release();
    await closing;
    expect(paths()).toEqual(['onem2m']);
    expect(ae.problems).toEqual([]);
  });

  it('while it makes its resources leaves nothing behind', async () => {
    bench = await FlavourBench.start('generic');
    const ae = bench.create(RESOURCES);
    const registered = ae.event('registered');
    ae.entity.start();
    await registered;
    const release = bench.cse.hold();
    const closing = ae.close();
    release();
    await closing;
    expect(paths()).toEqual(['onem2m']);
  });

  it('while the CSE says nothing is gone in time', async () => {
    bench = await FlavourBench.start('generic');
    const ae = bench.create(RESOURCES);
    const release = bench.cse.hold();
    ae.entity.start();
    await heard('RETRIEVE onem2m');
    const started = Date.now();
    await ae.close();
    expect(Date.now() - started).toBeLessThan(5000);
    release();
  });

  it('that was deregistered asks nothing more', async () => {
    bench = await FlavourBench.start('generic');
    const ae = await bench.startAe(RESOURCES);
    await ae.perform({ operation: 'deregister' });
    const { length } = bench.asked;
    await ae.close();
    expect(bench.asked).toHaveLength(length);
  });

  it('and is to stay leaves all as it is', async () => {
    bench = await FlavourBench.start('generic');
    const ae = await bench.startAe({ ...RESOURCES, registration: { onClose: 'keep', check: '0s' } });
    await ae.close();
    expect(paths()).toEqual(['onem2m', 'onem2m/app', 'onem2m/app/values']);
  });
});
