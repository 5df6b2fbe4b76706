import { readDevices } from './watch.mjs';
import { format } from './check.mjs';

const REFRESH_MS = 1_000;

/**
 * One line of values, renewed each second: in place on a terminal, else only when it changed.
 * @returns a function that ends it
 */
export function startLiveLine({ nodeRedUrl, broker, out = process.stdout }) {
  let shown = '';
  let isBusy = false;
  const timer = setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    void readDevices(nodeRedUrl)
      .then(
        (devices) => show(line(devices, broker)),
        (error) => show(error.message),
      )
      .finally(() => (isBusy = false));
  }, REFRESH_MS);

  function show(text) {
    if (text === shown) return;
    shown = text;
    out.write(out.isTTY ? `\r\x1b[K${text.slice(0, (out.columns ?? 120) - 1)}` : `${text}\n`);
  }

  return () => {
    clearInterval(timer);
    if (out.isTTY) out.write('\n');
  };
}

/** The first device that publishes is the plant; the others are told by number. */
function line(devices, broker) {
  const healthy = devices.filter((device) => device.state === 'healthy').length;
  const plant = devices.find((device) => device.mqtt);
  const values = plant?.properties
    .filter(({ value }) => typeof value === 'number' || typeof value === 'boolean')
    .map(({ name, value, unit }) => `${name} ${format(value)}${unit ? ` ${unit}` : ''}`);
  return [`${healthy}/${devices.length} devices healthy`, `${broker.received} MQTT messages`, ...(values ?? [])].join(
    '  ',
  );
}
