#!/usr/bin/env bash
# Most would expect: when one answer of a Modbus device comes later than the client's time-out, that request fails and the
# next ones are right again, because a time-out ends a request and what comes for it afterwards is thrown away.
#
# What happens: over RTU in TCP (`connectTelnet`) of modbus-serial every later read is given the answer of the
# read BEFORE it, for good and without any error: the late answer stays in the port's buffer, and answers of RTU carry no
# number by which they could be told apart. Each value is a valid one, only of the wrong register.
#
# Version: modbus-serial 8.0.25. Source: this run; `ports/telnetport.js` keeps its buffer when a request is written.
# Valid input only: a device that answers each request rightly, one of them late.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund modbus-serial@8.0.25 >/dev/null
cat >run.cjs <<'JS'
const net = require('node:net');
const { once } = require('node:events');
const ModbusRTU = require('modbus-serial');
const crc16 = require('modbus-serial/utils/crc16');

const LATE_REGISTER = 7;
const TIMEOUT_MS = 200;

/** A device whose holding registers hold their own address; one request is answered after the client's time-out. */
const late = [];
const server = net.createServer((socket) => {
  let received = Buffer.alloc(0);
  socket.on('data', (data) => {
    received = Buffer.concat([received, data]);
    while (received.length >= 8) {
      const request = received.subarray(0, 8);
      received = received.subarray(8);
      const register = request.readUInt16BE(2);
      const answer = Buffer.alloc(7);
      answer.set([request[0], 3, 2]);
      answer.writeUInt16BE(register, 3);
      answer.writeUInt16LE(crc16(answer.subarray(0, 5)), 5);
      if (register === LATE_REGISTER) late.push(() => socket.write(answer));
      else socket.write(answer);
    }
  });
});

(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new ModbusRTU();
  await client.connectTelnet('127.0.0.1', { port: server.address().port });
  client.setID(1);
  client.setTimeout(TIMEOUT_MS);
  const read = async (register) => {
    const answer = await client.readHoldingRegisters(register, 1).then(({ data }) => data[0], (error) => error.message);
    console.log(`register ${register}: ${answer}`);
    return answer;
  };
  const seen = [await read(5), await read(LATE_REGISTER)];
  late.forEach((answer) => answer()); // on its way when the next request is made
  for (const register of [100, 200, 300, 400]) seen.push(await read(register));
  client.close(() => undefined);
  server.close();
  const expected = [5, 'Timed out', 7, 100, 200, 300];
  const isSame = JSON.stringify(seen) === JSON.stringify(expected);
  console.log(isSame ? 'as found: each read got the answer of the one before' : `changed: expected ${JSON.stringify(expected)}`);
  process.exit(isSame ? 0 : 1);
})();
JS
echo "node $(node -v), modbus-serial $(node -p "require('modbus-serial/package.json').version")"
node run.cjs
