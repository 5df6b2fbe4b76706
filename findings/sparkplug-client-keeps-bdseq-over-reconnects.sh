#!/usr/bin/env bash
# Most would expect: a Sparkplug edge node raises `bdSeq` with each connection and puts the same number into its NDEATH (the will)
# and the NBIRTH that follows, as Sparkplug 3.0 demands, so that a host can tell a late
# death of the connection before from one of the present.
#
# What happens: sparkplug-client sends bdSeq 0 at each connection, after a lost link as before it.
#
# Version: npm sparkplug-client 3.2.4, aedes 1.2.0 as broker. Source: this run.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund sparkplug-client@3.2.4 sparkplug-payload@1.0.3 aedes@1.2.0 node@24.21.0 >/dev/null
export PATH="$dir/node_modules/.bin:$PATH"
cat >run.cjs <<'JS'
const net = require('node:net');
const { once } = require('node:events');
const { Aedes } = require('aedes');
const sparkplug = require('sparkplug-client');
const { decodePayload } = require('sparkplug-payload').get('spBv1.0');

const bdSeqOf = (payload) => Number(decodePayload(payload).metrics.find(({ name }) => name === 'bdSeq').value);

(async () => {
  const broker = await Aedes.createBroker();
  const births = [];
  const wills = [];
  const sockets = new Set();
  broker.on('client', (client) => client.will && wills.push(bdSeqOf(client.will.payload)));
  const server = net.createServer((socket) => {
    sockets.add(socket);
    broker.handle(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = sparkplug.newClient({
    serverUrl: `mqtt://127.0.0.1:${server.address().port}`, username: '', password: '',
    groupId: 'g', edgeNode: 'n', clientId: 'c', version: 'spBv1.0', reconnectPeriod: 200,
  });
  client.on('birth', () => client.publishNodeBirth({ timestamp: Date.now(), metrics: [{ name: 'a', type: 'Int32', value: 1 }] }));
  client.on('error', () => undefined);
  await new Promise((resolve) => {
    broker.on('publish', ({ topic, payload }) => {
      if (!topic.includes('/NBIRTH/')) return;
      births.push(bdSeqOf(payload));
      if (births.length === 3) resolve();
      else for (const socket of sockets) socket.destroy(); // the link is lost
    });
  });
  console.log('bdSeq of the births:', births.join(', '), '; of the wills:', wills.join(', '));
  const isSame = births.join() === '0,0,0';
  console.log(isSame ? 'as found: the number stays' : 'changed');
  process.exit(isSame ? 0 : 1);
})();
JS
echo "node $(node -v), sparkplug-client 3.2.4"
timeout 60 node run.cjs
