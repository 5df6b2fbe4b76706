import { afterEach, describe, expect, it } from 'vitest';
import { FlavourBench } from '../../../support/onem2m/flavour-bench.ts';
import { freePort } from '../../../support/system/free-port.ts';

/** What real CSEs do beyond the specification, one by one (docs/facts/onem2m.md); the stand-in was seen to do the same. */

const VALUES = { resources: [{ ty: 'container', path: 'values', mni: 100 }], subscriptions: [{ target: 'values' }] };

let bench: FlavourBench;

afterEach(() => bench.stop());

/** Requests by HTTP, notifications to a port of its own. */
const byHttp = async (): Promise<Record<string, unknown>> => ({
  endpoint: bench.cse.httpUrl,
  notify: `http://127.0.0.1:${await freePort()}/notify`,
});

describe('tinyIoT 832205f', () => {
  it('gives each notification over HTTP the same id, and none is lost', async () => {
    bench = await FlavourBench.start('tinyiot');
    const ae = await bench.startAe({ ...VALUES, ...(await byHttp()) });
    for (const payload of [1, 2, 2, 3]) await ae.perform({ payload });
    await expect.poll(() => ae.notifications.map(({ payload }) => payload)).toEqual([1, 2, 2, 3]);
    expect(ae.problems).toEqual([]);
  });
});
