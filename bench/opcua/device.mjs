/** The device as in the node: our driver under the device engine, as built. See contender.mjs for what it answers to. */
import { loadLibrary } from '../lib/library.mjs';
import { serve } from './contender.mjs';

const QUIET = { debug() {}, info() {}, warn() {}, error() {} };

await serve(async ({ endpoint, nodes, publishingMs, directory }) => {
  const { Device, opcuaKind: kind, systemClock } = loadLibrary();
  const parsed = kind.parse(
    {
      protocol: { endpoint, securityPolicy: 'None', securityMode: 'None' },
      parameters: { syncInterval: `${publishingMs}ms`, timeout: '30s' },
      properties: nodes.map((nodeID, index) => ({
        name: `p${index}`,
        type: 'double',
        accessMode: 'ReadOnly',
        visitor: { nodeID, samplingInterval: `${publishingMs}ms` },
      })),
    },
    {},
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const ports = { clock: systemClock, log: QUIET, random: Math.random };
  const driver = kind.createDriver(parsed.value, { ...ports, userDirectory: directory });
  let updates = 0;
  countReadings(driver, (count) => (updates += count));
  const identity = { name: 'bench', namespace: 'default', uid: 'bench' };
  const device = new Device({ identity, config: parsed.value, driver, ports });
  let documents = 0;
  device.events.on('sync', ({ isDue }) => (documents += Number(isDue)));
  device.start();
  return {
    values: () => device.snapshot().properties.filter(({ value }) => value !== undefined).length,
    updates: () => updates,
    documents: () => documents,
    async read() {
      const readings = await device.read();
      if (readings.some(({ value }) => typeof value !== 'number')) throw new Error('not all values could be read');
    },
  };
});

/** What the driver hands over, whether or not it changed anything. */
function countReadings(driver, onCount) {
  const subscribe = driver.subscribe.bind(driver);
  driver.subscribe = (properties, sink) =>
    subscribe(properties, (readings) => {
      onCount(readings.length);
      sink(readings);
    });
}
