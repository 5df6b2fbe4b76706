import { describe, expect, it } from 'vitest';
import { codecOf } from '../../../../../src/onem2m/primitive/serialization';
import { BindingBench, codeOf, retrieve } from '../../../../support/onem2m/mqtt-binding';

describe('answers', () => {
  it.each([
    ['/oneM2M/resp/Cae/in-cse/json', '{"rsc":2000,"rqi":"r1"}', { hasTypeLevel: true, hasFloats: false }],
    ['/oneM2M/resp/Cae/in-cse', '{"rsc":2000,"rqi":"r1"}', { hasTypeLevel: false, hasFloats: false }],
    ['/oneM2M/resp/Cae/:Mobius2/json', '{"rsc":2000,"rqi":"r1"}', { hasTypeLevel: true, hasFloats: false }],
    ['/oneM2M/resp/Cae/tinyiot/json', '{"rsc":2000.0,"rqi":"r1"}', { hasTypeLevel: true, hasFloats: true }],
    ['/oneM2M/resp/Cae/in-cse/json', '{"m2m:rsp":{"rsc":2000,"rqi":"r1"}}', { hasTypeLevel: true, hasFloats: false }],
  ])('on %s: %s', async (topic, payload, traits) => {
    const bench = new BindingBench();
    await bench.send();
    bench.broker.deliver(topic, payload);
    const [[response, seen] = [], ...others] = bench.seen.responses;
    expect(others).toEqual([]);
    expect(response).toMatchObject({ rsc: 2000, rqi: 'r1' });
    expect({ hasTypeLevel: seen?.hasTypeLevel, hasFloats: seen?.hasFloats }).toEqual(traits);
  });

  it('come as often as they arrive', async () => {
    const bench = new BindingBench();
    await bench.send();
    for (const end of ['/json', '']) bench.broker.deliver(`/oneM2M/resp/Cae/in-cse${end}`, { rsc: 2000, rqi: 'r1' });
    expect(bench.seen.responses.map(([, { hasTypeLevel }]) => hasTypeLevel)).toEqual([true, false]);
  });

  it.each([
    ['/oneM2M/resp/Cae/in/json', 'no json', /^on \/oneM2M\/resp\/Cae\/in\/json: the payload is no JSON/, undefined],
    ['/oneM2M/resp/Cae/in/xml', '<m2m:rsp/>', /only json and cbor/, undefined],
    ['/oneM2M/resp/Cae/in/cbor', Buffer.from([0xff]), /no CBOR/, undefined],
    ['/oneM2M/resp/Cae/in/json', { rqi: 'r1' }, /rsc is missing/, 'r1'],
    ['/oneM2M/resp/Cae/in/json', retrieve(), /is a request on a topic of answers/, undefined],
  ])('that are none are told: %s %s', async (topic, payload, reason, rqi) => {
    const bench = new BindingBench();
    await bench.send();
    bench.broker.deliver(topic, payload);
    await expect.poll(() => bench.seen.malformed).toHaveLength(1);
    expect(bench.seen.malformed[0]?.reason).toMatch(reason);
    expect(bench.seen.malformed[0]?.rqi).toBe(rqi);
    expect([bench.seen.responses, bench.seen.requests]).toEqual([[], []]);
  });

  it('that are too long are refused', async () => {
    const bench = new BindingBench({ maxPayloadBytes: 20 });
    await bench.send();
    bench.broker.deliver('/oneM2M/resp/Cae/in-cse/json', { rsc: 2000, rqi: 'r1', pc: {} });
    expect(bench.seen.problems[0]?.message).toMatch(
      /of 31 bytes on \/oneM2M\/resp\/Cae\/in-cse\/json was refused: at most 20/,
    );
    expect([bench.seen.responses, bench.seen.malformed]).toEqual([[], []]);
  });

  it('are read and requests written as CBOR', async () => {
    const bench = new BindingBench({ serialization: 'cbor' });
    const cbor = await codecOf('cbor');
    await bench.send();
    expect(bench.topics).toEqual(['/oneM2M/req/Cae/in-cse/cbor']);
    expect(cbor.decode(Buffer.from(bench.broker.published[0]?.payload ?? ''))).toEqual(retrieve());
    const answer = Buffer.from(cbor.encode({ rsc: 2001, rqi: 'r1' }));
    bench.broker.deliver('/oneM2M/resp/Cae/in-cse/cbor', answer);
    bench.broker.deliver('/oneM2M/resp/Cae/in-cse', answer);
    bench.broker.deliver('/oneM2M/resp/Cae/in-cse', { rsc: 2002, rqi: 'r1' });
    await expect.poll(() => bench.seen.responses.map(([{ rsc }]) => rsc).sort()).toEqual([2001, 2001, 2002]);
  });
});

describe('notifications', () => {
  const sgn = { 'm2m:sgn': { nev: { net: 3, rep: {} }, sur: '/in-cse/sub1' } };
  const notify = { op: 5, to: 'Cae', fr: '/in-cse', rqi: 'n1', rvi: '4', pc: sgn };

  it.each([
    ['/oneM2M/req/in-cse/Cae/json', '/oneM2M/resp/in-cse/Cae/json'],
    ['/oneM2M/req/in-cse/in-cse:Cae/json', '/oneM2M/resp/in-cse/in-cse:Cae/json'],
    ['/oneM2M/req/in-cse/:sp:in-cse:Cae/json', '/oneM2M/resp/in-cse/:sp:in-cse:Cae/json'],
    ['/oneM2M/req/in-cse/Cae', '/oneM2M/resp/in-cse/Cae'],
    ['/oneM2M/req/:Mobius2/Cae/json', '/oneM2M/resp/:Mobius2/Cae/json'],
  ])('on %s are answered on %s', async (topic, responseTopic) => {
    const bench = new BindingBench();
    await bench.binding.listen('Cae');
    bench.broker.deliver(topic, notify);
    expect(bench.seen.requests).toMatchObject([{ request: notify, via: topic }]);
    await bench.seen.requests[0]?.answer?.({ rsc: 2000, rqi: 'n1' });
    expect(bench.broker.published).toEqual([{ topic: responseTopic, payload: '{"rsc":2000,"rqi":"n1"}', qos: 1 }]);
  });

  it('are answered in the serialization they came in', async () => {
    const bench = new BindingBench();
    const cbor = await codecOf('cbor');
    await bench.binding.listen('Cae');
    bench.broker.deliver('/oneM2M/req/in-cse/Cae/cbor', Buffer.from(cbor.encode(notify)));
    await expect.poll(() => bench.seen.requests).toHaveLength(1);
    await bench.seen.requests[0]?.answer?.({ rsc: 2000, rqi: 'n1' });
    expect(bench.broker.published[0]?.topic).toBe('/oneM2M/resp/in-cse/Cae/cbor');
    expect(cbor.decode(Buffer.from(bench.broker.published[0]?.payload ?? ''))).toEqual({ rsc: 2000, rqi: 'n1' });
  });

  it('without an id, or on a topic with no counterpart, expect no answer', async () => {
    const bench = new BindingBench({ notifyTopic: 'my/topic' });
    await bench.binding.listen('Cae');
    bench.broker.deliver('/oneM2M/req/tinyiot/Cae', sgn);
    bench.broker.deliver('Cae/json', { fr: '/Mobius4', ri: 'mqtt-noti-1', op: 5, pc: sgn });
    bench.broker.deliver('my/topic', { ...notify, to: 'my/topic' });
    expect(bench.seen.requests.map(({ via }) => via)).toEqual(['/oneM2M/req/tinyiot/Cae', 'Cae/json', 'my/topic']);
    expect(bench.seen.requests.map(({ answer }) => answer)).toEqual([undefined, undefined, undefined]);
    expect(bench.seen.requests.map(({ request: { pc } }) => pc)).toEqual([sgn, sgn, sgn]);
  });

  it('come once although a topic of the user is among the others', async () => {
    const bench = new BindingBench({ notifyTopic: 'Cae/json' });
    await bench.binding.listen('Cae');
    await bench.binding.listen('Cae');
    bench.broker.deliver('Cae/json', notify);
    expect(bench.seen.requests).toHaveLength(1);
  });

  it('follow the originator', async () => {
    const bench = new BindingBench({ notifyTopic: 'my/topic' });
    await bench.binding.listen('C');
    expect(bench.broker.filters).toEqual([]);
    await bench.binding.listen('Cold');
    await bench.binding.listen('Cnew');
    bench.broker.deliver('/oneM2M/req/in-cse/Cold/json', notify);
    bench.broker.deliver('/oneM2M/req/in-cse/Cnew/json', { ...notify, rqi: 'n2' });
    expect(bench.seen.requests.map(({ request: { rqi } }) => rqi)).toEqual(['n2']);
    expect(bench.broker.log.filter((entry) => entry.includes('my/topic'))).toEqual(['subscribe my/topic 1']);
    await bench.binding.listen('');
    expect(bench.broker.filters).toEqual([]);
  });

  it('go on where the broker refuses a form that only some CSEs use', async () => {
    const bench = new BindingBench();
    bench.broker.refused.add('Cae/json');
    await bench.binding.listen('Cae');
    expect(bench.seen.problems.map(({ message }) => message)).toEqual([
      'the broker refused the subscription of Cae/json',
    ]);
    bench.broker.refused.add('/oneM2M/req/+/Cb/#');
    await expect(bench.binding.listen('Cb')).rejects.toMatchObject({ code: 'MQTT_SUBSCRIBE_REFUSED' });
    bench.broker.refused.clear();
    await bench.binding.listen('Cb');
    expect(bench.broker.filters).toContain('/oneM2M/req/+/Cb/#');
  });

  it('are no own requests that come back', async () => {
    const bench = new BindingBench({ receiver: '' });
    await bench.binding.listen('/in-cse/Cae');
    const own = { op: 5 as const, to: '/in-cse/Cae', fr: '/in-cse/Cae', rqi: 'own' };
    await bench.send(own);
    const topic = '/oneM2M/req/in-cse:Cae/in-cse/json';
    expect(bench.topics).toEqual([topic]);
    bench.broker.deliver('/oneM2M/req/in-cse/in-cse:Cae/json', retrieve(own));
    expect(bench.seen.requests).toEqual([]);
    bench.broker.deliver('/oneM2M/req/in-cse/in-cse:Cae/json', retrieve({ ...own, fr: '/in-cse' }));
    bench.broker.deliver('/oneM2M/req/in-cse/in-cse:Cae/json', retrieve({ ...own, rqi: 'other' }));
    expect(bench.seen.requests).toHaveLength(2);
  });

  it('are not taken from what the broker retained', async () => {
    const bench = new BindingBench();
    await bench.binding.listen('Cae');
    bench.broker.deliver('/oneM2M/req/in-cse/Cae/json', notify, true);
    expect(bench.seen.requests).toEqual([]);
  });

  it('cannot be answered while down', async () => {
    const bench = new BindingBench();
    await bench.binding.listen('Cae');
    bench.broker.deliver('/oneM2M/req/in-cse/Cae/json', notify);
    bench.broker.lose();
    expect(await codeOf(bench.seen.requests[0]?.answer?.({ rsc: 2000, rqi: 'n1' }) ?? Promise.resolve())).toBe(
      'LINK_LOST',
    );
  });
});
