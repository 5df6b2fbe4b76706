import type { ValueType } from '../../base/values/type-names';
import { valueToJson, valueToText } from '../../base/values/value-text';

/** Of a snapshot, or a reading. */
interface Valued {
  readonly type?: ValueType | undefined;
  readonly value: unknown;
  /** The value before the order of operations, when there are any. */
  readonly raw?: unknown;
}

/**
 * A property's value as JSON, of one kind for all values of its type (`integerToJson`): a 64-bit counter does not become text
 * only once it has passed 2^53. What operations have made of it is a number of no type, and told by its value.
 */
export const valueJson = (property: Valued): unknown => valueToJson(property.value, typeOfValue(property));

/** The same as text: scalars plainly, arrays and objects as JSON. */
export const valueAsText = (property: Valued): string => valueToText(property.value, typeOfValue(property));

const typeOfValue = ({ type, raw }: Valued): ValueType | undefined => (raw === undefined ? type : undefined);
