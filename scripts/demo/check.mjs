import { lookAtEntities } from './entities.mjs';
import { readDevices } from './watch.mjs';

const POLL_MS = 250;

/**
 * Waits until every device is healthy, each device that publishes has been heard through the broker, and every application
 * entity is registered with its CSE.
 *
 * @param options.entities as `readEntities` gives them
 * @param options.deadlineMs after so long the check gives up
 * @returns `{ missing, devices, entities }`; `missing` is empty when all is well, else it says what is not, one line each
 */
export async function checkDemo({ nodeRedUrl, broker, entities, deadlineMs, signal }) {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const [seen, registered] = await Promise.all([look(nodeRedUrl, broker), lookAt(entities)]);
    const state = { ...seen, entities: registered.entities, missing: [...seen.missing, ...registered.missing] };
    if (state.missing.length === 0 || performance.now() > end || signal.aborted) return state;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function look(nodeRedUrl, broker) {
  try {
    const devices = await readDevices(nodeRedUrl);
    const missing =
      devices.length === 0 ? ['no device is deployed'] : devices.flatMap((device) => lacks(device, broker));
    return { devices, missing };
  } catch (error) {
    return { devices: [], missing: [`Node-RED does not tell its devices: ${error.message}`] };
  }
}

async function lookAt(entities) {
  try {
    const seen = await lookAtEntities(entities);
    const absent = seen.filter(({ originator }) => originator === undefined);
    const missing = absent.map(({ name, cseID }) => `application entity "${name}" is not registered with ${cseID}`);
    return { entities: seen, missing };
  } catch (error) {
    return { entities: [], missing: [`the CSEs do not tell their application entities: ${error.message}`] };
  }
}

function lacks(device, broker) {
  const found = [];
  if (device.state !== 'healthy') {
    const reason = device.lastError ? `: ${device.lastError.message} (${device.lastError.code})` : '';
    found.push(`device "${device.name}" (${device.type}) is ${device.state}${reason}`);
  }
  if (device.mqtt && broker.last(device.mqtt.topic) === undefined) {
    found.push(`nothing of device "${device.name}" came through the broker on topic ${device.mqtt.topic}`);
  }
  return found;
}

/** What was seen, for people: each device with its values, the last message of each device topic, and the application entities. */
export function describe({ devices, entities }, broker) {
  const registered = entities.filter(({ originator }) => originator !== undefined);
  return [
    ...describeDevices(devices, broker),
    ...registered.map(
      ({ name, cseID, originator }) => `${name} (onem2m-ae): registered with ${cseID} as ${originator}`,
    ),
  ];
}

function describeDevices(devices, broker) {
  return devices.flatMap((device) => {
    const values = device.properties.map(
      ({ name, value, unit }) => `${name} ${format(value)}${unit ? ` ${unit}` : ''}`,
    );
    const lines = [`${device.name} (${device.type}): ${device.state}; ${values.join(', ')}`];
    const message = device.mqtt && broker.last(device.mqtt.topic);
    if (message) lines.push(`  ${device.mqtt.topic} ${message}`);
    return lines;
  });
}

export function format(value) {
  if (typeof value === 'number') return String(Math.round(value * 100) / 100);
  if (typeof value === 'string') return value;
  return JSON.stringify(value) ?? '?';
}
