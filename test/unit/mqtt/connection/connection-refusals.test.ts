import { describe, expect, it } from 'vitest';
import type { DeviceError } from '../../../../src/base/errors';
import type { Connection } from '../../../../src/mqtt/connection/connection';
import { ConnectionBench, outcome, publish } from '../../../support/mqtt/connection-bench';

const bench = new ConnectionBench();
const { startBroker, createConnection } = bench;

describe('connections that end before anything is answered', () => {
  const publishTwenty = (connection: Connection): Promise<string[]> =>
    Promise.all(Array.from({ length: 20 }, (_none, index) => outcome(publish(connection, String(index)))));

  it('take no message with them where the broker answers nothing at all, however often', async () => {
    const broker = await startBroker({
      onPacket: (packet, client, index) => {
        if (index >= 30) return false;
        if (packet.cmd === 'publish' || packet.cmd === 'pingreq') client.socket.destroy();
        return true;
      },
    });
    const connection = createConnection(broker.url, { maxReconnectIntervalMs: 0 });
    connection.open();
    expect(new Set(await publishTwenty(connection))).toEqual(new Set(['through']));
  });

  it('take no message with them where the broker is not there at the next attempt', async () => {
    const isDown = (index: number): boolean => index % 2 === 1;
    const broker = await startBroker({
      connack: (_connect, index) => (index < 40 && isDown(index) ? 'close' : {}),
      onPacket: (packet, client, index) => {
        if (index >= 40 || packet.cmd !== 'publish') return false;
        client.socket.destroy();
        return true;
      },
    });
    const connection = createConnection(broker.url, { maxReconnectIntervalMs: 0 });
    connection.open();
    expect(new Set(await publishTwenty(connection))).toEqual(new Set(['through']));
    expect(broker.clients.length).toBeGreaterThan(40);
  });

  it('count only where the suspected message was really written: alone, after a sign of life', async () => {
    const seen: string[] = [];
    const broker = await startBroker({
      onPacket: (packet, client, index) => {
        seen.push(`${index} ${packet.cmd}${packet.cmd === 'publish' ? ` ${String(packet.payload)}` : ''}`);
        if (index >= 4 || packet.cmd !== 'publish') return false;
        client.socket.destroy();
        return true;
      },
    });
    const connection = createConnection(broker.url, { maxReconnectIntervalMs: 0 });
    connection.open();
    expect(await Promise.all(['a', 'b'].map((payload) => outcome(publish(connection, payload))))).toEqual([
      'through',
      'through',
    ]);
    expect(seen.filter((line) => /^[234] /.test(line))).toEqual([
      '2 pingreq',
      '2 publish a',
      '3 pingreq',
      '3 publish a',
      '4 pingreq',
      '4 publish a',
      '4 publish b',
    ]);
  });
});

describe('answers that are not as they should be, MQTT 5', () => {
  it('an unknown reason code is not told as if the broker had ended the connection, and only its message is given up', async () => {
    const broker = await startBroker({
      onPacket: (packet, client) => {
        if (packet.cmd !== 'publish' || String(packet.payload) !== 'odd') return false;
        const { messageId = 0 } = packet;
        client.socket.write(Buffer.from([0x40, 3, messageId >> 8, messageId & 0xff, 155]));
        return true;
      },
    });
    const connection = createConnection(broker.url, { protocolVersion: 5, maxReconnectIntervalMs: 0 });
    const ends: DeviceError[] = [];
    connection.events.on('disconnected', (error) => ends.push(error));
    connection.open();
    const odd = publish(connection, 'odd');
    const good = publish(connection, 'good');
    await expect(odd).rejects.toMatchObject({
      code: 'MQTT_REFUSED',
      message: 'the broker answers the message to plant/a (QoS 1, 17 bytes) with something that is not MQTT',
    });
    await good;
    const text = `the connection to ${broker.url} was ended here: what came from there is not MQTT 5.0`;
    expect(new Set(ends.map(({ message }) => message))).toEqual(new Set([text]));
  });

  it('PUBCOMP "packet identifier not found" after a repeated PUBREL is told', async () => {
    const broker = await startBroker({
      connack: (_connect, index) => ({ sessionPresent: index > 0 }),
      onPacket: (packet, client, index) => {
        if (packet.cmd !== 'pubrel') return false;
        if (index === 0) client.socket.destroy();
        else client.send({ cmd: 'pubcomp', messageId: packet.messageId ?? 0, reasonCode: 0x92 });
        return true;
      },
    });
    const connection = createConnection(broker.url, { protocolVersion: 5, cleanSession: false });
    const problems: string[] = [];
    connection.events.on('problem', ({ code, message }) => problems.push(`${code}: ${message}`));
    connection.open();
    await publish(connection, 'x', 2);
    expect(problems).toEqual([
      'MQTT_UNCERTAIN: the broker no longer knows the QoS 2 message to plant/a: it has passed it on before the connection broke, or lost it',
    ]);
  });
});
