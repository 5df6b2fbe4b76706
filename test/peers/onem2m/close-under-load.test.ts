import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countHandles, expectNoNewHandles, within, type HandleCount } from '../../support/system/active-handles.ts';
import { CountingProxy } from '../../support/mqtt/counting-proxy.ts';
import { freePort } from '../../support/system/free-port.ts';
import { Mosquitto, mosquittoAvailable } from '../../support/mqtt/mosquitto.ts';
import { TestAe } from '../../support/onem2m/onem2m-ae.ts';
import { startCse, type StandInCse } from '../../support/onem2m/stand-in-cse.ts';

const PUSHES = 200;

describe.skipIf(!mosquittoAvailable())('an AE that is closed under load', () => {
  let broker: Mosquitto;
  let cse: StandInCse;
  let proxy: CountingProxy;
  let before: HandleCount;

  beforeEach(async () => {
    broker = await Mosquitto.start();
    cse = await startCse({ id: '/mn-cse-1', brokerUrl: broker.url, http: {}, websocket: {} });
  });

  afterEach(async () => {
    await proxy.stop();
    await cse.stop();
    await broker.remove();
  });

  /** All go through the proxy, which counts their connections. */
  async function start(kind: 'mqtt' | 'http' | 'websocket'): Promise<TestAe> {
    const url = { mqtt: `${broker.url}#mn-cse-1`, http: cse.httpUrl ?? '', websocket: cse.websocketUrl ?? '' }[kind];
    proxy = await CountingProxy.start(Number(new URL(url).port));
    before = countHandles();
    const ae = await TestAe.start({
      name: 'app',
      properties: {
        endpoint: url.replace(/:\d+/, `:${proxy.port}`),
        cse: { base: 'onem2m' },
        binding: kind,
        resources: [{ ty: 'container', path: 'data' }],
        subscriptions: [{ target: 'data' }],
        ...(kind === 'http' ? { notify: `http://127.0.0.1:${await freePort()}/n` } : {}),
      },
    });
    return ae;
  }

  /** As many as are to be under way, and what becomes of each. */
  function push(ae: TestAe): Promise<string>[] {
    return Array.from({ length: PUSHES }, async (_, payload) =>
      ae.perform({ payload }).then(
        () => 'answered',
        (error: unknown) => (error as { readonly code: string }).code,
      ),
    );
  }

  it.each(['mqtt', 'http', 'websocket'] as const)('settles everything, over %s, and leaves nothing', async (kind) => {
    const ae = await start(kind);
    // The CSE does what it is asked for, and is slow to answer; not so a farewell.
    cse.delay(({ ty }) => (ty === 4 ? 20_000 : 0));
    const pushes = push(ae);
    await expect.poll(() => cse.resources().filter(({ ty }) => ty === 4).length).toBeGreaterThan(0);
    expect(ae.entity.snapshot().pending).toBe(PUSHES);
    await within(ae.close(), 5000, 'close');
    expect(new Set(await Promise.all(pushes))).toEqual(new Set(['CLOSED']));
    expect(ae.entity.snapshot()).toMatchObject({ state: 'closed', pending: 0 });
    expect(cse.resources().filter(({ ty }) => ty !== 5)).toEqual([]);
    await expect.poll(() => proxy.open).toBe(0);
    await expect(ae.perform({ payload: 1 })).rejects.toMatchObject({ code: 'CLOSED' });
    await cse.stop();
    await expectNoNewHandles(before);
  });

  it('does so over a broker that hangs', async () => {
    const ae = await start('mqtt');
    broker.pause();
    const pushes = push(ae);
    await within(ae.close(), 5000, 'close');
    expect(new Set(await Promise.all(pushes))).toEqual(new Set(['CLOSED']));
    await expect.poll(() => proxy.open).toBe(0);
    await broker.kill();
  });
});
