import { once } from 'node:events';
import mqtt from 'mqtt';
import { loadLibrary } from '../lib/library.mjs';

const CONTENT = { temperature: 23.5, humidity: 41, text: 'as a sensor has it' };

/** An application entity of src/onem2m, compiled: what `msg.payload` at the input of the node does. */
export async function startEntity(port) {
  const { ApplicationEntity, createBindings, parseAeConfig, systemClock } = loadLibrary();
  const quiet = () => {};
  const ports = {
    clock: systemClock,
    random: Math.random,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  };
  const parsed = parseAeConfig({
    endpoint: `mqtt://127.0.0.1:${port}#bench`,
    ae: { name: 'ours', originator: 'Cours' },
    cse: { profile: 'generic' },
    registration: { check: '0s' },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const store = { load: async () => undefined, save: async () => {}, clear: async () => {} };
  const bindings = createBindings(parsed.value, { credentials: {}, ports, uid: 'bench' });
  const entity = new ApplicationEntity(parsed.value, { ports, bindings, store });
  entity.start();
  return {
    name: 'entity',
    create: () => entity.perform({ topic: 'data', payload: CONTENT }),
    stop: () => entity.close(),
  };
}

/** MQTT.js with as little around it as the same needs: a topic, an id, and a map of who waits. */
export async function startBare(port) {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: 'A::Cbare' });
  client.stream.setNoDelay(true);
  const waiting = new Map();
  client.on('message', (_topic, payload) => {
    const response = JSON.parse(payload.toString());
    waiting.get(response.rqi)?.(response);
    waiting.delete(response.rqi);
  });
  await client.subscribeAsync('/oneM2M/resp/Cbare/#', { qos: 1 });
  let next = 0;
  return {
    name: 'MQTT.js',
    create() {
      const rqi = `r${(next += 1)}`;
      const pc = { 'm2m:cin': { cnf: 'application/json:0', con: JSON.stringify(CONTENT) } };
      const request = { op: 1, to: 'onem2m/bare/data', fr: 'Cbare', rqi, rvi: '3', ty: 4, pc };
      return new Promise((resolve) => {
        waiting.set(rqi, resolve);
        client.publish('/oneM2M/req/Cbare/bench/json', JSON.stringify(request), { qos: 1 });
      });
    },
    stop: () => client.endAsync(true),
  };
}

/** Requests a second of a closed loop: each of `inFlight` asks again as soon as it is answered, for so many ms. */
export async function closedLoop({ create }, inFlight, ms) {
  let done = 0;
  const end = performance.now() + ms;
  const begin = performance.now();
  const loop = async () => {
    while (performance.now() < end) {
      await create();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  return (done * 1000) / (performance.now() - begin);
}

/** Run in a process of its own (`--expose-gc`): the live heap after the first tenth and after all of so many requests. */
export async function heapOver(port, requests) {
  const entity = await startEntity(port);
  const send = async (count) => {
    for (let left = count; left > 0; left -= 100) {
      await Promise.all(Array.from({ length: Math.min(100, left) }, () => entity.create()));
    }
  };
  const heap = () => {
    globalThis.gc();
    return process.memoryUsage().heapUsed;
  };
  await send(requests / 10);
  const first = heap();
  await send((requests * 9) / 10);
  const last = heap();
  await entity.stop();
  return { first, last };
}

if (process.argv[2] === 'heap') {
  process.send(await heapOver(Number(process.argv[3]), Number(process.argv[4])));
  process.disconnect();
  await once(process, 'disconnect').catch(() => {});
}
