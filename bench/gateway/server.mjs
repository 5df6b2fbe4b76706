import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A process of its own: so many Modbus/TCP devices (first argument), each at a port of its own, told to whoever forked it. They
 * answer any read of registers, at once and with next to no work, and every value changes each second. To the message
 * `requests` it answers how many came at each port so far.
 */
const HEADER = 9;
const REQUEST = 12;
const table = Buffer.alloc(2 * 2 * 65_536);
for (let at = 0; at < table.length / 2; at += 1) table.writeUInt16BE(at & 0xffff, at * 2);
let shift = 0;
setInterval(() => (shift = (shift + 1) & 0xffff), 1_000);

const requests = Array.from({ length: Number(process.argv[2]) }, () => 0);

function serve(socket, device) {
  socket.setNoDelay(true);
  socket.on('error', () => {});
  let rest;
  socket.on('data', (chunk) => {
    let bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    for (; bytes.length >= REQUEST; bytes = bytes.subarray(REQUEST)) {
      requests[device] += 1;
      socket.write(answer(bytes));
    }
    rest = bytes.length === 0 ? undefined : bytes;
  });
}

function answer(request) {
  const bytes = request.readUInt16BE(10) * 2;
  const from = (request.readUInt16BE(8) + shift) * 2;
  const reply = Buffer.allocUnsafe(HEADER + bytes);
  request.copy(reply, 0, 0, 4);
  reply.writeUInt16BE(3 + bytes, 4);
  reply[6] = request[6];
  reply[7] = request[7];
  reply[8] = bytes;
  table.copy(reply, HEADER, from, from + bytes);
  return reply;
}

const servers = requests.map((_, device) => createServer((socket) => serve(socket, device)).listen(0, '127.0.0.1'));
await Promise.all(servers.map((server) => once(server, 'listening')));
process.send(servers.map((server) => server.address().port));
process.on('message', (message) => {
  if (message === 'requests') process.send(requests);
});
process.once('disconnect', () => process.exit());
