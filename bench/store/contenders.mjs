import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { loadLibrary } from '../lib/library.mjs';
import { levelStore } from './level-store.mjs';

const TOPIC = 'bench/data';
/** That of src/mqtt/connection/outbox/outbox.ts, so that all have as much in flight. */
const WINDOW = 500;
/** A JSON message of 200 bytes. */
export const PAYLOAD = JSON.stringify({ name: 'boiler', temperature: 23.5, text: 'x'.repeat(154) });

/** `src/mqtt/connection` with a store: `undefined` is that in memory. */
export async function startConnection(port, directory, durability) {
  const { Connection, systemClock } = loadLibrary();
  const quiet = () => {};
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
  const name = durability === undefined ? 'memory' : `file, ${durability}`;
  const store = durability && { file: join(directory, `${durability}.db`), durability, maxBytes: 1e9 };
  const connection = new Connection(options(port, store), { clock: systemClock, log, random: Math.random });
  connection.events.on('problem', (problem) => process.stderr.write(`${problem.message}\n`));
  connection.open();
  await once(connection.events, 'connected');
  const publish = (qos) => connection.publish(TOPIC, PAYLOAD, { qos, retained: false, waitTimeoutMs: 0 });
  return {
    name,
    publishMany: (count, qos) => Promise.all(Array.from({ length: count }, () => publish(qos))),
    stop: () => connection.close(),
  };
}

/** MQTT.js with a window, and a store that has each packet in LevelDB before it leaves. */
export async function startLevel(port, directory, sync) {
  const place = join(directory, `level-${sync}`);
  await mkdir(place, { recursive: true });
  const store = await levelStore(place, sync);
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { outgoingStore: store });
  return {
    name: `MQTT.js, LevelDB${sync ? ', sync' : ''}`,
    publishMany: (count, qos) => throughWindow(client, count, qos),
    async stop() {
      await client.endAsync(true);
      await store.end();
      await rm(place, { recursive: true, force: true });
    },
  };
}

function throughWindow(client, count, qos) {
  return new Promise((resolve, reject) => {
    let begun = 0;
    let done = 0;
    const next = () => {
      while (begun < count && begun - done < WINDOW) {
        begun += 1;
        client.publish(TOPIC, PAYLOAD, { qos }, (error) => {
          done += 1;
          if (error) reject(error);
          else if (done === count) resolve();
          else setImmediate(next);
        });
      }
    };
    next();
  });
}

const options = (port, store) => ({
  server: { transport: 'tcp', host: '127.0.0.1', port, text: `tcp://127.0.0.1:${port}` },
  protocolVersion: 4,
  clientId: `bench-${String(Math.random()).slice(2, 12)}`,
  cleanSession: false,
  resumeSubs: false,
  connectTimeoutMs: 5000,
  keepAliveMs: 30_000,
  pingTimeoutMs: 10_000,
  order: true,
  writeTimeoutMs: 0,
  autoReconnect: true,
  maxReconnectIntervalMs: 1000,
  messageChannelDepth: 100_000,
  maximumPacketSize: 268_435_460,
  httpHeaders: {},
  ...(store && { store }),
});
