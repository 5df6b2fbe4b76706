import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toDeviceError } from '../../../src/base/errors.ts';
import { scaled } from '../../support/long.ts';
import { AdminClient } from '../../support/onem2m/acme/admin.ts';
import { AcmeCse, acmeAvailable } from '../../support/onem2m/acme/acme.ts';
import { Mosquitto, mosquittoAvailable } from '../../support/mqtt/mosquitto.ts';
import { TestAe } from '../../support/onem2m/onem2m-ae.ts';
import { inParallel, Outcomes } from '../../support/system/outcomes.ts';

const CREATES = scaled(2000);
const RESTARTS = 2;
const IN_FLIGHT = 10;
/** ACME fails (5000, nothing is made) now and then where two contents are created in one container at the same time. */
const CONTAINERS = IN_FLIGHT;
const TIMEOUT_MS = 4000;

const isAvailable = mosquittoAvailable() && acmeAvailable();

describe.skipIf(!isAvailable)('an AE at ACME over a broker that is restarted', () => {
  let broker: Mosquitto;
  let acme: AcmeCse;

  beforeAll(async () => {
    broker = await Mosquitto.start({ persistent: true });
    acme = await AcmeCse.start({ broker });
  });

  afterAll(async () => {
    await acme.remove();
    await broker.remove();
  });

  /**
   * ACME takes requests at QoS 0 and does one again that is delivered again. With names of their own nothing is made twice: the second
   * time it is refused, which says that it is there.
   */
  it(`settles each of ${CREATES} requests once, and tells what ACME holds`, async () => {
    const admin = new AdminClient(acme.httpUrl);
    const ae = await TestAe.start({
      name: 'endurance',
      properties: {
        endpoint: `${broker.url}#${acme.id.slice(1)}`,
        timeout: `${TIMEOUT_MS}ms`,
        resources: Array.from({ length: CONTAINERS }, (_, index) => ({ ty: 'container', path: `c${index}` })),
      },
    });
    const outcomes = new Outcomes();
    let restarts = 0;
    let restarting = Promise.resolve();
    const restart = async (isKilled: boolean): Promise<void> => {
      await (isKilled ? broker.kill() : broker.stop());
      await broker.start();
    };
    const started = Date.now();
    await inParallel(CREATES, IN_FLIGHT, async (index) => {
      const payload = { 'm2m:cin': { rn: `i${index}`, con: String(index) } };
      try {
        const { onem2m } = await ae.perform({ operation: 'create', topic: `c${index % CONTAINERS}`, payload });
        expect(onem2m).toMatchObject({ rsc: 2001 });
        outcomes.succeeded(index);
      } catch (error) {
        outcomes.rejected(index, toDeviceError(error, 'UNEXPECTED'));
      }
      if (outcomes.settled < ((restarts + 1) * CREATES) / (RESTARTS + 1) || restarts >= RESTARTS) return;
      restarts += 1;
      const isKilled = restarts % 2 === 0;
      restarting = restarting.then(() => restart(isKilled));
    });
    await restarting;
    await ae.whenHealthy();
    await ae.perform({ operation: 'create', topic: 'c0', payload: { 'm2m:cin': { rn: 'last', con: 'last' } } });
    const codes = outcomes.codes();
    const containers = Array.from({ length: CONTAINERS }, (_, index) => `cse-in/endurance/c${index}`);
    const contents = (await Promise.all(containers.map((container) => admin.contents(container)))).flat();
    const held = new Set(contents);
    const isHeld = (index: number): boolean => held.has(String(index));
    const unsure = outcomes.withCode('TIMEOUT').filter(isHeld).length;
    const seconds = (Date.now() - started) / 1000;
    console.log(`${outcomes.ok.length} made, ${JSON.stringify(codes)} (${unsure} made all the same); ${seconds} s`);

    expect([restarts, outcomes.settled, outcomes.repeated]).toEqual([RESTARTS, CREATES, []]);
    expect(['LINK_LOST', 'ONEM2M_4105', 'ONEM2M_5000', 'TIMEOUT']).toEqual(expect.arrayContaining(Object.keys(codes)));
    expect(outcomes.ok.length).toBeGreaterThan(CREATES - 6 * IN_FLIGHT);
    expect(outcomes.ok.filter((index) => !isHeld(index))).toEqual([]);
    expect(outcomes.withCode('ONEM2M_4105').filter((index) => !isHeld(index))).toEqual([]);
    for (const code of ['LINK_LOST', 'ONEM2M_5000']) expect(outcomes.withCode(code).filter(isHeld)).toEqual([]);
    expect(contents.length).toBe(held.size);
    expect(ae.entity.snapshot()).toMatchObject({ state: 'healthy', pending: 0 });
    await ae.close();
    expect(await admin.exists('cse-in/endurance')).toBe(false);
  }, 120_000);
});
