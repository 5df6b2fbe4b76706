import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../../../src/base/errors';
import { flushMicrotasks } from '../../../../support/fakes/fake-clock';
import { BindingBench, codeOf, retrieve } from '../../../../support/onem2m/mqtt-binding';

describe('sending', () => {
  it('listens for the answer before the request leaves, once for each originator', async () => {
    const bench = new BindingBench();
    await bench.send();
    await bench.send({ rqi: 'r2' });
    expect(bench.broker.log).toEqual(['open', 'subscribe /oneM2M/resp/Cae/# 1']);
    expect(bench.broker.published).toEqual([
      { topic: '/oneM2M/req/Cae/in-cse/json', payload: JSON.stringify(retrieve()), qos: 1 },
      { topic: '/oneM2M/req/Cae/in-cse/json', payload: JSON.stringify(retrieve({ rqi: 'r2' })), qos: 1 },
    ]);
  });

  it('waits until the subscription is granted', async () => {
    const bench = new BindingBench();
    let grant: () => void = () => undefined;
    bench.broker.granting = new Promise((resolve) => (grant = resolve));
    const all = Promise.all([bench.send(), bench.send({ rqi: 'r2' })]);
    await flushMicrotasks();
    expect([bench.broker.log.length, bench.broker.published.length]).toEqual([2, 0]);
    grant();
    await all;
    expect(bench.broker.published).toHaveLength(2);
  });

  it.each([
    [{ fr: 'Cae' }, undefined, '/oneM2M/req/Cae/in-cse/json', '/oneM2M/resp/Cae/#'],
    [{ fr: '/in-cse/Cae' }, undefined, '/oneM2M/req/in-cse:Cae/in-cse/json', '/oneM2M/resp/in-cse:Cae/#'],
    [{ fr: 'C' }, 'req', '/oneM2M/req/dl-1234/in-cse/json', '/oneM2M/resp/dl-1234/#'],
    [{ fr: '/S' }, 'req', '/oneM2M/req/dl-1234/in-cse/json', '/oneM2M/resp/dl-1234/#'],
    [{ fr: 'S' }, 'reg_req', '/oneM2M/reg_req/dl-1234/in-cse/json', '/oneM2M/reg_resp/dl-1234/#'],
    [{ fr: 'Cae' }, 'reg_req', '/oneM2M/reg_req/Cae/in-cse/json', '/oneM2M/reg_resp/Cae/#'],
  ] as const)('from %j by %s goes to %s', async (from, registration, topic, filter) => {
    const bench = new BindingBench();
    await bench.send(from, registration);
    expect([bench.topics, bench.broker.filters]).toEqual([[topic], [filter]]);
  });

  it('uses the credential id for registrations only', async () => {
    const bench = new BindingBench({ credentialID: 'cred/1' });
    await bench.send({}, 'reg_req');
    await bench.send();
    expect(bench.topics).toEqual(['/oneM2M/reg_req/cred:1/in-cse/json', '/oneM2M/req/Cae/in-cse/json']);
  });

  it.each([
    ['/mn-cse/base/cnt', '/oneM2M/req/Cae/mn-cse/json'],
    ['//sp/mn-cse/base', '/oneM2M/req/Cae/:sp:mn-cse/json'],
  ])('takes the receiver from the target %s where the endpoint names none', async (to, topic) => {
    const bench = new BindingBench({ receiver: '' });
    await bench.send({ to });
    expect(bench.topics).toEqual([topic]);
  });

  it.each(['cse-in/x', '', '//sp', '/'])('says that no CSE is known for %j', async (to) => {
    const bench = new BindingBench({ receiver: '' });
    await expect(bench.send({ to })).rejects.toMatchObject({
      code: 'CONFIG',
      message: expect.stringMatching(/^endpoint: names no CSE/) as string,
    });
    expect(bench.broker.log).toEqual(['open']);
  });

  it('puts the prefix in front', async () => {
    const bench = new BindingBench({ topicPrefix: 'plant' });
    await bench.send();
    await bench.binding.listen('Cae');
    expect(bench.topics).toEqual(['plant/oneM2M/req/Cae/in-cse/json']);
    expect(bench.broker.filters).toContain('plant/oneM2M/resp/Cae/#');
    expect(bench.broker.filters).toContain('plant/oneM2M/req/+/Cae/#');
  });

  it('forgets the originator that asked longest ago', async () => {
    const bench = new BindingBench();
    for (let index = 0; index < 50; index++) await bench.send({ fr: `C${index}` });
    await bench.send({ fr: 'C0' });
    await bench.send({ fr: 'C50' });
    await flushMicrotasks();
    expect(bench.broker.log.filter((entry) => entry.startsWith('unsub'))).toEqual(['unsubscribe /oneM2M/resp/C1/#']);
    await bench.send({ fr: 'C1' });
    await flushMicrotasks();
    expect(bench.broker.filters).toHaveLength(50);
    expect(bench.broker.filters).toContain('/oneM2M/resp/C1/#');
  });

  it('rejects at once while down, and when closed', async () => {
    const bench = new BindingBench({}, false);
    expect(await codeOf(bench.send())).toBe('LINK_LOST');
    bench.broker.connect();
    expect(await codeOf(bench.send())).toBe('resolved');
    bench.broker.lose();
    expect([await codeOf(bench.send()), bench.binding.isUp]).toEqual(['LINK_LOST', false]);
    expect(bench.seen.links).toEqual(['up', 'gone']);
    await bench.binding.close();
    expect(await codeOf(bench.send())).toBe('CLOSED');
  });

  it('says what cannot be encoded', async () => {
    const bench = new BindingBench();
    expect(await codeOf(bench.send({ pc: { 'm2m:cin': { con: () => 1 } } }))).toBe('BAD_VALUE');
    expect(bench.broker.published).toEqual([]);
  });

  it('is told when the broker refuses the topic of the answers; a problem once', async () => {
    const bench = new BindingBench();
    bench.broker.refused.add('/oneM2M/resp/Cae/#');
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(bench.send()).rejects.toMatchObject({
        code: 'MQTT_SUBSCRIBE_REFUSED',
        message: expect.stringContaining('/oneM2M/resp/Cae/#') as string,
      });
    }
    expect(bench.seen.problems.map(({ code }) => code)).toEqual(['MQTT_SUBSCRIBE_REFUSED']);
    bench.broker.refused.clear();
    expect(await codeOf(bench.send())).toBe('resolved');
  });

  it.each([
    ['MQTT_WRITE_TIMEOUT', 'TIMEOUT'],
    ['MQTT_DROPPED', 'LINK_LOST'],
    ['MQTT_QUEUE_FULL', 'QUEUE_FULL'],
    ['MQTT_BAD_TOPIC', 'CONFIG'],
    ['MQTT_REFUSED', 'MQTT_REFUSED'],
  ])('tells %s as %s', async (code, expected) => {
    const bench = new BindingBench();
    bench.broker.publishing = () => Promise.reject(new DeviceError(code, 'words'));
    await expect(bench.send()).rejects.toMatchObject({ code: expected, message: 'words' });
  });

  it('does not say that nothing has left where the link goes before the broker has acknowledged', async () => {
    const bench = new BindingBench();
    let lose: (error: DeviceError) => void = () => undefined;
    bench.broker.publishing = () => new Promise((_resolve, reject) => (lose = reject));
    const sent = bench.send();
    await flushMicrotasks();
    expect(bench.broker.published.length).toBe(1);
    // As a connection does that is not made again (autoReconnect off).
    lose(new DeviceError('LINK_LOST', 'there is no MQTT connection'));
    const message = 'there is no MQTT connection; nobody knows whether the request took effect';
    await expect(sent).rejects.toMatchObject({ code: 'TIMEOUT', message });
  });

  it('withdraws what has not left: while it subscribes, and at the broker', async () => {
    const bench = new BindingBench();
    const reason = new DeviceError('TIMEOUT', 'too late');
    const controller = new AbortController();
    bench.broker.granting = new Promise(() => undefined);
    const waiting = codeOf(bench.binding.send(retrieve(), { signal: controller.signal }));
    await flushMicrotasks();
    controller.abort(reason);
    expect([await waiting, bench.broker.published.length]).toEqual(['TIMEOUT', 0]);

    bench.broker.granting = Promise.resolve();
    let handed: AbortSignal | undefined;
    bench.broker.publishing = (signal) => {
      handed = signal;
      return Promise.resolve();
    };
    const { signal } = new AbortController();
    await bench.binding.send(retrieve({ fr: 'Cb' }), { signal });
    expect(handed).toBe(signal);
    expect(await codeOf(bench.binding.send(retrieve(), { signal: AbortSignal.abort(reason) }))).toBe('TIMEOUT');
  });
});

describe('close', () => {
  it('closes the broker and is heard no more', async () => {
    const bench = new BindingBench();
    await bench.send();
    await bench.binding.listen('Cae');
    await Promise.all([bench.binding.close(), bench.binding.close()]);
    expect(bench.broker.log.filter((entry) => !entry.startsWith('subscribe'))).toEqual(['open', 'close']);
    bench.broker.connect();
    bench.broker.deliver('/oneM2M/resp/Cae/in-cse/json', { rsc: 2000, rqi: 'r1' });
    bench.broker.events.emit('problem', new DeviceError('X', 'odd'));
    expect(bench.seen).toMatchObject({ links: ['up'], responses: [], problems: [] });
    bench.binding.open();
    expect(bench.broker.log.filter((entry) => entry === 'open')).toHaveLength(1);
    expect(bench.broker.events.listenerCount('connected')).toBe(0);
  });

  it('leaves nothing behind on a connection of others', async () => {
    const bench = new BindingBench();
    await bench.send();
    await bench.binding.listen('Cae');
    await bench.binding.close({ forget: true });
    expect(bench.broker.filters).toEqual([]);
    expect(bench.broker.log.at(-1)).toBe('close');
  });

  it('has a session of its own forgotten after the connection', async () => {
    const bench: BindingBench = new BindingBench({
      forget: () => {
        bench.broker.log.push('forget');
        return Promise.resolve();
      },
    });
    await bench.send();
    await bench.binding.close({ forget: true });
    expect(bench.broker.log.slice(-2)).toEqual(['close', 'forget']);
  });

  it('settles although nothing answers', async () => {
    const bench = new BindingBench({ forget: () => new Promise(() => undefined) });
    const closing = bench.binding.close({ forget: true });
    await bench.ports.clock.advance(5000);
    await closing;
    expect(bench.ports.clock.pending).toEqual([]);
  });
});
