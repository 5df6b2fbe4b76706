import { once } from 'node:events';
import fc from 'fast-check';
import { generate, type IPublishPacket } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import type { MessageProperties, ReceivedMessage } from '../../../../src/base/broker-connection';
import { OutgoingMessage } from '../../../../src/mqtt/connection/outbox/message-queue';
import { outgoingProperties } from '../../../../src/mqtt/connection/link/properties';
import { ConnectionBench, outcome } from '../../../support/mqtt/connection-bench';

const bench = new ConnectionBench();
const { startBroker, createConnection } = bench;
const V5 = { protocolVersion: 5 } as const;
const PLAIN = { qos: 1, retained: false, waitTimeoutMs: 0 } as const;

const PROPERTIES: MessageProperties = {
  payloadFormatIndicator: true,
  messageExpiryInterval: 60,
  contentType: 'application/json',
  responseTopic: 'answers/1',
  correlationData: Buffer.from([0, 1, 255]),
  userProperties: { site: 'north', line: ['1', '2'] },
};

describe('CONNECT of MQTT 5', () => {
  it('has what is asked for', async () => {
    const broker = await startBroker();
    const connection = createConnection(broker.url, {
      ...V5,
      cleanSession: false,
      sessionExpiryInterval: 3600,
      receiveMaximum: 20,
      maximumPacketSize: 100_000,
      topicAliasMaximum: 10,
      userProperties: { plant: 'a' },
      will: {
        topic: 'a/$will',
        payload: Buffer.from('off'),
        qos: 1,
        retained: true,
        delayInterval: 30,
        properties: { contentType: 'text/plain', messageExpiryInterval: 90 },
      },
    });
    connection.open();
    await once(connection.events, 'connected');
    const { properties, will } = broker.clients[0]!.connect;
    expect(properties).toMatchObject({
      sessionExpiryInterval: 3600,
      receiveMaximum: 20,
      maximumPacketSize: 100_000,
      topicAliasMaximum: 10,
      userProperties: { plant: 'a' },
    });
    expect(will?.properties).toMatchObject({
      willDelayInterval: 30,
      contentType: 'text/plain',
      messageExpiryInterval: 90,
    });
  });

  it('of a clean session that nobody wants to keep says nothing but the largest packet', async () => {
    const broker = await startBroker();
    createConnection(broker.url, V5).open();
    await broker.until(() => broker.clients.length === 1);
    expect({ ...broker.clients[0]!.connect.properties }).toEqual({ maximumPacketSize: 16_777_216 });
  });

  it('leaves all of it out with 3.1.1', async () => {
    const broker = await startBroker();
    const connection = createConnection(broker.url, {
      receiveMaximum: 5,
      userProperties: { a: 'b' },
      will: { topic: 'w', payload: Buffer.from('x'), qos: 0, retained: false, delayInterval: 3 },
    });
    connection.open();
    await connection.publish('a', 'b', { ...PLAIN, properties: PROPERTIES });
    const { connect } = broker.clients[0]!;
    expect([connect.properties, connect.will?.properties]).toEqual([undefined, undefined]);
    expect(broker.packets('publish')[0]?.properties).toBeUndefined();
  });
});

describe('properties of messages', () => {
  it('travel out', async () => {
    const broker = await startBroker();
    const connection = createConnection(broker.url, V5);
    connection.open();
    await connection.publish('a', 'b', { ...PLAIN, properties: PROPERTIES });
    const [{ properties } = {}] = broker.packets('publish');
    expect({ ...properties, userProperties: { ...properties?.userProperties } }).toEqual(PROPERTIES);
  });

  it('travel in', async () => {
    const broker = await startBroker();
    const connection = createConnection(broker.url, V5);
    connection.open();
    const received: ReceivedMessage[] = [];
    await connection.subscribe('a', 0, (message) => received.push(message));
    const properties = outgoingProperties(PROPERTIES);
    broker.clients[0]!.send({
      cmd: 'publish',
      topic: 'a',
      payload: 'b',
      qos: 0,
      dup: false,
      retain: false,
      properties,
    });
    await expect.poll(() => received.length).toBe(1);
    expect(received[0]!.properties).toEqual(PROPERTIES);
  });

  it.each([4, 5] as const)('MQTT %i: what has waited longer than its time is not sent', async (protocolVersion) => {
    const broker = await startBroker();
    const connection = createConnection(broker.url, { protocolVersion });
    const properties = { messageExpiryInterval: 0.02 };
    const outcomes = ([0, 1, 2] as const).map((qos) =>
      outcome(connection.publish('old', 'x', { ...PLAIN, qos, properties })),
    );
    await new Promise((resolve) => setTimeout(resolve, 30));
    const fresh = outcome(connection.publish('new', 'x', { ...PLAIN, properties: { messageExpiryInterval: 60 } }));
    connection.open();
    expect(await Promise.all([...outcomes, fresh])).toEqual([
      'MQTT_EXPIRED',
      'MQTT_EXPIRED',
      'MQTT_EXPIRED',
      'through',
    ]);
    expect(broker.packets('publish').map(({ topic }) => topic)).toEqual(['new']);
    expect(connection.statistics.queued).toBe(0);
  });

  it('the broker is told what is left of the time', async () => {
    const broker = await startBroker();
    const connection = createConnection(broker.url, V5);
    const through = connection.publish('a', 'x', { ...PLAIN, properties: { messageExpiryInterval: 5 } });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    connection.open();
    await through;
    expect(broker.packets('publish')[0]?.properties?.messageExpiryInterval).toBe(4);
  });

  it('count in the size of a packet', () => {
    const text = fc.string({ maxLength: 200 });
    const values: fc.Arbitrary<MessageProperties> = fc.record(
      {
        payloadFormatIndicator: fc.boolean(),
        messageExpiryInterval: fc.integer({ min: 1, max: 100_000 }),
        contentType: text,
        responseTopic: text,
        correlationData: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
        userProperties: fc.dictionary(
          fc.string({ minLength: 1, maxLength: 30 }),
          fc.oneof(text, fc.array(text, { minLength: 1 })),
        ),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(values, fc.constantFrom(0 as const, 1 as const, 2 as const), text, (properties, qos, payload) => {
        const message = new OutgoingMessage('plant/é', payload, qos, false, () => undefined);
        message.properties = properties;
        const packet: IPublishPacket = {
          ...{ cmd: 'publish', topic: 'plant/é', payload, qos, dup: false, retain: false, messageId: 7 },
          properties: outgoingProperties(properties),
        };
        expect(message.packetSize).toBe(generate(packet, { protocolVersion: 5 }).length);
      }),
    );
  });
});

describe('topic aliases', () => {
  const sent = async (ours: number, theirs: number, topics: readonly string[]): Promise<unknown[]> => {
    const broker = await startBroker({ connack: () => ({ properties: { topicAliasMaximum: theirs } }) });
    const connection = createConnection(broker.url, { ...V5, topicAliasMaximum: ours });
    connection.open();
    for (const topic of topics) await connection.publish(topic, 'x', PLAIN);
    return broker.packets('publish').map(({ topic, properties }) => [topic, properties?.topicAlias]);
  };

  it('stand for topics that were sent before', async () => {
    expect(await sent(10, 10, ['a', 'b', 'a', 'b'])).toEqual([
      ['a', 1],
      ['b', 2],
      ['', 1],
      ['', 2],
    ]);
  });

  it.each([
    [1, 10],
    [10, 1],
  ])('are as many as both sides want (%i, %i)', async (ours, theirs) => {
    const aliases = (await sent(ours, theirs, ['a', 'b', 'a'])).map((each) => (each as unknown[])[1]);
    expect(aliases).toEqual([1, 1, 1]);
  });

  it.each([
    [0, 10],
    [10, 0],
  ])('are none where one side wants none (%i, %i)', async (ours, theirs) => {
    expect(await sent(ours, theirs, ['a', 'a'])).toEqual([
      ['a', undefined],
      ['a', undefined],
    ]);
  });

  it('start anew with each connection', async () => {
    const broker = await startBroker({
      connack: (_connect, index) => ({ sessionPresent: index > 0, properties: { topicAliasMaximum: 10 } }),
      onPacket: ({ cmd, ...packet }, client, index) => {
        if (index > 0 || cmd !== 'publish' || String((packet as IPublishPacket).payload) !== 'last') return false;
        client.socket.destroy();
        return true;
      },
    });
    const connection = createConnection(broker.url, { ...V5, topicAliasMaximum: 10, cleanSession: false });
    connection.open();
    await connection.publish('a', 'first', PLAIN);
    await connection.publish('a', 'last', { ...PLAIN, qos: 2 });
    const seen = broker.packets('publish').map(({ topic, properties }) => [topic, properties?.topicAlias]);
    expect(seen).toEqual([
      ['a', 1],
      ['', 1],
      ['a', 1],
    ]);
  });

  it.each([0, 1, 2] as const)('of the broker are understood at QoS %i', async (qos) => {
    const broker = await startBroker();
    const connection = createConnection(broker.url, { ...V5, topicAliasMaximum: 2 });
    const received: string[] = [];
    connection.open();
    await connection.subscribe('#', 2, ({ topic, payload }) => received.push(`${topic} ${String(payload)}`));
    for (const [index, topic] of ['a/b', '', 'c/d', ''].entries()) {
      broker.clients[0]!.send({
        ...{ cmd: 'publish', topic, payload: String(index), qos, dup: false, retain: false, messageId: index + 1 },
        properties: { topicAlias: index < 2 ? 1 : 2 },
      });
    }
    await expect.poll(() => received).toEqual(['a/b 0', 'a/b 1', 'c/d 2', 'c/d 3']);
  });
});
