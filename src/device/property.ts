import type { ValueType } from '../base/values/index';

/** How a property may be used. `NotifyOnly`: the device sends it by itself; `ReadOnce`: read after each connect only. */
export type AccessMode = 'ReadWrite' | 'ReadOnly' | 'WriteOnly' | 'ReadOnce' | 'NotifyOnly';

/** One arithmetic step; `value` is a decimal number as text, so that `0.1` stays exactly a tenth. */
export interface Operation {
  readonly type: 'Add' | 'Subtract' | 'Multiply' | 'Divide';
  readonly value: string;
}

/** A named value of a device, as declared in a flow. Drivers extend it with a `visitor` that says where the value is. */
export interface Property {
  /** Unique in its device, not empty. */
  readonly name: string;
  readonly description?: string;
  readonly unit?: string;
  /** Absent where the driver learns the type from the device. */
  readonly type?: ValueType;
  readonly accessMode: AccessMode;
  /** Desired value: written after each connect. Already coerced to `type` (before the inverse of the operations). */
  readonly value?: unknown;
  /** Applied in order on what was read; the inverse, in reverse order, on what is written. */
  readonly orderOfOperations?: readonly Operation[];
  /** A numeric value counts as changed only when it differs by more than this. */
  readonly deadband?: number;
}

export const isReadable = (property: Property): boolean => property.accessMode !== 'WriteOnly';
export const isWritable = (property: Property): boolean =>
  property.accessMode === 'ReadWrite' || property.accessMode === 'WriteOnly';
