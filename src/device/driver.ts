import type { EventEmitter } from 'node:events';
import type { DeviceError } from '../base/errors';
import type { Property } from './property';
import type { ValueType } from '../base/values/index';

/** `uncertain`: usable, but the device or server says it may not be current or exact (OPC UA "Uncertain"). */
export type Quality = 'good' | 'uncertain' | 'bad';

/** One property as the device gave it. */
export interface Reading {
  readonly name: string;
  /**
   * True type: number, bigint (64-bit integers), boolean, string, Buffer, array, object. When `quality` is bad: undefined, so that
   * the last good value is kept, or null where the device itself says that it has none.
   */
  readonly value: unknown;
  /** The value before the order of operations, when that differs. Set by the engine. */
  readonly raw?: unknown;
  readonly quality: Quality;
  readonly error?: DeviceError | undefined;
  /** When this side got the value; ms since the epoch. */
  readonly updatedAt: number;
  /** When the value arose, by the clock of its source; ms since the epoch. */
  readonly sourceTimestamp?: number | undefined;
  /** When the server between source and us got the value, by its clock; ms since the epoch. */
  readonly serverTimestamp?: number | undefined;
  /** The type as learned from the device, where the property declares none. */
  readonly type?: ValueType | undefined;
}

/** A value to be written; already coerced to the property's type and through the inverse of its operations. */
export interface Write<P extends Property = Property> {
  readonly property: P;
  readonly value: unknown;
}

/** How a device is reached, in a driver's own words. */
export type LinkFacts = Readonly<Record<string, string | number | readonly string[]>>;

/** One result per write, in order. Without `error` the device has confirmed the write. */
export interface WriteResult {
  readonly name: string;
  readonly error?: DeviceError;
}

/** Notifications of some of a device's properties, until it is ended or the link is gone. */
export interface Subscription {
  /**
   * Names of the properties whose every change comes by itself: after the first sync on a link they are not polled as well.
   * May change while the subscription lasts; the engine looks at each sync.
   */
  readonly covered: ReadonlySet<string>;
  end(): Promise<void>;
}

/** What a driver tells by itself that is no property (an OPC UA event or alarm). Goes out as a message of its own. */
export interface DriverMessage {
  /** Becomes `msg.action`: says what it is. */
  readonly action: string;
  readonly payload: unknown;
}

/**
 * A protocol: its verbs, no policy. Retries, queues and status belong to the engine above, which makes one read or write at a
 * time; `perform` may come beside it.
 *
 * - `connect` rejects with a DeviceError that says why. It may be called again after `lost` or after a failed attempt;
 *   the driver then starts from scratch.
 * - `read` answers one Reading per property, in order; a bad property is a bad Reading, never an exception.
 *   It rejects only when the link is lost (code LINK_LOST or TIMEOUT where nothing at all answers).
 * - `write` answers one WriteResult per write, in order; it rejects only when the link is lost.
 * - `subscribe`, where the protocol notifies by itself: readings come through `sink` until the subscription is ended.
 * - `perform` rejects with a DeviceError: BAD_MESSAGE, naming the field, where the message is wrong; else what the device said.
 * - `close` always settles, within 5 s, and leaves no socket, timer or listener; it may be called in any state.
 * - Each verb honours `signal`: once aborted it settles soon, with a DeviceError or `signal.reason`. The link may be used again
 *   after that: where nothing in an answer says to which request it belongs, the driver drops the late one, or ends the link
 *   and emits `lost`.
 * - The engine limits each verb as a whole to `parameters.timeout`. Where one property that is never answered must not take the
 *   others with it, a request gets a part of that time (`withDeadline`, src/base/deadline.ts), and is a bad Reading.
 */
export interface Driver<P extends Property = Property> {
  connect(signal: AbortSignal): Promise<void>;
  read(properties: readonly P[], signal: AbortSignal): Promise<Reading[]>;
  write(writes: readonly Write<P>[], signal: AbortSignal): Promise<WriteResult[]>;
  subscribe?(properties: readonly P[], sink: (readings: Reading[]) => void): Promise<Subscription>;
  /** A protocol's own action beyond read and write (`browse`, `call`, ...): one message in, its answer out. See DeviceKind.actions. */
  perform?(action: string, message: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<unknown>;
  close(): Promise<void>;
  readonly messages?: EventEmitter<{ message: [DriverMessage] }>;
  /** What there is to know about the link besides whether it is there: plain data, no secret. Becomes `msg.status.link`. */
  readonly link?: LinkFacts | undefined;
  /** The longest pause between two attempts to connect, in ms; default 60 s. Shorter where an attempt costs the other side little. */
  readonly maxRetryDelayMs?: number;
  /** `lost`: the link went away although nobody closed it. */
  readonly events: EventEmitter<{ lost: [DeviceError] }>;
}
