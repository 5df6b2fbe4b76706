import type { VariantOptions } from 'node-opcua-client';
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import { isPlainRecord } from '../../../base/records';
import { show } from '../../../base/show';
import type { ValueType } from '../../../base/values/index';
import { encodeScalar, toBytes, type EncodeContext } from './encode';
import { toFlat } from './matrix';
import { type BuiltInName, builtInOf } from './types';

/** What the value of a variable must look like. */
export interface VariantShape {
  /** `Variant` where the variable takes several types; the value then decides. */
  readonly builtIn: BuiltInName;
  /** As in NodeType: -1 scalar, n >= 1 array of n dimensions, 0 any array, -2 anything, -3 scalar or one dimension. */
  readonly valueRank: number;
  /** The variable holds an array of Variants: its elements may be of several types. */
  readonly holdsVariants?: boolean;
}

/**
 * A value from a flow as the Variant to write. Nested arrays become a matrix with its dimensions.
 * @throws DeviceError BAD_VALUE that says what is expected
 */
export function encodeVariant(shape: VariantShape, value: unknown, context: EncodeContext): VariantOptions {
  if (isMixed(shape, value, context.type)) {
    const elements = value.map((element) => new context.library.Variant(encodeAny(element, context)));
    return { dataType: 'Variant', arrayType: 'Array', value: elements };
  }
  const builtIn = concreteType(shape.builtIn, value, context.type);
  return encodeAs(
    builtIn,
    shape,
    builtIn === 'Byte' ? bytesAsList(value, shape.valueRank, context.type) : value,
    context,
  );
}

function encodeAs(builtIn: BuiltInName, shape: VariantShape, value: unknown, context: EncodeContext): VariantOptions {
  if (!isList(builtIn, value, shape.valueRank)) {
    if (shape.valueRank >= 0) throw badValue(`must be an array, got ${show(value)}`);
    return { dataType: builtIn, arrayType: 'Scalar', value: encodeScalar(builtIn, value, context) };
  }
  if (shape.valueRank === -1) throw badValue(`must be a single ${builtIn}, got an array`);
  const { elements, dimensions } = toFlat(value, expectedRank(shape.valueRank));
  const encoded = elements.map((element, index) => encodeElement(builtIn, element, index, context));
  const base = { dataType: builtIn, value: encoded };
  if (dimensions.length === 1) return { ...base, arrayType: 'Array' };
  return { ...base, arrayType: 'Matrix', dimensions: [...dimensions] };
}

/** A value that nothing is known of, as its own type. */
function encodeAny(value: unknown, context: EncodeContext): VariantOptions {
  if (value === null) return { dataType: 'Null' };
  return encodeVariant({ builtIn: 'Variant', valueRank: -2 }, value, { ...context, type: undefined });
}

function isMixed(
  { builtIn, holdsVariants }: VariantShape,
  value: unknown,
  type: ValueType | undefined,
): value is readonly unknown[] {
  if (builtIn !== 'Variant' || !Array.isArray(value)) return false;
  if (holdsVariants === true) return true;
  if (type !== undefined && builtInOf(type) !== undefined) return false;
  return new Set(value.map((element) => (element === null ? 'null' : typeof element))).size > 1;
}

/** Bytes in any of their forms as the elements of an array of Byte. Text is a number where the variable may hold a single one. */
function bytesAsList(value: unknown, valueRank: number, type: ValueType | undefined): unknown {
  const isBytes = value instanceof Uint8Array || isPlainRecord(value) || (typeof value === 'string' && valueRank >= 0);
  return isBytes && valueRank !== -1 ? [...toBytes(value, type)] : value;
}

function encodeElement(builtIn: BuiltInName, element: unknown, index: number, context: EncodeContext): unknown {
  try {
    return encodeScalar(builtIn, element, context);
  } catch (error) {
    throw badValue(`element ${index} ${toDeviceError(error, ErrorCode.BAD_VALUE).message}`);
  }
}

/** The number of dimensions an array must have; undefined where the value decides. */
const expectedRank = (valueRank: number): number | undefined =>
  valueRank >= 1 ? valueRank : valueRank === -3 ? 1 : undefined;

/** An array of numbers may also be the bytes of one ByteString. */
function isList(builtIn: BuiltInName, value: unknown, valueRank: number): value is readonly unknown[] {
  return Array.isArray(value) && !(builtIn === 'ByteString' && valueRank === -1);
}

/** For a variable that takes any type: what the property declares, else what the value is like. */
function concreteType(builtIn: BuiltInName, value: unknown, type: ValueType | undefined): BuiltInName {
  if (builtIn !== 'Variant') return builtIn;
  const declared = type === undefined ? undefined : builtInOf(type);
  return declared ?? typeLike(firstOf(value));
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? firstOf(value[0]) : value;
}

function typeLike(value: unknown): BuiltInName {
  if (typeof value === 'boolean') return 'Boolean';
  if (typeof value === 'bigint') return 'Int64';
  if (typeof value === 'number') return 'Double';
  if (value instanceof Date) return 'DateTime';
  if (value instanceof Uint8Array) return 'ByteString';
  if (typeof value === 'string') return 'String';
  throw badValue(`cannot be written without a type, got ${show(value)}`);
}

const badValue = (message: string): DeviceError => new DeviceError(ErrorCode.BAD_VALUE, message);
