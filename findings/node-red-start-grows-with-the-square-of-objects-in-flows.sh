#!/usr/bin/env bash
# Node-RED's start grows with the square of the objects in its flows
#
# Most would expect: Node-RED starts with twice as many rows in the tables of its nodes in about twice the time, or less.
#
# What happens: at its start, and at each Deploy, `checkFlowDependencies` makes a deep copy of all flows with the package `clone`, which keeps a
# list of all objects that it met and looks each one up in it, from the beginning (`allParents.indexOf`). Twice the objects take four times
# as long. Rows that are JSON texts are no objects: the same table takes a hundredth and less. Such tables are usual: a gateway with a hundred
# devices of a hundred rows each has 10,000 and, where a row has an object in it, 20,000.
#
# Versions: @node-red/registry 5.0.7 with clone 2.1.2, under Node.js 24; the same in 4.1.
# Source: this run; lib/externalModules.js of @node-red/registry, `let nodes = clone(flowConfig)`; clone.js, `allParents.indexOf(parent)`.
set -euo pipefail
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @node-red/registry@5.0.7 clone@2.1.2 >/dev/null
cat >try.cjs <<'JS'
const external = require('@node-red/registry/lib/externalModules');
external.init({ userDir: process.cwd(), externalModules: {} });

const row = (at) => ({ name: `row ${at}`, address: { kind: 'register', offset: at } });
const flowOf = (rows, keep) => [
  { id: 'n', type: 'device', z: 'f', wires: [], rows: Array.from({ length: rows }, (_, at) => keep(row(at))) },
];

async function time(rows, keep) {
  const times = [];
  for (let run = 0; run < 3; run += 1) {
    const begin = performance.now();
    await external.checkFlowDependencies(flowOf(rows, keep));
    times.push(performance.now() - begin);
  }
  return times.sort((a, b) => a - b)[1];
}

(async () => {
  for (const name of ['@node-red/registry', 'clone']) {
    console.log(`${name} ${require(`${name}/package.json`).version}`);
  }
  const objects = [];
  const texts = [];
  for (const rows of [5000, 10000, 20000]) {
    objects.push(await time(rows, (each) => each));
    texts.push(await time(rows, (each) => JSON.stringify(each)));
    const [ms, asTexts] = [objects.at(-1), texts.at(-1)].map((each) => each.toFixed(1));
    console.log(`${rows} rows: ${ms} ms as objects, ${asTexts} ms as texts`);
  }
  const growth = objects[2] / objects[0];
  console.log(`four times the rows take ${growth.toFixed(1)} times as long`);
  const isSeen = growth > 8 && texts[2] < objects[2] / 10;
  console.log(isSeen ? 'as described' : 'no longer as described');
  process.exitCode = isSeen ? 0 : 1;
})();
JS
node try.cjs
