import { createServer, type AddressInfo, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { generate, type Packet } from 'mqtt-packet';
import { expect, it } from 'vitest';
import { Connection } from '../../../../src/mqtt/connection/connection';
import { connectionOptions, realPorts } from '../../../support/mqtt/mqtt-options';
import { ConnectionBench } from '../../../support/mqtt/connection-bench';
import { isLong } from '../../../support/long';

const bench = new ConnectionBench();
const MUTATIONS = Number(process.env['MUTATIONS'] ?? (isLong ? 1_000_000 : 10_000));
const PER_CONNECTION = 20;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** A generator of numbers in [0, 1) that gives the same again. mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const PUBLISH = { cmd: 'publish', topic: 'plant/a', payload: 'hello', dup: false, retain: false } as const;
const properties = { topicAlias: 1, contentType: 'x', userProperties: { a: 'b' }, correlationData: Buffer.from('c') };
const PACKETS = [4, 5].flatMap((protocolVersion) =>
  (
    [
      { cmd: 'connack', sessionPresent: false, returnCode: 0, reasonCode: 0 },
      { ...PUBLISH, qos: 0 },
      { ...PUBLISH, qos: 1, messageId: 1 },
      { ...PUBLISH, qos: 2, messageId: 2, ...(protocolVersion === 5 && { properties }) },
      ...(['puback', 'pubrec', 'pubrel', 'pubcomp'] as const).map((cmd) => ({ cmd, messageId: 1, reasonCode: 0 })),
      { cmd: 'suback', messageId: 1, granted: [1] },
      { cmd: 'unsuback', messageId: 1, granted: [0] },
      { cmd: 'pingresp' },
      { cmd: 'disconnect', reasonCode: 139 },
    ] as Packet[]
  ).map((packet) => generate(packet, { protocolVersion })),
);

/** A valid packet with one to three bytes changed, left out or added. */
function mutated(random: () => number): Buffer {
  const pick = (below: number): number => Math.floor(random() * below);
  const bytes = [...PACKETS[pick(PACKETS.length)]!];
  for (let change = pick(3); change >= 0; change--) {
    const place = pick(bytes.length + 1);
    const kind = pick(4);
    if (kind === 0) bytes.splice(place, 1);
    else if (kind === 1) bytes.splice(place, 0, pick(256));
    else bytes[Math.min(place, bytes.length - 1)] = kind === 2 ? pick(256) : (bytes[place] ?? 0) ^ (1 << pick(8));
  }
  return Buffer.from(bytes);
}

it.each([4, 5] as const)(
  `${MUTATIONS / 2} mutated packets of a broker, MQTT %i: no error escapes, memory stays flat`,
  async (protocolVersion) => {
    const random = randomOf(protocolVersion);
    const sockets = new Set<Socket>();
    let sent = 0;
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
      socket.once('data', () => {
        const accepted = Buffer.from(protocolVersion === 5 ? [0x20, 3, 0, 0, 0] : [0x20, 2, 0, 0]);
        const packets = Array.from({ length: PER_CONNECTION }, () => mutated(random));
        sent += PER_CONNECTION;
        socket.end(Buffer.concat([accepted, ...packets]));
        socket.resume();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    bench.afterwards(() => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    });
    const url = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    let received = 0;
    const runTo = async (count: number): Promise<void> => {
      while (sent < count) {
        const options = connectionOptions(url, { protocolVersion, autoReconnect: false, topicAliasMaximum: 5 });
        const connection = new Connection(options, realPorts);
        const over = new Promise((resolve) => connection.events.once('disconnected', resolve));
        connection.subscribe('plant/#', 2, () => received++).catch(() => undefined);
        connection.publish('plant/b', 'x', { qos: 2, retained: false, waitTimeoutMs: 0 }).catch(() => undefined);
        connection.open();
        await over;
        await connection.close();
      }
    };
    await runTo(MUTATIONS / 10);
    collectGarbage();
    const before = process.memoryUsage();
    await runTo(MUTATIONS / 2);
    collectGarbage();
    const after = process.memoryUsage();
    const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
    console.log(
      `MQTT ${protocolVersion}: ${sent} mutated packets, ${received} taken for messages, memory ${grown} bytes more`,
    );
    expect(received).toBeGreaterThan(0);
    expect(grown).toBeLessThan(20_000_000);
  },
  isLong ? 900_000 : 60_000,
);
