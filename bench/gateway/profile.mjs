import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProbedNodeRed } from '../lib/node-red.mjs';
import { table } from '../lib/table.mjs';
import { flowsOf, OURS } from './contenders.mjs';
import { startSurroundings } from './surroundings.mjs';

/**
 * node bench/gateway/profile.mjs [devices] [registers] [seconds]
 *
 * Where the time and the memory of `modbus-device` go in the gateway benchmark (of the build there is): shares of busy time and
 * of allocated bytes, of each function by itself and of ours with all that they call.
 */
const [devices = 10, registers = 1000, seconds = 20] = process.argv.slice(2).map(Number);
const WARM_UP_MS = 30_000;
const PATIENCE_MS = 60_000;
const LINES = 40;
const bundles = new Map();

const who = OURS.who('profile');
const surroundings = await startSurroundings(devices);
const { ports, broker, counter } = surroundings;
const { complete } = counter.watch(who, devices, PATIENCE_MS);
const flows = flowsOf({ ports, broker, registers, who });
const nodeArguments = ['--import', join(import.meta.dirname, '..', 'lib', 'profile-probe.mjs')];
const nodeRed = await startProbedNodeRed(flows, { nodeArguments });
try {
  await complete;
  await sleep(WARM_UP_MS);
  const answer = once(nodeRed.process, 'message');
  nodeRed.process.send({ profileMs: seconds * 1000 });
  const [{ cpu, heap }] = await answer;
  print('CPU', 'ms a second', cpuTree(cpu), 1 / 1000 / seconds);
  print('allocations', 'KB a second', heapTree(heap.head), 1 / 1024 / seconds);
} finally {
  await nodeRed.stop();
  await surroundings.stop();
}

/** Both profiles as `{ where, own, children }`; without the time of idling and of the profiler itself. */
function cpuTree({ nodes, samples, timeDeltas }) {
  const own = new Map();
  samples.forEach((id, index) => own.set(id, (own.get(id) ?? 0) + timeDeltas[index]));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const build = (node) => ({
    where: whereOf(node.callFrame),
    own: isLeftOut(node.callFrame) ? 0 : (own.get(node.id) ?? 0),
    children: (node.children ?? []).map((id) => build(byId.get(id))),
  });
  return build(nodes[0]);
}

function isLeftOut({ functionName, url }) {
  return functionName === '(idle)' || url === 'node:inspector';
}

function heapTree({ callFrame, selfSize, children }) {
  return { where: whereOf(callFrame), own: selfSize, children: children.map(heapTree) };
}

function whereOf({ functionName, url, lineNumber }) {
  const path = url.replace(/^file:\/\//, '');
  const file = path.includes('/dist/')
    ? moduleAt(path, lineNumber)
    : `${path.replace(/^.*\/node_modules\//, '')}:${lineNumber + 1}`;
  return path === '' ? functionName : `${functionName || '(anonymous)'} ${file}`;
}

/** In a bundle the path of each module stands above it. */
function moduleAt(file, lineNumber) {
  const lines = bundles.get(file) ?? readFileSync(file, 'utf8').split('\n');
  bundles.set(file, lines);
  for (let above = lineNumber; above >= 0; above -= 1) {
    const [, module] = /\/\/ ((?:src|nodes)\/\S+\.ts)$/.exec(lines[above]) ?? [];
    if (module !== undefined) return `${module}:${lineNumber - above}`;
  }
  return `${file.replace(/^.*\/dist\//, '')}:${lineNumber + 1}`;
}

function print(title, unit, tree, scale) {
  const own = new Map();
  const withCallees = new Map();
  const parts = new Map();
  const visit = ({ where, own: size, children }, above) => {
    const isFirst = !above.has(where);
    const path = isFirst ? new Set([...above, where]) : above;
    const total = size + children.reduce((sum, child) => sum + visit(child, path), 0);
    add(own, where, size);
    add(parts, partOf(where), size);
    if (isFirst) add(withCallees, where, total);
    return total;
  };
  const total = visit(tree, new Set());
  const isOurs = ([where]) => / (src|nodes)\//.test(where);
  const show = (heading, entries) => {
    const rows = entries
      .sort((a, b) => b[1] - a[1])
      .slice(0, LINES)
      .map(([where, size]) => [where, ((100 * size) / total).toFixed(1), (size * scale).toFixed(2)]);
    process.stdout.write(`\n${table([`${title}, ${heading}`, '%', unit], rows)}\n`);
  };
  process.stdout.write(`\n${title}: ${(total * scale).toFixed(2)} ${unit}\n`);
  show('by part', [...parts]);
  show('by function, itself', [...own]);
  show('ours with what they call', [...withCallees].filter(isOurs));
}

function add(map, key, size) {
  map.set(key, (map.get(key) ?? 0) + size);
}

/** A folder of ours, a package, or what is Node's own. */
function partOf(where) {
  const file = where.split(' ').at(-1);
  if (/^(src|nodes)\//.test(file)) return file.split('/').slice(0, 3).join('/').replace(/:\d+$/, '');
  if (file.startsWith('node:')) return 'node';
  return file.includes('/')
    ? file
        .split('/')
        .slice(0, file.startsWith('@') ? 2 : 1)
        .join('/')
    : where;
}
