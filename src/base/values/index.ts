/**
 * The value types of properties: their names and ranges, what a given value means in each of them, and how values are
 * written as text and JSON. Pure: also runs in the editor. How values lie in bytes is the subject of `codec.ts`.
 */
export {
  VALUE_TYPES,
  integerRange,
  isFloatType,
  isIntegerType,
  isNumericType,
  isValueType,
  type ValueType,
} from './type-names';
export { coerce, type Coerced } from './coerce';
export { integerFromJson, integerToJson, isWideType, jsonByType } from './int64-json';
export { valueToJson, valueToText } from './value-text';
