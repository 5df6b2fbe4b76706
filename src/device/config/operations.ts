import { DeviceError, ErrorCode } from '../../base/errors';
import { FieldReader } from '../../base/fields/fields';
import type { Checked } from '../../base/fields/problems';
import { OPERATION_NAMES } from './migrations';
import type { Operation } from '../property';
import type { Rational } from '../../base/values/rational';
import { add, divide, multiply, parseDecimal, subtract, toExact, toNumber } from '../../base/values/rational';
import { coerce, type Coerced } from '../../base/values/coerce';
import { isIntegerType, type ValueType } from '../../base/values/type-names';

/**
 * The order of operations: what is computed on every value read, and undone on every value written.
 * Decimals are taken as written and computed with exactly, so that 3 x 0.1 is 0.3.
 */

const OPERATION_TYPES = ['Add', 'Subtract', 'Multiply', 'Divide'] as const;

/**
 * The value after the operations, in their order: the double nearest to the exact result. A bigint (64-bit property) whose
 * result is a whole number beyond 2^53 - 1 stays a bigint. NaN and the infinities are computed as floating-point numbers.
 */
export function applyOperations(value: number, operations: readonly Operation[]): number;
export function applyOperations(value: number | bigint, operations: readonly Operation[]): number | bigint;
export function applyOperations(value: number | bigint, operations: readonly Operation[]): number | bigint {
  return compute(value, operations);
}

/**
 * The value that `applyOperations` makes `value` of: the inverse operations in reverse order, with the same rules.
 * Throws a DeviceError BAD_VALUE where there is no inverse (Multiply by 0).
 */
export function invertOperations(value: number, operations: readonly Operation[]): number;
export function invertOperations(value: number | bigint, operations: readonly Operation[]): number | bigint;
export function invertOperations(value: number | bigint, operations: readonly Operation[]): number | bigint {
  return compute(value, [...operations].reverse().map(inverse));
}

/**
 * A computed number as a value of `type`: for integer types the nearest whole number (halves away from zero), checked
 * against the range. Only for results of operations; what a user gives goes through `coerce`, which rounds nothing.
 */
export function toTyped(type: ValueType, value: number | bigint): Coerced {
  if (typeof value === 'bigint' || !isIntegerType(type)) return coerce(type, value);
  const rounded = Math.sign(value) * Math.round(Math.abs(value));
  return coerce(type, Number.isInteger(rounded) ? BigInt(rounded) : rounded);
}

/**
 * Checks the operations of a property at `field`, gathering every problem. With `writable` each step must have an
 * inverse. Older names are accepted (OPERATION_NAMES).
 */
export function checkOperations(
  raw: unknown,
  field: string,
  { writable = false }: { writable?: boolean } = {},
): Checked<Operation[]> {
  if (raw === undefined || raw === null || raw === '') return { ok: true, value: [] };
  if (!Array.isArray(raw)) {
    return {
      ok: false,
      problems: [{ field, message: 'must be a list of operations such as { "type": "Divide", "value": "10" }' }],
    };
  }
  const reader = new FieldReader({}, field);
  const operations = raw.map((value: unknown, index) =>
    readOperation(reader.item({ value, field: `${field}[${index}]` }), writable),
  );
  return reader.check(operations);
}

function readOperation(reader: FieldReader, writable: boolean): Operation {
  reader.respell(OPERATION_NAMES);
  if (reader.given('type') === undefined) reader.fail('type', `is required: one of ${OPERATION_TYPES.join(', ')}`);
  const type = reader.oneOf('type', OPERATION_TYPES, 'Add');
  const value = reader.requiredString('value', 'a decimal number');
  const operand = parseDecimal(value);
  if (value === '') return { type, value: '0' };
  if (operand === undefined) reader.fail('value', `must be a decimal number such as "0.1", got "${value}"`);
  else if (operand.numerator === 0n && type === 'Divide') reader.fail('value', 'must not be 0: division by zero');
  else if (operand.numerator === 0n && type === 'Multiply' && writable) {
    reader.fail('value', 'must not be 0 on a writable property: multiplication by 0 cannot be undone');
  }
  return { type, value };
}

const STEPS: Readonly<Record<Operation['type'], (left: Rational, right: Rational) => Rational>> = {
  Add: add,
  Subtract: subtract,
  Multiply: multiply,
  Divide: divide,
};

const INVERSES: Readonly<Record<Operation['type'], Operation['type']>> = {
  Add: 'Subtract',
  Subtract: 'Add',
  Multiply: 'Divide',
  Divide: 'Multiply',
};

const inverse = (operation: Operation): Operation => ({ type: INVERSES[operation.type], value: operation.value });

function compute(value: number | bigint, operations: readonly Operation[]): number | bigint {
  if (operations.length === 0) return value;
  if (typeof value === 'number' && !Number.isFinite(value)) return computeNonFinite(value, operations);
  let result = toExact(value);
  for (const operation of operations) {
    const operand = operandOf(operation);
    if (operation.type === 'Divide' && operand.numerator === 0n) {
      throw new DeviceError(ErrorCode.BAD_VALUE, 'division by zero in the order of operations');
    }
    result = STEPS[operation.type](result, operand);
  }
  const number = toNumber(result);
  if (typeof value === 'number' || Number.isSafeInteger(number)) return number;
  const isWhole = result.numerator % result.denominator === 0n;
  return isWhole ? result.numerator / result.denominator : number;
}

function operandOf(operation: Operation): Rational {
  const operand = parseDecimal(operation.value);
  if (operand === undefined) {
    throw new DeviceError(ErrorCode.CONFIG, `"${operation.value}" in the order of operations is not a decimal number`);
  }
  return operand;
}

/** NaN and infinities have no exact form; only the sign of a factor matters to them. */
function computeNonFinite(value: number, operations: readonly Operation[]): number {
  return operations.reduce((result, { type, value: operand }) => {
    const number = Number(operand);
    return type === 'Multiply' ? result * number : type === 'Divide' ? result / number : result;
  }, value);
}
