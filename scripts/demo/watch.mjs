import mqtt from 'mqtt';

/**
 * Listens to the broker as any outsider would and keeps the last message of each topic.
 * `onMessage(topic, payload)` is called for each message that is not a retained one from before.
 */
export async function watchBroker(url, onMessage = () => {}) {
  const client = await mqtt.connectAsync(url.replace(/^tcp:/, 'mqtt:'));
  const last = new Map();
  let received = 0;
  client.on('message', (topic, payload) => {
    received += 1;
    last.set(topic, payload.toString());
    onMessage(topic, payload.toString());
  });
  await client.subscribeAsync('#');
  return {
    last: (topic) => last.get(topic),
    get received() {
      return received;
    },
    publish: (topic, payload) => client.publishAsync(topic, payload),
    stop: () => client.endAsync(true),
  };
}

/** What the nodes say about their devices: `GET /devicelink/devices`. */
export async function readDevices(nodeRedUrl) {
  const answer = await fetch(`${nodeRedUrl}/devicelink/devices`, { signal: AbortSignal.timeout(5_000) });
  if (!answer.ok) throw new Error(`GET /devicelink/devices answered ${answer.status}`);
  return answer.json();
}
