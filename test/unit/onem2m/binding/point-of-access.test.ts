import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpSender } from '../../../../src/onem2m/binding/http/sender.ts';
import { ownConnection } from '../../../../src/onem2m/binding/mqtt/own-connection.ts';
import { parsePointOfAccess } from '../../../../src/onem2m/binding/point-of-access.ts';
import { WebSocketReceiver } from '../../../../src/onem2m/binding/websocket/receiver.ts';
import { WebSocketBinding } from '../../../../src/onem2m/binding/websocket/websocket.ts';
import { cseFilters } from '../../../../src/onem2m/primitive/topics.ts';
import { InProcessBroker } from '../../../support/mqtt/in-process-broker.ts';
import { MemoryBroker } from '../../../support/mqtt/memory-broker.ts';
import { realPorts } from '../../../support/mqtt/mqtt-options.ts';
import { cleanUpAll, cleanUps, cse, endpointOf, never, serve } from '../../../support/onem2m/http-bench.ts';
import { BindingBench } from '../../../support/onem2m/mqtt-binding.ts';
import { ask } from '../../../support/onem2m/receiver-contract.ts';
import { mqttBinding } from '../../../support/onem2m/receiver-stages.ts';
import { freePort } from '../../../support/system/free-port.ts';

afterEach(cleanUpAll);

const notify = {
  op: 5,
  to: 'Cae',
  fr: '/in-cse',
  rqi: 'n1',
  rvi: '4',
  pc: { 'm2m:sgn': { vrq: true, sur: 's' } },
} as const;

describe('a point of access', () => {
  it.each([
    ['http://host:8080', 'http://host:8080', '', ''],
    ['https://host/a/b/?ct=json', 'https://host:443/a/b', '/a/b/', 'ct=json'],
    ['mqtt://host', 'mqtt://host:1883', '', ''],
    ['mqtt://host:1884/Cae?ct=json', 'mqtt://host:1884', '/Cae', 'ct=json'],
    ['secure-mqtt://[::1]//oneM2M/req/a/b', 'mqtts://[::1]:8883', '//oneM2M/req/a/b', ''],
    ['mqtts://host/#in-cse', 'mqtts://host:8883#in-cse', '/', ''],
    ['ws://default', 'ws://default:80', '', ''],
  ])('%s is taken apart', (text, address, path, query) => {
    const found = parsePointOfAccess(text, ['http', 'https', 'mqtt', 'mqtts', 'ws', 'wss']);
    expect([found.endpoint.text, found.path, found.query]).toEqual([address, path, query]);
  });

  it.each(['', 'Cae', 'coap://host', 'ftp://joe:geheim@host', 'mqtt://joe:geheim@', 'http://'])(
    '%j is none',
    (text) => {
      expect(() => parsePointOfAccess(text, ['http'])).toThrow(/^the point of access (?!.*geheim)/);
    },
  );
});

describe('over HTTP', () => {
  async function sender(account?: { token: string }): Promise<HttpSender> {
    const options = { serialization: 'json', ports: realPorts, account } as const;
    const made = new HttpSender(
      account === undefined ? options : { ...options, endpoint: endpointOf('http://127.0.0.1:9') },
    );
    cleanUps.push(() => made.close());
    const up = once(made.events, 'up');
    made.open();
    await up;
    return made;
  }

  it.each([
    ['', 'Cae', '/Cae'],
    ['/in', 'Cae', '/in/Cae'],
    ['/in/', '', '/in/'],
    ['', '', '/'],
    ['/in?key=1', '', '/in?key=1'],
    ['/in?key=1', '/in-cse/Cae', '/in/~/in-cse/Cae?key=1'],
  ])('an address that ends with %j gets a request to %j at %s', async (end, to, url) => {
    const { port, seen } = await serve(cse(2000));
    const pointOfAccess = `http://127.0.0.1:${port}${end}`;
    await (await sender()).send({ ...notify, to }, { signal: never(), pointOfAccess });
    expect(seen[0]?.url).toBe(url);
  });

  it('another address never sees the account, but its own', async () => {
    const { port, seen } = await serve(cse(2000));
    const made = await sender({ token: 'geheim' });
    await made.send(notify, { signal: never(), pointOfAccess: `http://127.0.0.1:${port}` });
    await made.send(notify, { signal: never(), pointOfAccess: `http://joe:pw@127.0.0.1:${port}` });
    expect(seen.map(({ headers }) => headers.authorization)).toEqual([undefined, 'Basic am9lOnB3']);
  });

  it('a request without an address goes nowhere', async () => {
    await expect((await sender()).send(notify, { signal: never() })).rejects.toMatchObject({ code: 'CONFIG' });
  });
});

describe('over MQTT', () => {
  it('a receiver has the topics of a whole CSE', async () => {
    const bench = new BindingBench();
    await bench.binding.serve('/in-cse');
    expect(bench.broker.filters).toEqual(['/oneM2M/req/+/in-cse/+', '/oneM2M/reg_req/+/in-cse/+']);
    expect(cseFilters('//sp/in-cse', 'plant')).toEqual([
      'plant/oneM2M/req/+/:sp:in-cse/+',
      'plant/oneM2M/reg_req/+/:sp:in-cse/+',
    ]);
    bench.broker.deliver('/oneM2M/req/Cae/in-cse/json', { op: 1, ty: 2, to: 'cse', fr: 'C', rqi: '1', rvi: '4' });
    bench.broker.deliver('/oneM2M/reg_req/cred-1/in-cse/json', {
      op: 1,
      ty: 2,
      to: 'cse',
      fr: 'C',
      rqi: '2',
      rvi: '4',
    });
    expect(bench.seen.requests.map(({ isRegistration, sender }) => [isRegistration, sender])).toEqual([
      [false, { originator: 'Cae' }],
      [true, { originator: 'cred-1' }],
    ]);
    // Who changes its own name goes on serving.
    await bench.binding.listen('Cae');
    await bench.binding.listen('Cother');
    expect(bench.broker.filters).toEqual(expect.arrayContaining(['/oneM2M/req/+/in-cse/+']));
    await bench.binding.close({ forget: true });
    expect(bench.broker.filters).toEqual([]);
  });

  it('is refused topics by a broker', async () => {
    const bench = new BindingBench();
    bench.broker.refused.add('/oneM2M/reg_req/+/in-cse/+');
    await expect(bench.binding.serve('/in-cse')).rejects.toMatchObject({ code: 'MQTT_SUBSCRIBE_REFUSED' });
  });

  it.each([
    [{ receiver: '/in-cse/Cae' }, '/oneM2M/req/in-cse/in-cse:Cae/json'],
    [{ receiver: 'Cae', serialization: 'cbor' as const }, '/oneM2M/req/in-cse/Cae/cbor'],
    [{ pointOfAccess: 'mqtt://127.0.0.1' }, '/oneM2M/req/in-cse/default/json'],
    [{ pointOfAccess: 'mqtt://127.0.0.1:1883#mn-cse' }, '/oneM2M/req/in-cse/mn-cse/json'],
    [{ pointOfAccess: 'mqtt://127.0.0.1', receiver: 'Cae' }, '/oneM2M/req/in-cse/Cae/json'],
    [{ pointOfAccess: 'mqtt://127.0.0.1/Cae/json?ct=json' }, 'Cae/json'],
    [{ pointOfAccess: 'mqtt://127.0.0.1//oneM2M/req/Mobius4/Cae' }, '/oneM2M/req/Mobius4/Cae'],
  ])('%j goes to %s', async (options, topic) => {
    const server = { transport: 'tcp', host: '127.0.0.1', port: 1883, text: 'mqtt://127.0.0.1:1883' } as const;
    const bench = new BindingBench({ server, receiver: '/default', topicOriginator: '/in-cse' });
    await bench.binding.send(notify, { signal: never(), ...options });
    expect(bench.topics).toEqual([topic]);
    const isOneM2M = topic.startsWith('/oneM2M/');
    expect(bench.broker.filters).toHaveLength(isOneM2M ? 1 : 0);
  });

  it.each(['mqtt://127.0.0.1:1884', 'mqtts://127.0.0.1:1883', 'mqtt://localhost'])(
    '%s is another broker than mqtt://127.0.0.1:1883',
    async (pointOfAccess) => {
      const server = { transport: 'tcp', host: '127.0.0.1', port: 1883, text: 'mqtt://127.0.0.1:1883' } as const;
      const asked: string[] = [];
      const connectTo = ({ text }: { text: string }): never => {
        asked.push(text);
        throw new Error('stop here');
      };
      const bench = new BindingBench({ server, connectTo });
      await expect(bench.binding.send(notify, { signal: never(), pointOfAccess })).rejects.toThrow('stop here');
      expect([asked.length, bench.topics]).toEqual([1, []]);
    },
  );

  it('of another broker is reached over a connection of its own, which is kept', async () => {
    const [here, there] = await Promise.all([InProcessBroker.start(), InProcessBroker.start()]);
    cleanUps.push(
      () => here.stop(),
      () => there.stop(),
    );
    const connectTo = (endpoint: Parameters<typeof ownConnection>[0]) => ({
      connection: ownConnection(endpoint, { clientId: 'C::in-cse', credentials: {}, cleanSession: true }, realPorts),
    });
    const sender = mqttBinding(here.url, 'C::in-cse', { connectTo, topicOriginator: '/in-cse' });
    const ae = mqttBinding(there.url, 'A::Cae');
    for (const one of [sender, ae]) {
      cleanUps.push(() => one.close());
      const up = once(one.events, 'up');
      one.open();
      await up;
    }
    await ae.listen('Cae');
    ae.events.on('request', ({ request, answer }) => void answer?.({ rsc: 2000, rqi: request.rqi }));
    const both = { events: sender.events, send: sender.send.bind(sender) };
    for (const rqi of ['1', '2']) {
      const answer = await ask(both, { ...notify, rqi }, { pointOfAccess: there.url, receiver: 'Cae' });
      expect(answer).toMatchObject({ rsc: 2000, rqi });
    }
    expect(there.seen).toEqual(['A::Cae', 'C::in-cse']);
    await sender.close();
    await expect.poll(() => there.connected).toEqual(['A::Cae']);
  });

  it('that cannot be reached is told at once, and tried again by the next request', async () => {
    const port = await freePort();
    const brokers: MemoryBroker[] = [];
    const connectTo = (): { connection: MemoryBroker } => {
      const broker = new MemoryBroker();
      brokers.push(broker);
      return { connection: broker };
    };
    const { binding } = new BindingBench({ connectTo });
    const send = (signal = never()): Promise<void> =>
      binding.send(notify, { signal, pointOfAccess: `mqtt://127.0.0.1:${port}`, receiver: 'Cae' });
    const [first, second] = [send(), send()];
    brokers[0]?.lose();
    await expect(first).rejects.toMatchObject({ code: 'LINK_LOST' });
    await expect(second).rejects.toMatchObject({ code: 'LINK_LOST' });
    expect(brokers.map(({ log }) => log)).toEqual([['open', 'close']]);
    const withdraw = new AbortController();
    const third = send(withdraw.signal);
    withdraw.abort(new Error('no longer wanted'));
    await expect(third).rejects.toThrow('no longer wanted');
    const fourth = send();
    await binding.close();
    await expect(fourth).rejects.toMatchObject({ code: 'CLOSED' });
    expect(brokers[1]?.log).toEqual(['open', 'close']);
    await expect(send()).rejects.toBeInstanceOf(Error);
  });

  it('keeps so many connections, and closes the one longest unused', async () => {
    const brokers: MemoryBroker[] = [];
    const connectTo = (): { connection: MemoryBroker } => {
      const broker = new MemoryBroker();
      brokers.push(broker);
      queueMicrotask(() => broker.connect());
      return { connection: broker };
    };
    const { binding } = new BindingBench({ connectTo });
    const send = (n: number): Promise<void> =>
      binding.send(notify, { signal: never(), pointOfAccess: `mqtt://host-${n}`, receiver: 'Cae' });
    for (let n = 0; n < 32; n++) await send(n);
    await send(0);
    await send(32);
    expect(brokers.filter(({ log }) => log.includes('close')).map((broker) => brokers.indexOf(broker))).toEqual([1]);
    await binding.close();
    expect(brokers.every(({ log }) => log.includes('close'))).toBe(true);
  });
});

describe('over WebSocket', () => {
  const listener = { host: '127.0.0.1', port: 0 };

  async function receiver(): Promise<WebSocketReceiver> {
    const made = new WebSocketReceiver({ ports: realPorts, path: '/ws', listener });
    cleanUps.push(() => made.close());
    await made.start();
    made.events.on('request', ({ request, answer }) => void answer?.({ rsc: 2000, rqi: request.rqi }));
    return made;
  }

  it('of another peer is reached over a socket of its own, and ws://default over the first', async () => {
    const [first, second] = await Promise.all([receiver(), receiver()]);
    const [address = '', other = ''] = [first, second].map(({ pointOfAccess }) => pointOfAccess[0]);
    const account = { token: 'geheim' };
    const endpoint = endpointOf(address);
    const sender = new WebSocketBinding({ endpoint, serialization: 'json', ports: realPorts, account });
    cleanUps.push(() => sender.close());
    const up = once(sender.events, 'up');
    sender.open();
    await up;
    const reached: string[] = [];
    first.events.on('request', () => reached.push('first'));
    second.events.on('request', () => reached.push('second'));
    const both = { events: sender.events, send: sender.send.bind(sender) };
    for (const [rqi, pointOfAccess] of ['ws://default', address, other, other].entries()) {
      expect((await ask(both, { ...notify, rqi: String(rqi) }, { pointOfAccess })).rsc).toBe(2000);
    }
    expect(reached).toEqual(['first', 'first', 'second', 'second']);
  });

  it('knows nobody who has no socket', async () => {
    const cse = await receiver();
    const sent = (options: object): Promise<void> => cse.send(notify, { signal: never(), ...options });
    await expect(sent({ receiver: 'Cae' })).rejects.toMatchObject({
      code: 'LINK_LOST',
      message: /Cae.* has no socket/,
    });
    await expect(sent({})).rejects.toMatchObject({ code: 'CONFIG' });
    await expect(sent({ receiver: 'Cae', pointOfAccess: 'ws://elsewhere' })).rejects.toMatchObject({ code: 'CONFIG' });
  });
});
