import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AdminClient } from '../../support/onem2m/acme/admin.ts';
import { AcmeBench, HTTP, MQTT, WEBSOCKET } from '../../support/onem2m/acme/transports.ts';
import { acmeAvailable } from '../../support/onem2m/acme/acme.ts';
import { mosquittoAvailable } from '../../support/mqtt/mosquitto.ts';
import type { TestAe } from '../../support/onem2m/onem2m-ae.ts';

const isAvailable = mosquittoAvailable() && acmeAvailable();

/** What an AE does when its registration, its CSE or its broker is lost. */
describe.skipIf(!isAvailable)('an AE that ACME loses', () => {
  let bench: AcmeBench;
  let admin: AdminClient;

  beforeAll(async () => {
    bench = await AcmeBench.start({ expirationSeconds: 1, requestSeconds: 3 });
    admin = new AdminClient(bench.cse.httpUrl);
  });

  afterEach(() => bench.clear());
  afterAll(() => bench.remove());

  const resources = [
    { ty: 'container', path: 'a', labels: ['top'] },
    { ty: 'container', path: 'a/b' },
    { ty: 'container', path: 'a/b/c', mni: 5 },
    { ty: 'group', path: 'both', mid: ['a', 'a/b'], mnm: 4, mt: 3 },
    { ty: 'timeSeries', path: 'series', pei: 1000 },
  ];
  const subscriptions = [{ target: 'a/b/c', name: 'told', attributes: { enc: { chty: [4] } } }];
  const properties = { resources, subscriptions, timeout: '3s' };

  const holdsEverything = async (name: string): Promise<boolean> => {
    const places = [...resources.map(({ path }) => path), 'a/b/c/told'];
    const found = await Promise.all(places.map((path) => admin.exists(`cse-in/${name}/${path}`)));
    return found.every(Boolean);
  };

  /** All of it is there, and works. */
  const worksAgain = async (ae: TestAe, name: string): Promise<void> => {
    await expect.poll(() => holdsEverything(name).catch(() => false)).toBe(true);
    await ae.whenHealthy();
    const told = ae.notification();
    await ae.perform({ topic: 'a/b/c', payload: 'again' });
    expect((await told).payload).toBe('again');
    const group = await ae.perform({ operation: 'fanout', topic: 'both', payload: 'to both' });
    expect(group.payload).toMatchObject([{ rsc: 2001 }, { rsc: 2001 }]);
  };

  describe.each([MQTT, HTTP, WEBSOCKET])('over $name', (transport) => {
    it('makes everything again, under the same id, after the CSE was restarted with nothing left', async () => {
      const name = bench.newName();
      const ae = await bench.startAe(transport, { name, registration: { check: '1s' }, properties });
      const { originator } = ae;
      const restored = ae.event('restored');
      const before = await admin.attributes(`cse-in/${name}/a`);
      await bench.cse.kill();
      await bench.cse.start();
      await restored;
      await worksAgain(ae, name);
      expect(ae.originator).toBe(originator);
      expect(ae.life.filter(({ event }) => event === 'forgotten')).toHaveLength(1);
      expect((await admin.attributes(`cse-in/${name}/a`)).ri).not.toBe(before.ri);
      // Top-down: each was made once its parent was there.
      const made = await Promise.all(
        ['', '/a', '/a/b', '/a/b/c'].map(async (path) => String((await admin.attributes(`cse-in/${name}${path}`)).ct)),
      );
      expect(made).toEqual([...made].sort());
    });
  });

  it('finds out by a request that is refused, and does not wait for its next look', async () => {
    const name = bench.newName();
    const ae = await bench.startAe(MQTT, { name, registration: { check: '1h' }, properties });
    await bench.cse.reset();
    const refused = ae.perform({ operation: 'retrieve', topic: 'a' });
    await expect(refused).rejects.toMatchObject({ code: expect.stringMatching(/^ONEM2M_4(004|103)$/) });
    await worksAgain(ae, name);
    expect(ae.life.map(({ event }) => event)).toContain('restored');
  });

  it('is refreshed before it expires, with all that belongs to it', async () => {
    const name = bench.newName();
    const registration = { expires: '3s', refresh: '1s', check: '1h' };
    const ae = await bench.startAe(MQTT, { name, registration, properties });
    const endOf = async (path: string): Promise<string> => String((await admin.attributes(path)).et);
    const first = await endOf(`cse-in/${name}`);
    for (let times = 0; times < 4; times++) await ae.event('refreshed');
    expect((await endOf(`cse-in/${name}`)) > first).toBe(true);
    // By now all would be gone that is not refreshed.
    expect(await holdsEverything(name)).toBe(true);
    expect((await endOf(`cse-in/${name}/a/b/c`)) > first).toBe(true);
    expect(ae.problems).toEqual([]);
    expect(ae.life.map(({ event }) => event)).not.toContain('forgotten');
  });

  it('is restored after it has expired all the same', async () => {
    const name = bench.newName();
    const ae = await bench.startAe(MQTT, { name, registration: { check: '1s' }, properties });
    const restored = ae.event('restored');
    const et = new Date(Date.now() + 1000).toISOString().replaceAll(/[-:Z]|\..*/g, '');
    await admin.update(`cse-in/${name}`, { 'm2m:ae': { et } });
    await restored;
    await worksAgain(ae, name);
  });

  it('goes on after the broker was restarted; what was asked for meanwhile is done once', async () => {
    const name = bench.newName();
    const ae = await bench.startAe(MQTT, { name, properties: { ...properties, timeout: '20s' } });
    await bench.broker.kill();
    await expect.poll(() => ae.entity.snapshot().state).toBe('unhealthy');
    const pushed = ['x', 'y', 'z'].map((payload) => ae.perform({ topic: 'a/b', payload }));
    await bench.broker.start();
    const results = await Promise.all(pushed);
    expect(results.map(({ onem2m }) => onem2m.rsc)).toEqual([2001, 2001, 2001]);
    expect([...(await admin.contents(`cse-in/${name}/a/b`))].sort()).toEqual(['x', 'y', 'z']);
    await worksAgain(ae, name);
    expect(ae.life.map(({ event }) => event)).not.toContain('forgotten');
  });

  it('says that the CSE does not answer, and goes on when it does again', async () => {
    const ae = await bench.startAe(MQTT, { properties: { ...properties, timeout: '1s' } });
    bench.cse.freeze();
    await expect(ae.perform({ operation: 'retrieve', topic: 'a' })).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringMatching(/no answer to RETRIEVE .* within 1000 ms/),
    });
    const late = ae.event('late');
    bench.cse.resume();
    expect((await late).details).toMatchObject({ response: { rsc: 2000 } });
    await ae.whenHealthy();
    expect((await ae.perform({ operation: 'retrieve', topic: 'a' })).onem2m.rsc).toBe(2000);
  });
});
