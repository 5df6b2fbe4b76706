import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toDeviceError, type DeviceError } from '../../../src/base/errors.ts';
import { countHandles, expectNoNewHandles } from '../../support/system/active-handles.ts';
import { freePort } from '../../support/system/free-port.ts';
import { Mosquitto, mosquittoAvailable } from '../../support/mqtt/mosquitto.ts';
import { TestAe } from '../../support/onem2m/onem2m-ae.ts';
import { startCse, type Primitive, type StandInCse } from '../../support/onem2m/stand-in-cse.ts';

const TIMEOUT_MS = 1500;
const PAUSE_MS = 5;
const WORKERS = 4;

interface Outcome {
  readonly index: number;
  readonly ms: number;
  /** What had happened to the CSE when it was asked for. */
  readonly phase: string;
  readonly error?: DeviceError;
}

/** Pushes all the time, into two containers, until told to end. */
class Traffic {
  readonly outcomes: Outcome[] = [];
  phase = 'before';
  private next = 0;
  private isEnding = false;
  private readonly workers: Promise<void>[];

  constructor(private readonly ae: TestAe) {
    this.workers = Array.from({ length: WORKERS }, () => this.work());
  }

  of(phase: string): Outcome[] {
    return this.outcomes.filter((outcome) => outcome.phase === phase);
  }

  async end(): Promise<void> {
    this.isEnding = true;
    await Promise.all(this.workers);
  }

  private async work(): Promise<void> {
    while (!this.isEnding) {
      const index = this.next++;
      const { phase } = this;
      const started = Date.now();
      const error = await this.ae.perform({ topic: `plant/c${index % 2}`, payload: index }).then(
        () => undefined,
        (reason: unknown) => toDeviceError(reason, 'UNEXPECTED'),
      );
      this.outcomes.push({ index, ms: Date.now() - started, phase, ...(error === undefined ? {} : { error }) });
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/** The `rn` of what a request creates, but for contents. */
function nameOfCreated({ op, ty, pc }: Primitive): string[] {
  if (op !== 1 || ty === 4) return [];
  const [attributes] = Object.values(pc as Record<string, { readonly rn: string }>);
  return attributes === undefined ? [] : [attributes.rn];
}

describe.skipIf(!mosquittoAvailable())('a CSE that comes back having forgotten everything', () => {
  let broker: Mosquitto;
  let cse: StandInCse;

  beforeEach(async () => {
    broker = await Mosquitto.start();
    cse = await startCse({ id: '/mn-cse-1', brokerUrl: broker.url, http: {} });
  });

  afterEach(async () => {
    await cse.stop();
    await broker.remove();
  });

  const OVER = {
    mqtt: () => ({ endpoint: `${broker.url}#mn-cse-1` }),
    http: async () => ({ endpoint: cse.httpUrl ?? '', notify: `http://127.0.0.1:${await freePort()}/n` }),
  };

  it.each([
    ['mqtt', true],
    ['mqtt', false],
    ['http', true],
    ['http', false],
  ] as const)('is given back what it had, over %s, while pushes go on (away for a while: %s)', async (kind, isAway) => {
    const before = countHandles();
    const ae = await TestAe.start({
      name: 'app',
      ae: { originator: 'Capp' },
      properties: {
        cse: { base: 'onem2m' },
        timeout: `${TIMEOUT_MS}ms`,
        resources: [
          { ty: 'container', path: 'plant', labels: ['area'] },
          { ty: 'container', path: 'plant/c0', mni: 5000 },
          { ty: 'container', path: 'plant/c1', mni: 4000 },
        ],
        subscriptions: [{ target: 'plant/c0' }, { target: 'plant/c1' }],
        ...(await OVER[kind]()),
      },
    });
    const states: string[] = [];
    ae.entity.events.on('state', ({ state }) => {
      if (states.at(-1) !== state) states.push(state);
    });
    const seen = (): Set<number> => new Set(ae.notifications.map(({ payload }) => Number(payload)));
    const traffic = new Traffic(ae);
    const succeeded = (phase: string): number => traffic.of(phase).filter(({ error }) => error === undefined).length;
    const failed = (phase: string): Outcome[] => traffic.of(phase).filter(({ error }) => error !== undefined);
    await expect.poll(() => succeeded('before')).toBeGreaterThan(50);

    const restored = ae.event('restored');
    if (isAway) {
      await cse.stop();
      traffic.phase = 'away';
      await expect.poll(() => failed('away').length, { timeout: 15_000 }).toBeGreaterThanOrEqual(2 * WORKERS);
      await expect.poll(() => states).toContain('unhealthy');
    }
    const asked = cse.requests.length;
    cse.forgetAll();
    traffic.phase = 'back';
    if (isAway) await cse.start();
    await restored;
    await ae.whenHealthy();
    traffic.phase = 'after';
    await expect.poll(() => succeeded('after')).toBeGreaterThan(50);
    await traffic.end();

    expect(states).toEqual([...(isAway ? ['unhealthy'] : []), 'connecting', 'healthy']);
    expect(ae.life.map(({ event }) => event)).toEqual(['linkUp', 'registered', 'forgotten', 'restored']);
    // One for each attempt to reach it, which are further and further apart.
    expect(ae.problems.length).toBeLessThan(isAway ? 6 : 1);

    const outage = ['TIMEOUT', 'LINK_LOST', 'CONNECT_FAILED'];
    for (const { error, ms, phase } of traffic.outcomes) {
      if (error === undefined) continue;
      expect([phase, error.code]).toEqual([phase, expect.toBeOneOf(isAway ? outage : ['ONEM2M_4004'])]);
      expect(error.message).toMatch(/\w+ \w+ \w+/);
      expect(ms).toBeLessThan(TIMEOUT_MS + 1000);
    }
    expect(failed('after')).toEqual([]);

    const made = cse.requests.slice(asked).flatMap(({ request }) => nameOfCreated(request));
    // What was under way when it was forgotten tries to make its container too.
    const own = (name: string): unknown => expect.stringMatching(new RegExp(`^${name}-[0-9a-f]{32}$`));
    const subscriptions = [own('devicelink-plant-c0-3'), own('devicelink-plant-c1-3')];
    if (isAway) expect(made).toEqual(['app', 'plant', 'c0', 'c1', ...subscriptions]);
    const held = cse.resources();
    const attributesOf = (path: string): unknown => held.find((resource) => resource.path === path)?.attributes;
    expect(attributesOf('onem2m/app/plant')).toMatchObject({ lbl: ['area'] });
    expect(attributesOf('onem2m/app/plant/c0')).toMatchObject({ mni: 5000 });
    expect(attributesOf('onem2m/app/plant/c1')).toMatchObject({ mni: 4000 });
    const contents = held.flatMap(({ ty, attributes }) => (ty === 4 ? [Number(attributes['con'])] : []));
    expect(contents.length).toBe(new Set(contents).size);
    const notSent = traffic.outcomes.filter(({ error }) => error !== undefined && error.code !== 'TIMEOUT');
    expect(notSent.filter(({ index }) => contents.includes(index))).toEqual([]);

    const pushedAfter = traffic.of('after').flatMap(({ index, error }) => (error === undefined ? [index] : []));
    expect(pushedAfter.filter((index) => !contents.includes(index))).toEqual([]);
    await expect.poll(() => pushedAfter.filter((index) => !seen().has(index))).toEqual([]);
    expect(ae.notifications.length).toBe(seen().size);
    await ae.close();
    expect(cse.faults).toEqual([]);
    await expectNoNewHandles(before);
  });
});
