import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { DeviceError } from '../../../src/base/errors';
import type { ConnectionOptions } from '../../../src/mqtt/client/connection-options';
import { Connection } from '../../../src/mqtt/connection/connection';
import { Mosquitto, mosquittoAvailable, type MosquittoOptions } from '../../support/mqtt/mosquitto';
import { MosquittoSubscriber } from '../../support/mqtt/mosquitto-clients';
import { connectionOptions, realPorts } from '../../support/mqtt/mqtt-options';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Bench {
  readonly broker: Mosquitto;
  readonly connection: Connection;
  readonly problems: DeviceError[];
  /** Why the connection was down. */
  readonly ends: string[];
}

async function start(limits: MosquittoOptions, changes: Partial<ConnectionOptions> = {}): Promise<Bench> {
  const broker = await Mosquitto.start(limits);
  cleanups.push(() => broker.remove());
  const connection = new Connection(connectionOptions(broker.url, { protocolVersion: 5, ...changes }), realPorts);
  cleanups.push(() => connection.close());
  const problems: DeviceError[] = [];
  const ends: string[] = [];
  connection.events.on('problem', (problem) => problems.push(problem));
  connection.events.on('disconnected', ({ message }) => ends.push(message));
  return { broker, connection, problems, ends };
}

async function witnessOf(broker: Mosquitto): Promise<MosquittoSubscriber> {
  const subscriber = await MosquittoSubscriber.start(broker.plain, 'plant/#');
  cleanups.push(() => subscriber.stop());
  return subscriber;
}

const send = (connection: Connection, payload: string, qos: 0 | 1 | 2, retained = false): Promise<void> =>
  connection.publish('plant/a', payload, { qos, retained, waitTimeoutMs: 0 });

// mosquitto 2.0.11 ends the connection on a message that is over one of its limits (DISCONNECT 155, 154, 149; in 3.1.1 without a word).
describe.skipIf(!mosquittoAvailable())('The limits of a broker, MQTT 5', () => {
  it.each([0, 1] as const)('max_qos %i: messages are sent with that, and it is told once', async (limit) => {
    const { broker, connection, problems, ends } = await start({ listenerLines: [`max_qos ${limit}`] });
    const witness = await witnessOf(broker);
    connection.open();
    await Promise.all([send(connection, 'a', 2), send(connection, 'b', 1), send(connection, 'c', 2)]);
    const seen = await witness.waitFor(3);
    expect(seen.map(({ payload, qos }) => [payload.toString(), qos])).toEqual([
      ['a', limit],
      ['b', limit],
      ['c', limit],
    ]);
    expect(problems.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      `MQTT_LIMIT: ${broker.url} takes QoS ${limit} at most: messages with more are sent with QoS ${limit}`,
    ]);
    expect(ends).toEqual([]);
    expect(connection.statistics).toMatchObject({ sent: 3, queued: 0, dropped: 0 });
  });

  it('retain_available false: messages are sent without the flag, and it is told once', async () => {
    const { broker, connection, problems, ends } = await start({ lines: ['retain_available false'] });
    const witness = await witnessOf(broker);
    connection.open();
    await Promise.all([send(connection, 'a', 1, true), send(connection, 'b', 0, true)]);
    await witness.waitFor(2);
    expect(problems.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      `MQTT_LIMIT: ${broker.url} keeps no retained messages: messages are sent without the retain flag`,
    ]);
    expect(ends).toEqual([]);
  });

  it('max_packet_size: what is larger is refused with its size, and the others go on', async () => {
    const { broker, connection, ends } = await start({ lines: ['max_packet_size 200'] });
    const witness = await witnessOf(broker);
    connection.open();
    const large = send(connection, 'x'.repeat(300), 1);
    await expect(large).rejects.toMatchObject({
      code: 'MQTT_REFUSED',
      message: 'the message to plant/a is too large for the broker: it has 315 bytes, and 200 bytes are allowed',
    });
    await send(connection, 'small', 1);
    expect((await witness.waitFor(1)).map(({ payload }) => payload.toString())).toEqual(['small']);
    expect(ends).toEqual([]);
  });

  it.each([
    [{ listenerLines: ['max_qos 1'] }, 'takes QoS 1 at most: the will is sent with QoS 1'],
    [{ lines: ['retain_available false'] }, 'keeps no retained messages: the will is sent without the retain flag'],
  ])('the will is left to the broker as it takes it, and it is told once (%j)', async (limits, told) => {
    const will = { topic: 'plant/$will', payload: Buffer.from('gone'), qos: 2, retained: true } as const;
    const { broker, connection, problems, ends } = await start(limits, { will });
    connection.open();
    await once(connection.events, 'connected');
    expect(problems.map(({ message }) => message)).toEqual([`${broker.url} ${told}`]);
    expect(ends).toEqual([]);
    await broker.stop();
    await broker.start();
    await once(connection.events, 'connected');
    expect(problems).toHaveLength(1);
  });
});
