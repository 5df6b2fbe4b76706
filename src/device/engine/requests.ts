import type { Reading, Write, WriteResult } from '../driver';
import { DeviceError, ErrorCode, toDeviceError } from '../../base/errors';
import { isReadable, isWritable, type Property } from '../property';
import { fromDeviceValue, hasOperations, toDeviceValue } from '../config/property-value';

/** What a name in a request stands for: an ad-hoc definition that came with the request goes before a declared property. */
export interface Target<P extends Property> {
  readonly property: P;
  readonly declared: boolean;
}

export function findTarget<P extends Property>(
  name: string,
  declared: ReadonlyMap<string, P>,
  adHoc: readonly P[],
): Target<P> | undefined {
  const given = adHoc.find((property) => property.name === name);
  if (given !== undefined) return { property: given, declared: false };
  const own = declared.get(name);
  return own === undefined ? undefined : { property: own, declared: true };
}

/**
 * A write as the driver gets it: in the device's own unit and checked against the type's range, or the reason why it must
 * not be sent (READ_ONLY, BAD_VALUE). The message names the property.
 */
export function checkWrite<P extends Property>(property: P, value: unknown): Write<P> | DeviceError {
  const { name } = property;
  if (!isWritable(property)) {
    return new DeviceError(ErrorCode.READ_ONLY, `property "${name}" cannot be written: it is ${property.accessMode}`);
  }
  const converted = toDeviceValue(property, value);
  if (converted.ok) return { property, value: converted.value };
  return new DeviceError(ErrorCode.BAD_VALUE, `property "${name}": ${converted.message}`);
}

/** Why a property must not be read, if so. */
export function checkRead(property: Property): DeviceError | undefined {
  if (isReadable(property)) return undefined;
  return new DeviceError(ErrorCode.WRITE_ONLY, `property "${property.name}" cannot be read: it is WriteOnly`);
}

export const unknownProperty = (name: string): DeviceError =>
  new DeviceError(ErrorCode.UNKNOWN_PROPERTY, `this device has no property "${name}"`);

/** A driver's reading in the user's unit; one whose operations cannot be computed is bad. */
export function toUserReading(property: Property, reading: Reading): Reading {
  if (reading.quality === 'bad' || !hasOperations(property)) return reading;
  try {
    return { ...reading, value: fromDeviceValue(property, reading.value), raw: reading.value };
  } catch (error) {
    return badReading(reading.name, toDeviceError(error, ErrorCode.BAD_VALUE), reading.updatedAt);
  }
}

export function badReading(name: string, error: DeviceError, now: number): Reading {
  return { name, value: undefined, quality: 'bad', error, updatedAt: now };
}

/** The desired values of a device that may be sent, and what is wrong with the others. */
export function checkDesired<P extends Property>(
  properties: readonly P[],
): { readonly writes: readonly Write<P>[]; readonly refused: readonly WriteResult[] } {
  const writes: Write<P>[] = [];
  const refused: WriteResult[] = [];
  for (const property of properties) {
    if (property.value === undefined || !isWritable(property)) continue;
    const checked = checkWrite(property, property.value);
    if (checked instanceof DeviceError) refused.push({ name: property.name, error: checked });
    else writes.push(checked);
  }
  return { writes, refused };
}
