import { once } from 'node:events';
import mqtt from 'mqtt';
import { loadLibrary } from '../lib/library.mjs';
import { startProbedNodeRed } from '../lib/node-red.mjs';

const TOPIC = 'bench/data';
/** That of src/mqtt/connection/outbox/outbox.ts, so that both sides have as much in flight. */
const WINDOW = 500;

/** A JSON message of 200 bytes. */
export const PAYLOAD = JSON.stringify({ name: 'boiler', temperature: 23.5, text: '' }).replace(
  /""/,
  (empty) => `"${'x'.repeat(200 - 46)}${empty.slice(1)}`,
);

/** `src/mqtt/connection/connection.ts`, compiled. */
export async function startConnection(port) {
  const { Connection, systemClock } = loadLibrary();
  const quiet = () => {};
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
  const connection = new Connection(options(port), { clock: systemClock, log, random: Math.random });
  connection.open();
  await once(connection.events, 'connected');
  const publish = (qos) => connection.publish(TOPIC, PAYLOAD, { qos, retained: false, waitTimeoutMs: 0 });
  return {
    name: 'Connection',
    publish,
    publishMany: (count, qos) => Promise.all(Array.from({ length: count }, () => publish(qos))),
    oneAtATime: (qos, ms) => oneAtATime(() => publish(qos), ms),
    stop: () => connection.close(),
  };
}

/** MQTT.js as it is, with a window round it: without one it is 3 to 5 times slower. */
export async function startRaw(port) {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`);
  return {
    name: 'MQTT.js',
    publishMany: (count, qos) => publishThroughWindow(client, count, qos),
    oneAtATime: (qos, ms) => oneAtATime(() => client.publishAsync(TOPIC, PAYLOAD, { qos }), ms),
    stop: () => client.endAsync(true),
  };
}

function publishThroughWindow(client, count, qos) {
  return new Promise((resolve, reject) => {
    let begun = 0;
    let done = 0;
    let isPumping = false;
    const pump = () => {
      if (isPumping) return;
      isPumping = true;
      while (begun < count && begun - done < WINDOW) {
        begun += 1;
        client.publish(TOPIC, PAYLOAD, { qos }, (error) => {
          done += 1;
          if (error) reject(error);
          else if (done === count) resolve();
          else pump();
        });
      }
      isPumping = false;
    };
    pump();
  });
}

async function oneAtATime(publish, ms) {
  const begin = performance.now();
  let count = 0;
  while (performance.now() - begin < ms) {
    await publish();
    count += 1;
  }
  return (count * 1000) / (performance.now() - begin);
}

/** Node-RED's core nodes in a real Node-RED: mqtt in (the order to start), function, mqtt out, complete. */
export async function startCoreNode(port) {
  const nodeRed = await startProbedNodeRed(flows(port));
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`);
  await client.subscribeAsync('bench/result');
  const order = (topic, what) => client.publishAsync(topic, JSON.stringify(what), { qos: 1 });
  return {
    name: 'core mqtt out',
    publishMany: (count, qos) => order('bench/burst', { count, qos, payload: PAYLOAD }),
    async oneAtATime(qos, ms) {
      const result = once(client, 'message');
      await order('bench/sequence', { qos, ms, payload: PAYLOAD });
      return Number((await result)[1]);
    },
    async stop() {
      await client.endAsync(true);
      await nodeRed.stop();
    },
  };
}

function flows(port) {
  const input = (id, topic, target) => {
    const node = { id, type: 'mqtt in', z: 'tab', topic, qos: '1', datatype: 'json', broker: 'broker', inputs: 0 };
    return { ...node, wires: [[target]] };
  };
  const code = (id, func, ...targets) => {
    return { id, type: 'function', z: 'tab', func, outputs: targets.length, wires: targets.map((target) => [target]) };
  };
  const output = (id) => ({
    id,
    type: 'mqtt out',
    z: 'tab',
    topic: '',
    qos: '',
    retain: '',
    broker: 'broker',
    wires: [],
  });
  return [
    { id: 'tab', type: 'tab', label: 'bench' },
    {
      id: 'broker',
      type: 'mqtt-broker',
      broker: '127.0.0.1',
      port: String(port),
      protocolVersion: '4',
      keepalive: '60',
    },
    input('burst-in', 'bench/burst', 'burst'),
    code(
      'burst',
      `const { count, qos, payload } = msg.payload;
       for (let i = 0; i < count; i++) node.send({ topic: '${TOPIC}', payload, qos, retain: false });`,
      'burst-out',
    ),
    output('burst-out'),
    input('sequence-in', 'bench/sequence', 'first'),
    code(
      'first',
      `const { qos, ms, payload } = msg.payload;
       flow.set('run', { begin: Date.now(), ms, count: 0 });
       return { topic: '${TOPIC}', payload, qos, retain: false };`,
      'sequence-out',
    ),
    output('sequence-out'),
    { id: 'through', type: 'complete', z: 'tab', scope: ['sequence-out'], wires: [['next']] },
    code(
      'next',
      `const run = flow.get('run');
       run.count++;
       const elapsed = Date.now() - run.begin;
       if (elapsed < run.ms) return [msg, null];
       return [null, { topic: 'bench/result', payload: String((run.count * 1000) / elapsed), qos: 1 }];`,
      'sequence-out',
      'result-out',
    ),
    output('result-out'),
  ];
}

function options(port) {
  return {
    server: { transport: 'tcp', host: '127.0.0.1', port, text: `tcp://127.0.0.1:${port}` },
    protocolVersion: 4,
    clientId: 'devicelink-bench',
    cleanSession: true,
    resumeSubs: false,
    connectTimeoutMs: 30_000,
    keepAliveMs: 30_000,
    pingTimeoutMs: 10_000,
    order: true,
    writeTimeoutMs: 30_000,
    autoReconnect: true,
    maxReconnectIntervalMs: 600_000,
    messageChannelDepth: 100,
    httpHeaders: {},
  };
}
