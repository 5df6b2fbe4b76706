import { once } from 'node:events';
import type { Packet } from 'mqtt-packet';
import { afterEach, describe, expect, it } from 'vitest';
import type { DeviceError } from '../../../../src/base/errors';
import { Connection } from '../../../../src/mqtt/connection/connection';
import type { ConnectionOptions } from '../../../../src/mqtt/client/connection-options';
import { connectionOptions, realPorts } from '../../../support/mqtt/mqtt-options';
import { ProgrammableBroker, type Behaviour } from '../../../support/mqtt/programmable-broker';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(
  behaviour: Behaviour = {},
  changes: Partial<ConnectionOptions> = {},
): Promise<{ broker: ProgrammableBroker; connection: Connection }> {
  const broker = await ProgrammableBroker.start(behaviour);
  const connection = new Connection(connectionOptions(broker.url, changes), realPorts);
  cleanups.push(
    () => broker.stop(),
    () => connection.close(),
  );
  connection.open();
  await once(connection.events, 'connected');
  return { broker, connection };
}

const commands = (broker: ProgrammableBroker, client: number, cmd: Packet['cmd']): Packet[] =>
  broker.clients[client]?.packets.filter((packet) => packet.cmd === cmd) ?? [];
const nothing = (): void => undefined;
const keepsSession: Behaviour = { connack: (_connect, index) => ({ sessionPresent: index > 0 }) };
const send = (broker: ProgrammableBroker, topic: string, payload = 'x'): void =>
  broker.clients.at(-1)?.send({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false });

describe('subscriptions', () => {
  it('are asked for once per filter, and ended with the last owner', async () => {
    const { broker, connection } = await start();
    const first = await connection.subscribe('a/#', 1, nothing);
    const second = await connection.subscribe('a/#', 1, nothing);
    await connection.subscribe('a/#', 2, nothing);
    expect(broker.packets('subscribe').map(({ subscriptions }) => subscriptions[0]?.qos)).toEqual([1, 2]);
    await first();
    await first();
    await second();
    expect(broker.packets('unsubscribe')).toHaveLength(0);
  });

  it('hand each message to every owner whose filter matches, whatever another one throws', async () => {
    const { broker, connection } = await start();
    const seen: string[] = [];
    const problem = once(connection.events, 'problem') as Promise<[DeviceError]>;
    const throwing = (): void => {
      throw new Error('broken owner');
    };
    const end = await connection.subscribe('a/+', 0, throwing);
    await connection.subscribe('a/+', 0, ({ payload }) => seen.push(`plus ${String(payload)}`));
    await connection.subscribe('a/b', 0, ({ payload }) => seen.push(`exact ${String(payload)}`));
    await connection.subscribe('c', 0, () => seen.push('wrong'));
    send(broker, 'a/b', '1');
    await expect.poll(() => seen).toEqual(['plus 1', 'exact 1']);
    expect((await problem)[0].message).toContain('broken owner');
    await end();
    expect(broker.packets('unsubscribe')).toHaveLength(0);
  });

  it('keep the order of arrival with order true', async () => {
    const { broker, connection } = await start();
    const seen: string[] = [];
    await connection.subscribe('a', 0, ({ payload }) => seen.push(String(payload)));
    for (let index = 0; index < 100; index++) send(broker, 'a', String(index));
    await expect.poll(() => seen.length).toBe(100);
    expect(seen).toEqual(Array.from({ length: 100 }, (_, index) => String(index)));
  });

  it('with order false run in turns of their own', async () => {
    const { broker, connection } = await start({}, { order: false });
    const seen: string[] = [];
    await connection.subscribe('a', 0, () => {
      seen.push('turn');
      void Promise.resolve().then(() => setImmediate(() => seen.push('after')));
    });
    send(broker, 'a');
    await expect.poll(() => seen).toEqual(['turn', 'after']);
  });

  it('refused by the broker are rejected and forgotten', async () => {
    const { broker, connection } = await start({
      onPacket: (packet, client) => {
        if (packet.cmd !== 'subscribe') return false;
        client.send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: [128] });
        return true;
      },
    });
    await expect(connection.subscribe('secret/#', 1, nothing)).rejects.toMatchObject({
      code: 'MQTT_SUBSCRIBE_REFUSED',
    });
    broker.dropAll();
    await once(connection.events, 'connected');
    await connection.publish('a', 'b', { qos: 1, retained: false, waitTimeoutMs: 0 });
    expect(commands(broker, 1, 'subscribe')).toHaveLength(0);
  });

  it('with a bad filter are rejected before anything is sent', async () => {
    const { broker, connection } = await start();
    await expect(connection.subscribe('a/#/b', 1, nothing)).rejects.toMatchObject({ code: 'MQTT_BAD_TOPIC' });
    expect(broker.packets('subscribe')).toHaveLength(0);
  });
});

describe('subscriptions after a reconnect', () => {
  it('are asked for again in a new session', async () => {
    const { broker, connection } = await start();
    const seen: string[] = [];
    await connection.subscribe('a/+', 1, ({ topic }) => seen.push(topic));
    const end = await connection.subscribe('b', 1, nothing);
    broker.dropAll();
    await once(connection.events, 'disconnected');
    await end();
    await once(connection.events, 'connected');
    await broker.until(() => commands(broker, 1, 'subscribe').length === 1);
    expect(commands(broker, 1, 'subscribe')).toMatchObject([{ subscriptions: [{ topic: 'a/+', qos: 1 }] }]);
    send(broker, 'a/b');
    await expect.poll(() => seen).toEqual(['a/b']);
  });

  it('are left alone in the same session, and what is no longer wanted is ended', async () => {
    const { broker, connection } = await start(keepsSession, { cleanSession: false });
    await connection.subscribe('a', 1, nothing);
    const end = await connection.subscribe('b', 1, nothing);
    broker.dropAll();
    await once(connection.events, 'disconnected');
    await end();
    await once(connection.events, 'connected');
    await broker.until(() => commands(broker, 1, 'unsubscribe').length === 1);
    expect(commands(broker, 1, 'unsubscribe')).toMatchObject([{ unsubscriptions: ['b'] }]);
    expect(commands(broker, 1, 'subscribe')).toHaveLength(0);
  });

  it('made while offline are asked for when connected', async () => {
    const { broker, connection } = await start(keepsSession, { cleanSession: false });
    broker.dropAll();
    await once(connection.events, 'disconnected');
    await connection.subscribe('a', 1, nothing);
    expect(commands(broker, 1, 'subscribe')).toHaveLength(1);
  });

  /** The first connection breaks on a subscribe or unsubscribe request. */
  const breaking = (cmd: Packet['cmd']): Behaviour => ({
    ...keepsSession,
    onPacket: (packet, client, index) => {
      if (index > 0 || packet.cmd !== cmd) return false;
      client.socket.destroy();
      return true;
    },
  });

  it('with resumeSubs, unanswered requests are sent again in the same session', async () => {
    const { broker, connection } = await start(breaking('subscribe'), { cleanSession: false, resumeSubs: true });
    await connection.subscribe('a', 1, nothing);
    expect(commands(broker, 1, 'subscribe')).toHaveLength(1);
  });

  it('without resumeSubs, an unanswered request is rejected', async () => {
    const { connection } = await start(breaking('subscribe'), { cleanSession: false, resumeSubs: false });
    await expect(connection.subscribe('a', 1, nothing)).rejects.toMatchObject({ code: 'LINK_LOST' });
  });

  it.each([
    [true, 1],
    [false, 0],
  ])('with resumeSubs %s an unanswered unsubscribe is sent again %i times', async (resumeSubs, times) => {
    const { broker, connection } = await start(breaking('unsubscribe'), { cleanSession: false, resumeSubs });
    const end = await connection.subscribe('a', 1, nothing);
    await end();
    await once(connection.events, 'connected');
    await connection.publish('a', 'b', { qos: 1, retained: false, waitTimeoutMs: 0 });
    expect(commands(broker, 1, 'unsubscribe')).toHaveLength(times);
  });
});

describe('QoS 2 received', () => {
  it('is handed over once, although the connection breaks before PUBREL and the broker sends it again', async () => {
    const publish = { cmd: 'publish', topic: 'a', payload: 'x', qos: 2, messageId: 7, retain: false } as const;
    const { broker, connection } = await start(
      {
        ...keepsSession,
        onPacket: (packet, client, index) => {
          if (packet.cmd !== 'pubrec' || index > 0) return false;
          client.socket.destroy();
          return true;
        },
      },
      { cleanSession: false },
    );
    let seen = 0;
    await connection.subscribe('a', 2, () => seen++);
    broker.clients[0]?.send({ ...publish, dup: false });
    await once(connection.events, 'disconnected');
    await once(connection.events, 'connected');
    broker.clients[1]?.send({ ...publish, dup: true });
    await broker.until(() => commands(broker, 1, 'pubcomp').length === 1);
    broker.clients[1]?.send({ cmd: 'pubrel', messageId: 7 });
    await broker.until(() => commands(broker, 1, 'pubcomp').length === 2);
    expect(seen).toBe(1);
  });

  it('are not sent, and refused by name, where an MQTT 5 broker says that it does not take their kind', async () => {
    const limits = {
      wildcardSubscriptionAvailable: false,
      sharedSubscriptionAvailable: false,
      subscriptionIdentifiersAvailable: false,
    };
    const { broker, connection } = await start({ connack: () => ({ properties: limits }) }, { protocolVersion: 5 });
    await expect(connection.subscribe('a/+/set', 1, nothing)).rejects.toMatchObject({
      code: 'MQTT_SUBSCRIBE_REFUSED',
      message: 'the broker refuses the subscription of a/+/set: it takes no wildcards (+ and #)',
    });
    await expect(connection.subscribe('$share/g/a', 1, nothing)).rejects.toThrow(/it takes no shared subscriptions/);
    await connection.subscribe('a/set', 1, nothing);
    const asked = broker.packets('subscribe');
    expect(asked.map(({ subscriptions }) => subscriptions[0]?.topic)).toEqual(['a/set']);
    expect(asked[0]?.properties?.subscriptionIdentifier).toBeUndefined();
    expect(broker.clients).toHaveLength(1);
  });

  it.each([4, 5] as const)(
    'are asked for again with a clean session, even if the broker says that it still has one (version %i)',
    async (protocolVersion) => {
      const present: Behaviour = { connack: () => ({ sessionPresent: true }) };
      const { broker, connection } = await start(present, { protocolVersion, cleanSession: true });
      await connection.subscribe('a/#', 1, nothing);
      const again = once(connection.events, 'connected');
      broker.dropAll();
      await again;
      await broker.until(() => commands(broker, 1, 'subscribe').length === 1);
    },
  );

  it('are asked for again in MQTT 3.1, which does not say whether the broker still has the session', async () => {
    const { broker, connection } = await start({}, { protocolVersion: 3, cleanSession: false });
    await connection.subscribe('a/#', 1, nothing);
    const again = once(connection.events, 'connected');
    broker.dropAll();
    await again;
    await broker.until(() => commands(broker, 1, 'subscribe').length === 1);
  });
});
