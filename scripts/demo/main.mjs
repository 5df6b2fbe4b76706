import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startBroker } from './broker.mjs';
import { checkDemo, describe } from './check.mjs';
import { startCses } from './cses.mjs';
import { readEntities } from './entities.mjs';
import { freePort } from './free-port.mjs';
import { startLiveLine } from './live-line.mjs';
import { Machine } from './machine.mjs';
import { startModbusServer } from './modbus-server.mjs';
import { startNodeRed } from './node-red.mjs';
import { Plant } from './plant.mjs';
import { makeUserDirectory } from './user-directory.mjs';
import { watchBroker } from './watch.mjs';

const USAGE = `npm run demo [-- options]

  --check             wait until all devices are healthy and heard through the broker and all application entities are
                      registered, say what was seen, and end
  --deadline <s>      how long --check waits at most (60)
  --without-modbus    leave the Modbus simulator out, to see what a missing device looks like
  --help
`;

const root = join(import.meta.dirname, '..', '..');

/** What was started, newest last; stopped in the opposite order. */
const started = [];
let isStopping = false;
const interruption = new AbortController();

async function main() {
  const { values: options } = parseArgs({
    options: {
      check: { type: 'boolean', default: false },
      deadline: { type: 'string', default: '60' },
      'without-modbus': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const deadlineMs = Number(options.deadline) * 1_000;
  if (!(deadlineMs > 0))
    throw new Error(`--deadline: a number of seconds above 0 is expected, not "${options.deadline}"`);
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => interruption.abort());

  const demo = await start(options);
  process.stdout.write(introduction(demo));
  return options.check ? check(demo, deadlineMs) : run(demo);
}

async function start(options) {
  const broker = keep(await startBroker());
  const { inCse, mnCse } = keep(await startCses(broker.url));
  const modbusEndpoint = options['without-modbus']
    ? `127.0.0.1:${await freePort()}`
    : keep(await startModbusServer(new Plant())).endpoint;
  // Takes a second to load, which nobody should wait for who only wants the help.
  const { startOpcUaServer } = await import('./opcua-server.mjs');
  const parent = join(root, '.demo');
  const { endpoint: opcuaEndpoint } = keep(await startOpcUaServer({ machine: new Machine(), parent }));
  const addresses = { broker: broker.url, modbusEndpoint, opcuaEndpoint, inCse, mnCse };
  const userDirectory = await makeUserDirectory({ root, parent, addresses });
  started.push(userDirectory.remove);
  const watch = keep(await watchBroker(broker.url));
  const nodeRed = keep(await startNodeRed({ userDirectory: userDirectory.path, onWarning: warn }));
  const entities = await readEntities(join(root, 'examples'), addresses);
  return { ...addresses, broker, entities, watch, nodeRed, userDirectory: userDirectory.path };
}

/** What Node-RED warns of. That a message under way as it is stopped does not arrive is our own doing. */
function warn(line) {
  if (!isStopping) process.stderr.write(`${line}\n`);
}

function keep(part) {
  started.push(() => part.stop());
  return part;
}

function introduction({ nodeRed, broker, modbusEndpoint, opcuaEndpoint, inCse, mnCse }) {
  const overMqtt = broker.url.replace('tcp:', 'mqtt:');
  return `
  Node-RED editor   ${nodeRed.url}
  MQTT broker       ${broker.url}
  Modbus TCP        ${modbusEndpoint}
  OPC UA            ${opcuaEndpoint}
  oneM2M backend    ${overMqtt}#in-cse-1   ${inCse}#in-cse-1
  oneM2M gateway    ${overMqtt}#mn-cse-1   ${mnCse}#mn-cse-1

`;
}

async function check({ nodeRed, watch, entities }, deadlineMs) {
  const { missing, ...seen } = await checkDemo({
    nodeRedUrl: nodeRed.url,
    broker: watch,
    entities,
    deadlineMs,
    signal: interruption.signal,
  });
  process.stdout.write(`${describe(seen, watch).join('\n')}\n`);
  if (missing.length === 0) {
    const counts = `${seen.devices.length} devices healthy, ${seen.entities.length} application entities registered`;
    process.stdout.write(`\n${counts}, ${watch.received} MQTT messages: all is well\n`);
    return 0;
  }
  process.stdout.write(`\nmissing:\n${missing.map((what) => `  ${what}\n`).join('')}`);
  return 1;
}

/** Until Ctrl-C, or until Node-RED ends by itself. */
async function run({ nodeRed, watch }) {
  process.stdout.write('  The flows start afresh each time: export what you want to keep. Ctrl-C ends it all.\n\n');
  const endLine = startLiveLine({ nodeRedUrl: nodeRed.url, broker: watch });
  const interrupted = new Promise((resolve) => {
    if (interruption.signal.aborted) resolve('interrupted');
    interruption.signal.addEventListener('abort', () => resolve('interrupted'));
  });
  const reason = await Promise.race([interrupted, nodeRed.exited.then(() => 'ended')]);
  endLine();
  if (reason === 'interrupted' || interruption.signal.aborted) return 0;
  process.stderr.write('Node-RED ended by itself\n');
  return 1;
}

async function stopAll() {
  isStopping = true;
  for (const stop of started.reverse()) {
    try {
      await stop();
    } catch (error) {
      process.stderr.write(`while stopping: ${error.message}\n`);
    }
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  // Ctrl-C reaches Node-RED too, so a start that is interrupted fails, which is nothing to report.
  if (!interruption.signal.aborted) process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
} finally {
  await stopAll();
}
