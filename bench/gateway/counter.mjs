import mqtt from 'mqtt';

const VALUE = Buffer.from('"r');
const THINGSBOARD_TOPIC = 'v1/gateway/telemetry';
/** Who publishes there, of which there is one at a time. */
export const THINGSBOARD = 'thingsboard';

/**
 * Counts at the broker what arrives of whom. Topics are `bench/<who>/default/<device>`, and ThingsBoard's own.
 * Values are counted by the beginning of their names, which costs next to nothing.
 */
export async function startCounter(broker) {
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker}`);
  const tallies = new Map();
  client.on('message', (topic, payload) => {
    const isThingsBoard = topic === THINGSBOARD_TOPIC;
    const tally = tallies.get(isThingsBoard ? THINGSBOARD : topic.split('/')[1]);
    if (tally === undefined) return;
    tally.messages += 1;
    tally.values += countIn(payload);
    if (tally.missing === 0) return;
    tally.firstAt ??= performance.now();
    for (const device of isThingsBoard ? Object.keys(JSON.parse(payload)) : [topic]) tally.devices.add(device);
    if (tally.devices.size < tally.missing) return;
    tally.missing = 0;
    tally.onComplete(performance.now());
  });
  await client.subscribeAsync(['bench/#', THINGSBOARD_TOPIC]);
  return {
    /** From now on: `taken()` since the last time; `complete` with `{ firstAt, allAt }` once `devices` have published. */
    watch(who, devices, patienceMs) {
      const tally = { messages: 0, values: 0, missing: devices, devices: new Set(), firstAt: undefined };
      const complete = new Promise((resolve, reject) => {
        const fail = () => reject(new Error(`${who}: ${tally.devices.size} of ${devices} devices have published`));
        const patience = setTimeout(fail, patienceMs);
        tally.onComplete = (allAt) => {
          clearTimeout(patience);
          resolve({ firstAt: tally.firstAt, allAt });
        };
      });
      // It is awaited only when the contender has started.
      complete.catch(() => {});
      tallies.set(who, tally);
      const taken = () => {
        const { messages, values } = tally;
        tally.messages = 0;
        tally.values = 0;
        return { messages, values };
      };
      return { complete, taken };
    },
    stop: () => client.endAsync(true),
  };
}

function countIn(payload) {
  let count = 0;
  for (let at = payload.indexOf(VALUE); at >= 0; at = payload.indexOf(VALUE, at + 2)) count += 1;
  return count;
}
