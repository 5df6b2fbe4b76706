import { once } from 'node:events';
import { connect } from 'node:net';
import mqtt from 'mqtt';
import { deviceName, registerName, requestsFor } from './sizes.mjs';

/**
 * A process of its own: the least that a Node program can do for this job. One socket a device, the same requests one after the
 * other, numbers into an object, JSON.stringify, MQTT.js at QoS 1. No quality, no times, no checks, nothing that recovers.
 */
const INTERVAL_MS = 1_000;
const { ports, broker, registers, who } = JSON.parse(process.argv[2]);
const names = Array.from({ length: registers }, (_, offset) => registerName(offset));
const requests = requestsFor(registers);
process.once('disconnect', () => process.exit());

const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker}`);

async function startDevice(port, index) {
  const topic = `bench/${who}/default/${deviceName(index)}`;
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  let document = {};
  let asked = 0;
  let rest;
  const ask = () => {
    const { offset, quantity } = requests[asked];
    const request = Buffer.allocUnsafe(12);
    request.writeUInt16BE(asked, 0);
    request.writeUInt16BE(0, 2);
    request.writeUInt16BE(6, 4);
    request[6] = 1;
    request[7] = 3;
    request.writeUInt16BE(offset, 8);
    request.writeUInt16BE(quantity, 10);
    socket.write(request);
  };
  socket.on('data', (chunk) => {
    const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    rest = bytes.length < 6 || bytes.length < 6 + bytes.readUInt16BE(4) ? bytes : undefined;
    if (rest !== undefined) return;
    const { offset, quantity } = requests[asked];
    for (let at = 0; at < quantity; at += 1) document[names[offset + at]] = bytes.readUInt16BE(9 + 2 * at);
    asked += 1;
    if (asked < requests.length) ask();
    else client.publish(topic, JSON.stringify(document), { qos: 1 });
  });
  const sync = () => {
    document = {};
    asked = 0;
    ask();
  };
  sync();
  // As ours: devices that were started together do not sync in the same millisecond.
  const first = INTERVAL_MS * (1 - (index + 0.5) / ports.length / 2);
  setTimeout(() => {
    sync();
    setInterval(sync, INTERVAL_MS);
  }, first);
}

await Promise.all(ports.map(startDevice));
