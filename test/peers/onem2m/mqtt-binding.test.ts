import { afterEach, describe, expect, it } from 'vitest';
import { DeviceError } from '../../../src/base/errors';
import { codecOf } from '../../../src/onem2m/primitive/serialization';
import { responseTopic } from '../../support/onem2m/hand-written-cse';
import { mosquittoAvailable } from '../../support/mqtt/mosquitto';
import { mosquittoPublish, MosquittoSubscriber } from '../../support/mqtt/mosquitto-clients';
import { codeOf, retrieve } from '../../support/onem2m/mqtt-binding';
import { OneM2MBench } from '../../support/onem2m/onem2m-mqtt-bench';

const bench = new OneM2MBench();
afterEach(() => bench.clear());

describe.skipIf(!mosquittoAvailable())('MqttBinding over mosquitto', () => {
  it('sends a request and gets its answer', async () => {
    const broker = await bench.startBroker();
    const cse = await bench.startCse(broker);
    const { seen, send } = await bench.createUp(broker.url);
    await send();
    await expect.poll(() => seen.responses).toHaveLength(1);
    const [response, traits] = seen.responses[0] ?? [];
    expect(response).toEqual({ rsc: 2000, rqi: 'r1', to: 'Cae', fr: '/in-cse' });
    expect(traits).toMatchObject({ hasTypeLevel: true, hasFloats: false });
    expect(cse.received).toEqual([
      { topic: '/oneM2M/req/Cae/in-cse/json', payload: Buffer.from(JSON.stringify(retrieve())) },
    ]);
  });

  it('is understood by mosquitto_sub and mosquitto_pub', async () => {
    const broker = await bench.startBroker();
    const { seen, send } = await bench.createUp(broker.url);
    const subscriber = await MosquittoSubscriber.start(broker.plain, '/oneM2M/#');
    bench.onClear(() => subscriber.stop());
    await send();
    expect(await subscriber.waitFor(1)).toMatchObject([
      { topic: '/oneM2M/req/Cae/in-cse/json', qos: 1, retained: false },
    ]);
    await mosquittoPublish(broker.plain, '/oneM2M/resp/Cae/in-cse/json', '{"rsc":2000,"rqi":"r1"}', { qos: 0 });
    await expect.poll(() => seen.responses).toHaveLength(1);
  });

  it('registers by reg_req under its credential id', async () => {
    const broker = await bench.startBroker();
    const cse = await bench.startCse(broker);
    const { seen, send } = await bench.createUp(broker.url, { credentialID: 'cred' });
    await send('r1', undefined, 'reg_req');
    await expect.poll(() => seen.responses).toHaveLength(1);
    expect(cse.topics).toEqual(['/oneM2M/reg_req/cred/in-cse/json']);
  });

  it('tells each of the two answers of Mobius 2', async () => {
    const broker = await bench.startBroker();
    const cse = await bench.startCse(broker);
    const { answers } = cse;
    cse.answers = (message) =>
      answers(message).flatMap(({ topic, payload }) => [
        { topic, payload },
        { topic: topic.replace(/\/json$/, ''), payload },
      ]);
    const { seen, send } = await bench.createUp(broker.url);
    await send();
    await expect
      .poll(() => seen.responses.map(([{ rqi }, { hasTypeLevel }]) => [rqi, hasTypeLevel]))
      .toEqual([
        ['r1', true],
        ['r1', false],
      ]);
  });

  it('speaks CBOR', async () => {
    const broker = await bench.startBroker();
    const cse = await bench.startCse(broker);
    const cbor = await codecOf('cbor');
    cse.answers = ({ topic }) => [
      {
        topic: responseTopic(topic),
        payload: Buffer.from(cbor.encode({ rsc: 2001, rqi: 'r1', pc: { 'm2m:cin': {} } })),
      },
    ];
    const { seen, send } = await bench.createUp(broker.url, { serialization: 'cbor' });
    await send();
    await expect.poll(() => seen.responses).toHaveLength(1);
    expect(seen.responses[0]?.[0]).toEqual({ rsc: 2001, rqi: 'r1', pc: { 'm2m:cin': {} } });
    expect(cse.topics).toEqual(['/oneM2M/req/Cae/in-cse/cbor']);
    expect(cbor.decode(cse.received[0]?.payload ?? '')).toEqual(retrieve());
  });

  it.each([
    '/oneM2M/req/in-cse/Cae/json',
    '/oneM2M/req/in-cse/in-cse:Cae/json',
    '/oneM2M/req/in-cse/:sp:in-cse:Cae/json',
    '/oneM2M/req/in-cse/Cae',
  ])('takes a notification on %s and answers it there', async (topic) => {
    const broker = await bench.startBroker();
    const cse = await bench.startCse(broker);
    const { binding, seen } = await bench.createUp(broker.url);
    await binding.listen('Cae');
    const notification = { op: 5, to: 'Cae', fr: '/in-cse', rqi: 'n1', pc: { 'm2m:sgn': { vrq: true } } };
    await cse.publish({ topic, payload: Buffer.from(JSON.stringify(notification)) });
    await expect.poll(() => seen.requests).toHaveLength(1);
    await seen.requests[0]?.answer?.({ rsc: 2000, rqi: 'n1' });
    await expect.poll(() => cse.topics).toEqual([responseTopic(topic)]);
    expect(cse.received[0]?.payload.toString()).toBe('{"rsc":2000,"rqi":"n1"}');
  });

  it.each([
    ['/oneM2M/req/tinyiot/Cae', '{"m2m:sgn":{"nev":{"net":3.0},"sur":"TinyIoT/a/s"}}'],
    ['Cae/json', '{"fr":"/Mobius4","ri":"mqtt-noti-1","op":5,"pc":{"m2m:sgn":{"sur":"Mobius/a/s"}}}'],
    ['my/topic', '{"op":5,"to":"my/topic","fr":"/in-cse","rqi":"n1","pc":{"m2m:sgn":{"sur":"a/s"}}}'],
  ])('takes a notification on %s, which expects no answer', async (topic, payload) => {
    const broker = await bench.startBroker();
    const { binding, seen } = await bench.createUp(broker.url, { notifyTopic: 'my/topic' });
    await binding.listen('Cae');
    await mosquittoPublish(broker.plain, topic, payload);
    await expect.poll(() => seen.requests).toHaveLength(1);
    expect(seen.requests[0]).toMatchObject({ via: topic, request: { op: 5 } });
    expect(seen.requests[0]).not.toHaveProperty('answer');
  });

  it('gets an answer over a restart of the broker, and notifications after it', async () => {
    const broker = await bench.startBroker();
    const cse = await bench.startCse(broker);
    const { binding, seen, send } = await bench.createUp(broker.url);
    await binding.listen('Cae');
    await send('r0');
    broker.pause();
    const sent = send();
    // A turn of the event loop, in which it is written.
    await new Promise((resolve) => setImmediate(resolve));
    await broker.kill();
    await expect.poll(() => binding.isUp).toBe(false);
    expect(await codeOf(send('r2'))).toBe('LINK_LOST');
    await broker.start();
    await sent;
    await expect.poll(() => seen.responses.map(([{ rqi }]) => rqi), { timeout: 10_000 }).toContain('r1');
    expect(seen.links.at(0)).toBe('up');
    expect(seen.links.at(-1)).toBe('up');
    await expect
      .poll(async () => {
        await cse.publish({ topic: '/oneM2M/req/in-cse/Cae/json', payload: Buffer.from('{"op":5,"rqi":"n1"}') });
        return seen.requests.length;
      })
      .toBeGreaterThan(0);
  });

  it('does not send a withdrawn request after the broker is back', async () => {
    const broker = await bench.startBroker();
    const cse = await bench.startCse(broker);
    const { binding, seen, send } = await bench.createUp(broker.url);
    await send('r0');
    await expect.poll(() => seen.responses).toHaveLength(1);
    broker.pause();
    const controller = new AbortController();
    const withdrawn = codeOf(send('r1', controller.signal));
    const kept = send('r2');
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new DeviceError('TIMEOUT', 'too late'));
    expect(await withdrawn).toBe('TIMEOUT');
    await broker.kill();
    await expect.poll(() => binding.isUp).toBe(false);
    await broker.start();
    await kept;
    await expect.poll(() => seen.responses.map(([{ rqi }]) => rqi), { timeout: 10_000 }).toContain('r2');
    const ids = cse.received.map(({ payload }) => (JSON.parse(payload.toString()) as { rqi: string }).rqi);
    expect([ids.includes('r1'), ids.includes('r2')]).toEqual([false, true]);
  });
});
