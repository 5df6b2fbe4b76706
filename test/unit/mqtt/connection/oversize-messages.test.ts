import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Packet } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import { ConnectionBench } from '../../../support/mqtt/connection-bench';

const bench = new ConnectionBench();

/** 250 MB: as much as a packet can have is 256 MB (MQTT 3.1.1, 2.2.3). */
const HUGE_BYTES = 250_000_000;
const LOT = Buffer.alloc(1_000_000);

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('a message that is larger than maximumPacketSize', () => {
  it.each([
    [4, 1, 'puback', undefined],
    [4, 2, 'pubrec', undefined],
    [5, 1, 'puback', 0x97],
    [5, 2, 'pubrec', 0x97],
  ] as const)(
    'MQTT %i, QoS %i: is thrown away while it comes, acknowledged, told, and disturbs nothing',
    async (protocolVersion, qos, cmd, reasonCode) => {
      const broker = await bench.startBroker({ onPacket: ({ cmd: asked }) => asked === 'pingreq' });
      const connection = bench.createConnection(broker.url, { protocolVersion });
      const problems: string[] = [];
      const received: string[] = [];
      const ends: string[] = [];
      connection.events.on('problem', ({ code, message }) => problems.push(`${code}: ${message}`));
      connection.events.on('disconnected', ({ message }) => ends.push(message));
      connection.open();
      await connection.subscribe('huge/#', 2, ({ topic, payload }) => received.push(`${topic} ${String(payload)}`));
      const client = broker.clients[0]!;
      const topic = Buffer.from('huge/one');
      const rest = 2 + topic.length + 2 + (protocolVersion === 5 ? 1 : 0);
      const length = rest + HUGE_BYTES;
      const lengthBytes = [0, 1, 2, 3].map(
        (index) => (Math.floor(length / 128 ** index) & 0x7f) | (index < 3 ? 0x80 : 0),
      );
      const head = [0x31 | (qos << 1), ...lengthBytes, 0, topic.length, ...topic, 0, 7];
      client.socket.write(Buffer.from([...head, ...(protocolVersion === 5 ? [0] : [])]));
      collectGarbage();
      const before = process.memoryUsage().arrayBuffers;
      for (let sent = 0; sent < HUGE_BYTES; sent += LOT.length) {
        if (!client.socket.write(LOT)) await new Promise((resolve) => client.socket.once('drain', resolve));
      }
      collectGarbage();
      const held = process.memoryUsage().arrayBuffers - before;
      client.send({ cmd: 'publish', topic: 'huge/two', payload: 'small', qos: 0, retain: false, dup: false });
      await expect.poll(() => received).toEqual(['huge/two small']);
      const size = 1 + lengthBytes.length + length;
      const sizes = `it has ${size} bytes, and 16777216 bytes are allowed (maximumPacketSize)`;
      expect(problems).toEqual([`MQTT_TOO_LARGE: a message on huge/one was not taken: ${sizes}`]);
      expect(ends).toEqual([]);
      await broker.until(() => broker.packets(cmd).length > 0);
      const answer = broker.packets(cmd)[0] as Packet & { reasonCode?: number };
      expect([answer.messageId, answer.reasonCode === 0 ? undefined : answer.reasonCode]).toEqual([7, reasonCode]);
      // Far less than the message; buffers are given back a while after they are collected.
      expect(held).toBeLessThan(120_000_000);
    },
  );
});
