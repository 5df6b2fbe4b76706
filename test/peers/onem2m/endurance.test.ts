import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toDeviceError } from '../../../src/base/errors.ts';
import { scaled } from '../../support/long.ts';
import { countHandles, expectNoNewHandles } from '../../support/system/active-handles.ts';
import { Mosquitto, mosquittoAvailable } from '../../support/mqtt/mosquitto.ts';
import { TestAe } from '../../support/onem2m/onem2m-ae.ts';
import { inParallel, Outcomes } from '../../support/system/outcomes.ts';
import { startCse, type StandInCse } from '../../support/onem2m/stand-in-cse.ts';

const PUSHES = scaled(10_000);
/** Two at least: one after a kill, one after an orderly end. */
const RESTARTS = scaled(10, 2);
const CONTAINERS = 10;
const IN_FLIGHT = 100;
/** Of each answer: so many requests are always under way at the CSE, and each connection lasts longer than a second. */
const DELAY_MS = 180;
const TIMEOUT_MS = 5000;
/** During this restart the broker stays away until pushes have failed for it. */
const LONG_ONE = Math.min(6, RESTARTS);
const FAILURES = 20;

describe.skipIf(!mosquittoAvailable())('an AE over a broker that is restarted', () => {
  let broker: Mosquitto;
  let cse: StandInCse;

  beforeEach(async () => {
    broker = await Mosquitto.start({ persistent: true });
    cse = await startCse({ id: '/mn-cse-1', brokerUrl: broker.url, keepsSession: true });
  });

  afterEach(async () => {
    await cse.stop();
    await broker.remove();
  });

  /** The contents of all containers, oldest first. */
  const held = (): number[] =>
    cse.resources().flatMap(({ ty, attributes }) => (ty === 4 ? [Number(attributes['con'])] : []));

  it(`settles each of ${PUSHES} pushes once, and tells what the CSE holds`, async () => {
    const before = countHandles();
    const ae = await TestAe.start({
      name: 'endurance',
      properties: {
        endpoint: `${broker.url}#mn-cse-1`,
        cse: { base: 'onem2m' },
        timeout: `${TIMEOUT_MS}ms`,
        resources: Array.from({ length: CONTAINERS }, (_, index) => ({ ty: 'container', path: `c${index}` })),
      },
    });
    const outcomes = new Outcomes();
    const outages: number[] = [];
    let downSince: number | undefined;
    ae.entity.events.on('life', ({ event }) => {
      if (event === 'linkDown') downSince = Date.now();
      if (event !== 'linkUp' || downSince === undefined) return;
      outages.push(Date.now() - downSince);
      downSince = undefined;
    });
    cse.delay(DELAY_MS);

    let restarts = 0;
    let restarting = Promise.resolve();
    const restart = async (number: number): Promise<void> => {
      // The first is killed, and loses all sessions; later ones come up with those of the last orderly end.
      if (number % 2 === 0) await broker.stop();
      else await broker.kill();
      if (number === LONG_ONE) {
        await expect.poll(() => outcomes.withCode('LINK_LOST').length, { timeout: 30_000 }).toBeGreaterThan(FAILURES);
      }
      await broker.start();
    };

    const started = Date.now();
    await inParallel(PUSHES, IN_FLIGHT, async (index) => {
      try {
        const { payload, onem2m } = await ae.perform({ topic: `c${index % CONTAINERS}`, payload: index });
        expect([payload, onem2m]).toMatchObject([index, { rsc: 2001 }]);
        outcomes.succeeded(index);
      } catch (error) {
        outcomes.rejected(index, toDeviceError(error, 'UNEXPECTED'));
      }
      if (outcomes.settled >= ((restarts + 1) * PUSHES) / (RESTARTS + 1) && restarts < RESTARTS) {
        restarts += 1;
        const number = restarts;
        restarting = restarting.then(() => restart(number));
      }
    });
    await restarting;
    const seconds = (Date.now() - started) / 1000;
    cse.delay(0);
    await ae.whenHealthy();
    // Comes after whatever is still on its way from us.
    await ae.perform({ topic: 'c0', payload: PUSHES });
    const late = ae.life.filter(({ event }) => event === 'late').length;
    console.log(
      `${outcomes.ok.length} held, ${JSON.stringify(outcomes.codes())}, ${late} late answers; ${outages.length} outages, ` +
        `the longest ${Math.max(...outages)} ms; ${seconds} s`,
    );

    const links = ae.life.filter(({ event }) => event === 'linkUp').length;
    expect([restarts, links]).toEqual([RESTARTS, RESTARTS + 1]);
    expect([outcomes.settled, outcomes.repeated]).toEqual([PUSHES, []]);
    expect(Object.keys(outcomes.codes()).sort()).toEqual(['LINK_LOST', 'TIMEOUT']);
    // What was under way when all sessions were lost, and twice as much while the broker stayed away; the rest survives.
    expect(outcomes.ok.length).toBeGreaterThan(PUSHES - 5 * IN_FLIGHT);

    const contents = held();
    const present = new Set(contents);
    expect(contents.length, 'no content twice').toBe(present.size);
    expect(outcomes.ok.filter((index) => !present.has(index))).toEqual([]);
    expect(outcomes.withCode('LINK_LOST').filter((index) => present.has(index))).toEqual([]);

    expect(ae.entity.snapshot()).toMatchObject({ state: 'healthy', pending: 0 });
    expect(cse.faults).toEqual([]);
    await ae.close();
    expect(cse.resources().filter(({ ty }) => ty === 2)).toEqual([]);
    await expectNoNewHandles(before);
  }, 120_000);
});
