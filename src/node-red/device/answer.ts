import type { Device } from '../../device/engine/device';
import type { Reading } from '../../device/driver';
import type { DeviceConfig } from '../../device/kind';
import type { Property } from '../../device/property';
import { valuesOf } from '../../device/documents/status-document';
import { coerce } from '../../base/values/index';
import type { Command } from './command';
import { errorOfFailures, failureOf } from '../common/flow-error';

/**
 * Does what a command says and answers the payload of the reply: the values read or written in their true types, or all
 * known ones after `connect` and `disconnect`. Rejects once the device has refused, with all the properties it refused.
 */
export async function answerCommand(
  device: Device,
  config: DeviceConfig,
  command: Exclude<Command, { action: 'perform' }>,
): Promise<Record<string, unknown>> {
  switch (command.action) {
    case 'write':
      return write(device, [...config.properties, ...command.adHoc], command.values, command.adHoc);
    case 'read':
      return read(device, command.names, command.adHoc);
    case 'connect':
      await device.connect();
      return valuesOf(device.snapshot());
    case 'disconnect':
      await device.disconnect();
      return valuesOf(device.snapshot());
  }
}

async function write(
  device: Device,
  known: readonly Property[],
  values: Readonly<Record<string, unknown>>,
  adHoc: readonly Property[],
): Promise<Record<string, unknown>> {
  const results = await device.write(values, adHoc);
  const failures = results.flatMap(({ name, error }) => (error === undefined ? [] : [failureOf(name, error)]));
  if (failures.length > 0) throw errorOfFailures(failures);
  const typed = Object.entries(values).map(([name, value]) => {
    const type = known.findLast((property) => property.name === name)?.type;
    const coerced = type === undefined ? undefined : coerce(type, value);
    return [name, coerced?.ok === true ? coerced.value : value] as const;
  });
  return Object.fromEntries(typed);
}

/**
 * Of properties asked for by name every one must be read, else it is an error. Of all properties some may fail: the answer
 * then holds the good ones and `msg.status` says what is wrong with the others; it is an error only when none can be read.
 */
async function read(
  device: Device,
  names: readonly string[] | undefined,
  adHoc: readonly Property[],
): Promise<Record<string, unknown>> {
  const readings = await device.read(names, adHoc);
  const bad = readings.filter(({ error, quality }) => error !== undefined || quality === 'bad');
  if (bad.length > 0 && (names !== undefined || bad.length === readings.length)) throw errorOfFailures(bad.map(failed));
  return Object.fromEntries(
    readings.filter((reading) => !bad.includes(reading)).map(({ name, value }) => [name, value]),
  );
}

function failed({ name, error }: Reading): ReturnType<typeof failureOf> {
  return error === undefined ? { name, code: 'BAD_RESPONSE', message: 'no good value' } : failureOf(name, error);
}
