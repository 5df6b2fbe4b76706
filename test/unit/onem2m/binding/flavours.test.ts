import { afterEach, describe, expect, it } from 'vitest';
import type { ProfileName } from '../../../../src/onem2m/binding/profile.ts';
import { FlavourBench } from '../../../support/onem2m/flavour-bench.ts';
import { freePort } from '../../../support/system/free-port.ts';

/** What is known of each CSE (docs/facts/onem2m.md#nine-facts, 3 to 8), and what an AE is to make of it. */
interface Known {
  readonly flavour: ProfileName;
  /** Undefined: nothing tells it from the specification. */
  readonly profile: ProfileName | undefined;
  /** How the AE is created. */
  readonly registration: string;
  readonly sendsSrv: boolean;
  /** The topic of a notification; `{ae}` is the AE-ID. */
  readonly topic: string;
  readonly discovers: boolean;
}

const REG_REQ = 'reg_req CREATE onem2m';
const REQ = 'CREATE onem2m';

const KNOWN: readonly Known[] = [
  {
    ...{ flavour: 'generic', profile: undefined, registration: REG_REQ, sendsSrv: true, discovers: true },
    topic: '/oneM2M/req/in-cse-1/{ae}/json',
  },
  {
    ...{ flavour: 'acme', profile: 'acme', registration: REG_REQ, sendsSrv: true, discovers: true },
    topic: '/oneM2M/req/in-cse-1/{ae}/json',
  },
  {
    ...{ flavour: 'openmtc', profile: 'openmtc', registration: REQ, sendsSrv: false, discovers: true },
    topic: '/oneM2M/req/in-cse-1/in-cse-1:{ae}/json',
  },
  {
    ...{ flavour: 'mobius2', profile: 'mobius2', registration: REG_REQ, sendsSrv: true, discovers: true },
    topic: '/oneM2M/req/in-cse-1/{ae}/json',
  },
  {
    ...{ flavour: 'mobius4', profile: 'mobius4', registration: REQ, sendsSrv: true, discovers: true },
    topic: '{ae}/json',
  },
  {
    ...{ flavour: 'tinyiot', profile: 'tinyiot', registration: REG_REQ, sendsSrv: true, discovers: false },
    topic: '/oneM2M/req/in-cse-1/{ae}',
  },
];

const SUBSCRIBED = {
  resources: [
    { ty: 'container', path: 'values', mni: 100 },
    { ty: 'container', path: 'other' },
  ],
  subscriptions: [{ target: 'values' }],
};

let bench: FlavourBench;

afterEach(() => bench.stop());

describe.each(KNOWN)('at $flavour, an AE', ({ flavour, profile, registration, sendsSrv, topic, discovers }) => {
  it('recognizes it and registers at the first attempt, without waiting', async () => {
    bench = await FlavourBench.start(flavour);
    // Had it waited for any answer that never comes, it would not be there in time.
    const ae = await bench.startAe({ timeout: '1m' });
    expect(ae.entity.snapshot().profile).toBe(profile);
    expect(bench.asked).toEqual(['RETRIEVE onem2m', registration]);
    expect('srv' in bench.registration).toBe(sendsSrv);
    expect(ae.originator).toMatch(/^C\w+/);
    expect(ae.problems).toEqual([]);
    expect(ae.life.at(-1)).toMatchObject({ event: 'registered', payload: ae.originator, details: { profile } });
  });

  it('keeps containers and subscriptions, and is notified', async () => {
    bench = await FlavourBench.start(flavour);
    const ae = await bench.startAe(SUBSCRIBED);
    const payload = { text: 'ü', number: 2001, list: [1.5, null] };
    const [notification] = await Promise.all([ae.notification(), ae.perform({ payload })]);
    expect(notification).toMatchObject({ payload, topic: 'onem2m/app/values', onem2m: { event: 'createChild' } });
    expect(notification.onem2m.unknown).toBeUndefined();
    expect(notification.onem2m.representation).toMatchObject({ 'm2m:cin': { ty: 4 } });
    expect(bench.cse.notifications.map((sent) => sent.topic)).toContain(topic.replace('{ae}', ae.originator));
    expect(ae.problems).toEqual([]);
    expect(bench.cse.notifier.loops).toBe(0);
  });

  it('creates, reads, changes and deletes', async () => {
    bench = await FlavourBench.start(flavour);
    const ae = await bench.startAe(SUBSCRIBED);
    const created = await ae.perform({ operation: 'create', ty: 3, payload: { rn: 'more', lbl: ['x'], mni: 7 } });
    expect(created).toMatchObject({ payload: { rn: 'more', mni: 7 }, onem2m: { rsc: 2001, ty: 3 } });
    for (const payload of ['text', { a: [1] }, 21.5, Buffer.from([0, 255])]) {
      await ae.perform({ topic: 'values', payload });
      expect((await ae.perform({ operation: 'latest', topic: 'values' })).payload).toEqual(payload);
    }
    const updated = await ae.perform({ operation: 'update', topic: 'more', payload: { lbl: ['y'] } });
    expect(updated).toMatchObject({ payload: { lbl: ['y'] }, onem2m: { rsc: 2004 } });
    const found = await ae.perform({ operation: 'discover', filter: { labels: ['y'] } });
    expect(found.payload).toEqual(discovers ? ['onem2m/app/more'] : []);
    expect((await ae.perform({ operation: 'delete', topic: 'more' })).onem2m.rsc).toBe(2002);
    await expect.poll(() => ae.notifications.length).toBe(4);
    expect(ae.problems).toEqual([]);
  });

  it('makes no difference between answers that come once and twice', async () => {
    bench = await FlavourBench.start(flavour);
    bench.cse.answerTwice = true;
    const ae = await bench.startAe(SUBSCRIBED);
    for (const payload of [1, 2, 3]) {
      const [notification, { onem2m }] = await Promise.all([ae.notification(), ae.perform({ payload })]);
      expect([notification.payload, onem2m.rsc]).toEqual([payload, 2001]);
    }
    await ae.perform({ operation: 'latest' });
    expect(ae.notifications).toHaveLength(3);
    // tinyIoT asks for a verification even of who has subscribed itself.
    const events = ae.life.map(({ event }) => event).filter((event) => event !== 'verified');
    expect(events).toEqual(['linkUp', 'registered']);
    expect(ae.problems).toEqual([]);
  });

  it('is told of subscriptions that end, and makes none of its own ending a matter', async () => {
    bench = await FlavourBench.start(flavour);
    const ae = await bench.startAe(SUBSCRIBED);
    await ae.perform({ operation: 'subscribe', topic: 'other', payload: { name: 'own' } });
    await ae.perform({ operation: 'unsubscribe', topic: 'other', payload: { name: 'own' } });
    const [notification] = await Promise.all([ae.notification(), remove(bench, 'onem2m/app/values')]);
    expect(notification).toMatchObject({ topic: 'onem2m/app/values', onem2m: { event: 'subscriptionDeleted' } });
    expect(ae.notifications).toHaveLength(1);
  });

  it('is found again after a restart, with the same id', async () => {
    bench = await FlavourBench.start(flavour);
    const properties = { ...SUBSCRIBED, ae: FIXED, timeout: '300ms' };
    const first = await bench.startAe({ ...properties, registration: { onClose: 'keep', check: '0s' } });
    await first.close();
    const again = await bench.startAe(properties);
    const [notification] = await Promise.all([again.notification(), again.perform({ payload: 'again' })]);
    expect(notification.payload).toBe('again');
    expect(again.originator).toBe('Cfixed');
    expect(again.life.at(-1)?.event).toBe('resumed');
  });

  it('comes back after the CSE has lost everything', async () => {
    bench = await FlavourBench.start(flavour);
    const ae = await bench.startAe({ ...SUBSCRIBED, timeout: '300ms' });
    const restored = ae.event('restored');
    bench.cse.forgetAll();
    await expect(ae.perform({ operation: 'retrieve', topic: 'values' })).rejects.toThrow();
    await restored;
    await ae.whenHealthy();
    const [notification] = await Promise.all([ae.notification(), ae.perform({ payload: 'again' })]);
    expect(notification.payload).toBe('again');
  });

  it('is refused in words', async () => {
    bench = await FlavourBench.start(flavour);
    const ae = await bench.startAe({ timeout: '300ms' });
    const asked = ae.perform({ operation: 'retrieve', topic: 'missing' });
    const isHidden = flavour === 'openmtc';
    await expect(asked).rejects.toMatchObject({
      code: isHidden ? 'TIMEOUT' : 'ONEM2M_4004',
      message: expect.stringContaining(isHidden ? 'no answer to RETRIEVE onem2m/app/missing' : 'not found'),
      advice: expect.stringMatching(isHidden ? /no error over MQTT.*may have been refused/ : /address/),
    });
    // A container that is missing is made all the same.
    await ae.perform({ topic: 'deep/er', payload: 1 });
    expect((await ae.perform({ operation: 'latest', topic: 'deep/er' })).payload).toBe(1);
  });

  it('does not stop at a resource that the CSE does not want', async () => {
    bench = await FlavourBench.start(flavour);
    const resources = [
      { ty: 'container', path: 'bad', nothing: 1 },
      { ty: 'container', path: 'good' },
    ];
    const ae = bench.create({ resources, timeout: '300ms' });
    ae.entity.start();
    await expect.poll(() => ae.entity.snapshot().state).toBe('degraded');
    const code = flavour === 'openmtc' ? 'TIMEOUT' : 'ONEM2M_4000';
    expect(ae.problems).toMatchObject([{ code, message: expect.stringMatching(/onem2m\/app/) }]);
    expect(bench.cse.resources().map(({ path }) => path)).toContain('onem2m/app/good');
  });

  it('works over HTTP as well', async () => {
    bench = await FlavourBench.start(flavour);
    const notify = `http://127.0.0.1:${await freePort()}/notify`;
    const ae = await bench.startAe({ ...SUBSCRIBED, endpoint: bench.cse.httpUrl, notify });
    const [notification] = await Promise.all([ae.notification(), ae.perform({ payload: { n: 1 } })]);
    expect(notification).toMatchObject({ payload: { n: 1 }, topic: 'onem2m/app/values' });
    expect('srv' in bench.registration).toBe(sendsSrv);
    expect(ae.problems).toEqual([]);
    expect(bench.cse.notifier.loops).toBe(0);
  });

  it('takes the profile that it is told, and asks nothing', async () => {
    bench = await FlavourBench.start(flavour);
    const ae = await bench.startAe({ ...SUBSCRIBED, profile: flavour, timeout: '1m' });
    expect(bench.asked.slice(0, 2)).toEqual([registration, 'CREATE onem2m/app']);
    expect('srv' in bench.registration).toBe(sendsSrv);
    const [notification] = await Promise.all([ae.notification(), ae.perform({ payload: 5 })]);
    expect(notification.payload).toBe(5);
  });
});

describe('a polling channel', () => {
  it.each(['generic', 'acme'] as const)('is made at %s', async (flavour) => {
    bench = await FlavourBench.start(flavour);
    const ae = await bench.startAe({ ...SUBSCRIBED, notify: 'poll' });
    const [notification] = await Promise.all([ae.notification(), ae.perform({ payload: 1 })]);
    expect(notification.payload).toBe(1);
  });

  it.each(['openmtc', 'mobius2', 'mobius4', 'tinyiot'] as const)('is refused in words at %s', async (flavour) => {
    bench = await FlavourBench.start(flavour);
    const ae = bench.create({ notify: 'poll', timeout: '300ms' });
    ae.entity.start();
    await expect.poll(() => ae.entity.snapshot().state).toBe('degraded');
    const refusal = { code: 'CONFIG', message: expect.stringMatching(new RegExp(`${flavour}.*no polling channels`)) };
    expect(ae.problems).toMatchObject([{ ...refusal, advice: expect.stringContaining('notify') }]);
  });
});

describe('a wrong profile', () => {
  it('that leaves out what the CSE needs is told in words', async () => {
    bench = await FlavourBench.start('acme');
    const ae = bench.create({ profile: 'openmtc' });
    ae.entity.start();
    await expect.poll(() => ae.entity.snapshot().state).toBe('unhealthy');
    expect(ae.entity.snapshot().lastError).toMatchObject({
      code: 'ONEM2M_4000',
      message: expect.stringMatching(/srv/),
    });
    expect(bench.asked).toEqual([REQ]);
  });

  it('that takes the wrong topic first loses only time', async () => {
    bench = await FlavourBench.start('mobius4');
    const ae = await bench.startAe({ profile: 'acme', timeout: '300ms' });
    expect(bench.asked).toEqual([REQ]);
    expect(ae.entity.snapshot().profile).toBe('acme');
  });

  it('at a CSE that says nothing ends in a timeout, and asks little', async () => {
    bench = await FlavourBench.start('openmtc');
    const ae = bench.create({ profile: 'acme', timeout: '200ms' });
    ae.entity.start();
    await expect.poll(() => ae.entity.snapshot().state).toBe('unhealthy');
    expect(ae.entity.snapshot().lastError).toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringMatching(/CREATE onem2m/),
    });
    expect(bench.asked).toEqual([REQ]);
  });
});

describe('a CSE of which nothing is known', () => {
  it('is tried with each form of registration in turn', async () => {
    bench = await FlavourBench.start('openmtc');
    const speakAgain = bench.cse.silence(({ op }) => op === 2);
    const ae = await bench.startAe({ timeout: '200ms' });
    speakAgain();
    // `reg_req` is heard by nobody; then with `srv`, which is answered by nobody; then without.
    expect(bench.asked.filter((asked) => asked === REQ)).toHaveLength(2);
    expect(ae.entity.snapshot().profile).toBe('openmtc');
  });
});

const FIXED = { name: 'app', originator: 'Cfixed' };

/** By the administrator. */
async function remove({ cse }: FlavourBench, path: string): Promise<void> {
  const headers = { 'X-M2M-Origin': 'CAdmin', 'X-M2M-RI': 'r1', 'X-M2M-RVI': '3' };
  await fetch(`${cse.httpUrl ?? ''}/${path}`, { method: 'DELETE', headers });
}
