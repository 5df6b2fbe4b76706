#!/usr/bin/env bash
# Most would expect: the name of a config node is a text for people. Whatever it is, the node starts; the editor offers it for editing
# and takes any name.
#
# What happens: Node-RED looks through all members of a config node for ids of other config nodes, to start those first, and `name` is one
# of them. A config node whose name is its own id waits for itself, a hundred times, and is then left out: "Circular config node
# dependency detected". Nodes that use it find no config node at all.
#
# Version: npm node-red 5.0.7, with a config node of its own (mqtt-broker). Source: this run; @node-red/runtime, lib/flows/Flow.js,
# "Check it doesn't reference another non-existent config node".
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node-red@5.0.7 node@24.21.0 >/dev/null
export PATH="$dir/node_modules/.bin:$PATH"
cat >flows.json <<'JSON'
[
  { "id": "flow", "type": "tab", "label": "Flow" },
  { "id": "a1b2c3d4", "type": "mqtt-broker", "name": "a1b2c3d4", "broker": "127.0.0.1", "port": "9", "autoConnect": false },
  { "id": "e5f6a7b8", "type": "mqtt-broker", "name": "plant", "broker": "127.0.0.1", "port": "9", "autoConnect": false },
  { "id": "in1", "type": "mqtt in", "z": "flow", "topic": "a", "broker": "a1b2c3d4", "x": 1, "y": 1, "wires": [[]] },
  { "id": "in2", "type": "mqtt in", "z": "flow", "topic": "a", "broker": "e5f6a7b8", "x": 1, "y": 2, "wires": [[]] }
]
JSON
cat >run.cjs <<'JS'
const http = require('node:http');
const RED = require('node-red');
const server = http.createServer();
server.listen(0, '127.0.0.1', async () => {
  const logging = { console: { level: 'off' } };
  RED.init(server, { httpAdminRoot: false, userDir: process.cwd(), flowFile: 'flows.json', logging });
  const started = new Promise((resolve) => RED.events.once('flows:started', resolve));
  await RED.start();
  await started;
  const isThere = (id) => RED.nodes.getNode(id) != null;
  const seen = { 'named like its id': isThere('a1b2c3d4'), 'named plant': isThere('e5f6a7b8') };
  console.log('started:', JSON.stringify(seen));
  const isAsFound = !seen['named like its id'] && seen['named plant'];
  console.log(isAsFound ? 'as found: it does not start' : 'changed');
  process.exit(isAsFound ? 0 : 1);
});
JS
echo "node $(node -v), node-red $(node -p "JSON.parse(require('fs').readFileSync('node_modules/node-red/package.json')).version")"
node run.cjs
