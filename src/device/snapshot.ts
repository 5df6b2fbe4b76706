import type { DeviceState } from '../base/device-state';
import type { ErrorInfo } from '../base/errors';
import type { DeviceIdentity } from '../base/identity';
import type { LinkFacts, Quality } from './driver';
import type { AccessMode } from './property';
import type { ValueType } from '../base/values/index';

/**
 * The last known state of one property. A failed read keeps `value` and `updatedAt` of the last good one. All have the same
 * members in the same order, whatever is known: thousands are made each second, and looked at as often.
 */
export interface PropertyState {
  readonly name: string;
  readonly type?: ValueType | undefined;
  readonly unit?: string | undefined;
  readonly accessMode: AccessMode;
  /** Undefined until first read. */
  readonly value: unknown;
  /** The value before the order of operations, when there are any. */
  readonly raw?: unknown;
  /** Undefined until first read. */
  readonly quality?: Quality | undefined;
  readonly error?: ErrorInfo | undefined;
  /** ms since the epoch of the last good value. */
  readonly updatedAt?: number | undefined;
  readonly sourceTimestamp?: number | undefined;
  readonly serverTimestamp?: number | undefined;
}

/**
 * What is written down most often of all properties, each by its place in the configuration: for who does so at every sync,
 * without an object for each.
 */
export interface PropertyColumns {
  /** The same array for as long as the device lives. */
  readonly names: readonly string[];
  readonly types: readonly (ValueType | undefined)[];
  readonly values: readonly unknown[];
  readonly raws: readonly unknown[];
}

/** Everything known about a device at one moment; immutable, safe to keep. */
export interface DeviceSnapshot {
  readonly device: DeviceIdentity;
  readonly state: DeviceState;
  readonly lastError?: ErrorInfo | undefined;
  /** ms since the epoch of the last completed sync. */
  readonly lastSync?: number | undefined;
  /** Sync cycles that could not start because the one before was still running. */
  readonly missedBeats: number;
  readonly link?: LinkFacts | undefined;
  readonly properties: readonly PropertyState[];
  /** The same, where a device has made the snapshot. */
  readonly columns?: PropertyColumns;
}
