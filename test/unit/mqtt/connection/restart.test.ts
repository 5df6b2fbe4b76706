import { once } from 'node:events';
import type { Packet } from 'mqtt-packet';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConnectionOptions } from '../../../../src/mqtt/client/connection-options';
import { Connection } from '../../../../src/mqtt/connection/connection';
import { connectionOptions, realPorts } from '../../../support/mqtt/mqtt-options';
import { ProgrammableBroker, type Behaviour, type BrokerClient } from '../../../support/mqtt/programmable-broker';
import { StoreBench } from '../../../support/mqtt/store-bench';

let bench: StoreBench;
const cleanups: (() => Promise<void>)[] = [];
beforeEach(() => {
  bench = new StoreBench();
  cleanups.push(() => bench.dispose());
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const nothing = (): void => undefined;
const keepsSession: Behaviour = { connack: (_connect, index) => ({ sessionPresent: index > 0 }) };

async function brokerWith(behaviour: Behaviour): Promise<ProgrammableBroker> {
  const broker = await ProgrammableBroker.start(behaviour);
  cleanups.push(() => broker.stop());
  return broker;
}

/** What the program is after each start: a connection with the same store. */
function run(broker: ProgrammableBroker, changes: Partial<ConnectionOptions> = {}): Connection {
  const store = { file: bench.file, durability: 'interval' as const, maxBytes: 1e9 };
  const options = connectionOptions(broker.url, { clientId: 'one', cleanSession: false, store, ...changes });
  const connection = new Connection(options, realPorts);
  cleanups.push(() => connection.close());
  connection.open();
  return connection;
}

const connected = async (connection: Connection): Promise<void> => {
  if (!connection.isConnected) await once(connection.events, 'connected');
};

/** Drops such packets of the first connections without an answer. */
const deafTo = (cmd: Packet['cmd'], connections = 1): Behaviour => ({
  ...keepsSession,
  onPacket: (packet, _client, index) => index < connections && packet.cmd === cmd,
});

const commands = <C extends Packet['cmd']>(broker: ProgrammableBroker, client: number, cmd: C) =>
  (broker.clients[client]?.packets ?? []).filter((packet): packet is Extract<Packet, { cmd: C }> => packet.cmd === cmd);

const settings = { qos: 2, retained: false, waitTimeoutMs: 0 } as const;

describe('after a restart with a file store', () => {
  it('what was in flight goes again under its identifier, then what waited', async () => {
    const broker = await brokerWith(deafTo('publish'));
    const first = run(broker);
    await connected(first);
    for (const name of ['a', 'b']) first.publish(name, name, settings).catch(nothing);
    await broker.until(() => commands(broker, 0, 'publish').length === 2);
    await first.close();
    const second = run(broker);
    await second.publish('c', 'c', settings);
    expect(commands(broker, 1, 'publish').map(({ topic, dup, messageId }) => [topic, dup, messageId])).toEqual([
      ['a', true, 1],
      ['b', true, 2],
      ['c', false, 3],
    ]);
    expect(second.statistics).toMatchObject({ queued: 0, stored: { messages: 0 } });
  });

  it('a message that the broker had received is released, and not published again', async () => {
    const broker = await brokerWith(deafTo('pubrel'));
    const first = run(broker);
    await connected(first);
    first.publish('a', 'a', settings).catch(nothing);
    await broker.until(() => commands(broker, 0, 'pubrel').length === 1);
    await first.close();
    const second = run(broker);
    await connected(second);
    await expect.poll(() => second.statistics.queued).toBe(0);
    expect(commands(broker, 1, 'pubrel')).toMatchObject([{ messageId: 1 }]);
    expect(commands(broker, 1, 'publish')).toEqual([]);
  });

  it('with another server everything is published afresh, although that one has a session', async () => {
    const [one, other] = [
      await brokerWith(deafTo('pubrel')),
      await brokerWith({ connack: () => ({ sessionPresent: true }) }),
    ];
    const first = run(one);
    await connected(first);
    first.publish('a', 'a', settings).catch(nothing);
    await one.until(() => commands(one, 0, 'pubrel').length === 1);
    await first.close();
    const second = run(other);
    await expect.poll(() => second.statistics.sent).toBe(1);
    expect(commands(other, 0, 'publish')).toMatchObject([{ topic: 'a', dup: false }]);
  });

  it('a QoS 2 message that was received and not released is handed over when it is, once', async () => {
    let isReleasing = false;
    const publish = {
      cmd: 'publish',
      topic: 'a',
      payload: 'x',
      qos: 2,
      messageId: 7,
      retain: false,
      dup: false,
    } as const;
    const release = (client: BrokerClient): void => client.send({ cmd: 'pubrel', messageId: 7 });
    const broker = await brokerWith({
      ...keepsSession,
      onAccepted: (client, index) => {
        if (index > 0) release(client);
        else client.send(publish);
      },
      onPacket: (packet) => packet.cmd === 'pubrec' && !isReleasing,
    });
    const first = run(broker);
    await connected(first);
    await broker.until(() => commands(broker, 0, 'pubrec').length === 1);
    await first.close();
    isReleasing = true;
    const seen: string[] = [];
    const second = run(broker);
    void second.subscribe('a', 2, ({ payload }) => seen.push(payload.toString())).catch(nothing);
    await broker.until(() => commands(broker, 1, 'pubcomp').length === 1);
    await second.close();
    const third = run(broker);
    void third.subscribe('a', 2, ({ payload }) => seen.push(payload.toString())).catch(nothing);
    await broker.until(() => commands(broker, 2, 'pubcomp').length === 1);
    expect(seen).toEqual(['x']);
  });

  it.each([true, false])(
    'unanswered subscribes and unsubscribes are made again with resumeSubs: %s',
    async (resumeSubs) => {
      const broker = await brokerWith({
        ...keepsSession,
        onPacket: ({ cmd }, _client, index) => index === 0 && cmd === 'unsubscribe',
      });
      const first = run(broker, { resumeSubs });
      await connected(first);
      const end = await first.subscribe('old', 1, nothing);
      void end();
      await broker.until(() => commands(broker, 0, 'unsubscribe').length === 1);
      await first.close();
      const second = run(broker, { resumeSubs });
      await second.publish('sign of life', '', { ...settings, qos: 1 });
      await second.close();
      expect(commands(broker, 1, 'unsubscribe').map(({ unsubscriptions }) => unsubscriptions)).toEqual(
        resumeSubs ? [['old']] : [],
      );
      expect(commands(broker, 1, 'subscribe')).toEqual([]);
      const third = run(broker, { resumeSubs });
      await third.publish('sign of life', '', { ...settings, qos: 1 });
      expect(commands(broker, 2, 'unsubscribe')).toEqual([]);
    },
  );

  it('an unanswered subscribe is made again in the same session, and left where there is none', async () => {
    let isPresent = true;
    const broker = await brokerWith({
      connack: (_connect, index) => ({ sessionPresent: index > 0 && isPresent }),
      onPacket: ({ cmd }, _client, index) => index === 0 && cmd === 'subscribe',
    });
    const first = run(broker, { resumeSubs: true });
    await connected(first);
    first.subscribe('plant/+', 2, nothing).catch(nothing);
    await broker.until(() => commands(broker, 0, 'subscribe').length === 1);
    await first.close();
    const second = run(broker, { resumeSubs: true });
    await second.publish('sign of life', '', { ...settings, qos: 1 });
    await second.close();
    expect(commands(broker, 1, 'subscribe')).toMatchObject([{ subscriptions: [{ topic: 'plant/+', qos: 2 }] }]);
    isPresent = false;
    const third = run(broker, { resumeSubs: true });
    await third.publish('sign of life', '', { ...settings, qos: 1 });
    expect(commands(broker, 2, 'subscribe')).toEqual([]);
  });

  it('waits for a store that another has open, says whose it is, and goes on when it is free', async () => {
    const broker = await brokerWith(keepsSession);
    const first = run(broker);
    await connected(first);
    const second = run(broker);
    const [error] = (await once(second.events, 'disconnected')) as [{ code: string; message: string }];
    expect(error.code).toBe('MQTT_STORE_IN_USE');
    expect(broker.clients).toHaveLength(1);
    const through = second.publish('a', 'a', settings);
    await first.close();
    await through;
    expect(second.statistics.lastError).toBeUndefined();
  });

  it('keeps with autoReconnect off what was accepted, for the next start', async () => {
    const broker = await brokerWith(deafTo('publish'));
    const first = run(broker, { autoReconnect: false });
    await connected(first);
    const outcome = first.publish('a', 'a', settings).catch((error: unknown) => (error as { code?: string }).code);
    await broker.until(() => commands(broker, 0, 'publish').length === 1);
    broker.dropAll();
    expect(await outcome).toBe('LINK_LOST');
    await first.close();
    const second = run(broker);
    await expect.poll(() => second.statistics.sent).toBe(1);
  });
});
