import { DeviceError, ErrorCode, toDeviceError } from '../../base/errors';
import { show } from '../../base/fields/fields';
import { applyOperations, invertOperations, toTyped } from './operations';
import type { Property } from '../property';
import { coerce, type Coerced, wholeNumber } from '../../base/values/coerce';
import { plainValue } from '../../base/values/plain-value';
import { isNumericType, type ValueType } from '../../base/values/type-names';

/**
 * Between what a user sees of a property and what the device holds: the order of operations on the way out, its inverse
 * and the check of type and range on the way in.
 */

type Computed = Pick<Property, 'type' | 'orderOfOperations'>;

/** Whether the order of operations changes what is read; then `raw` is worth telling beside `value`. */
export const hasOperations = (property: Computed): boolean => (property.orderOfOperations?.length ?? 0) > 0;

/**
 * What the device gave, as the user sees it: with the operations applied. Values that are no numbers pass as they are.
 */
export function fromDeviceValue(property: Computed, raw: unknown): unknown {
  const operations = property.orderOfOperations ?? [];
  const isNumber = typeof raw === 'number' || typeof raw === 'bigint';
  return isNumber && operations.length > 0 ? applyOperations(raw, operations) : raw;
}

/**
 * A value given by a user (flow, command, desired value) as the device must get it, or what is wrong with it. Without
 * operations it must be a value of the property's type. With operations it is a number in the operated unit (21.5 for an
 * int16 that is divided by 10 on reading): inverted, rounded to the nearest whole number for integer types, then checked.
 * Without a type it passes as it is: the driver learns the type from the device.
 */
export function toDeviceValue(property: Computed, given: unknown): Coerced {
  const plain = plainValue(given);
  return plain.ok ? toTypedValue(property, plain.value) : plain;
}

function toTypedValue(property: Computed, value: unknown): Coerced {
  const operations = property.orderOfOperations ?? [];
  if (operations.length === 0) return property.type === undefined ? { ok: true, value } : coerce(property.type, value);
  const given = operatedNumber(property.type, value);
  if (given === undefined) return { ok: false, message: `must be a finite number, got ${show(value)}` };
  try {
    const raw = invertOperations(given, operations);
    const typed = toTyped(property.type ?? 'double', raw);
    return typed.ok ? typed : { ok: false, message: `${typed.message} after undoing the operations on ${show(value)}` };
  } catch (error) {
    return { ok: false, message: toDeviceError(error, ErrorCode.BAD_VALUE).message };
  }
}

/** As `toDeviceValue`, but throws a DeviceError BAD_VALUE that names the property. */
export function requireDeviceValue(property: Computed & { readonly name: string }, value: unknown): unknown {
  const result = toDeviceValue(property, value);
  if (result.ok) return result.value;
  throw new DeviceError(ErrorCode.BAD_VALUE, `property "${property.name}": ${result.message}`);
}

/** Whole numbers keep all their digits (bigint beyond 2^53 - 1); everything else becomes a finite double. */
export function operatedNumber(type: ValueType | undefined, value: unknown): number | bigint | undefined {
  if (type !== undefined && !isNumericType(type)) return undefined;
  const whole = typeof value === 'number' ? undefined : wholeNumber(value);
  if (whole !== undefined && !Number.isSafeInteger(Number(whole))) return whole;
  const real = coerce('double', value);
  return real.ok ? (real.value as number) : undefined;
}
