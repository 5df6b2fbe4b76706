import type { EventEmitter } from 'node:events';
import type { DeviceError } from '../../../base/errors';

/**
 * Bytes to and from one peer: a socket of TCP, TLS or UDP, or a serial port. It knows nothing of Modbus. It is
 * open when it is given out, and once closed it stays so.
 */
export interface Channel {
  /** Where it leads to, for messages: `127.0.0.1:502`. */
  readonly name: string;
  readonly isOpen: boolean;
  /**
   * `data`: bytes as they come, in whatever pieces; they are the receiver's. `closed`: once, with LINK_LOST, when the other
   * side closed it or it broke; not after `close`.
   */
  readonly events: EventEmitter<{ data: [Buffer]; closed: [DeviceError] }>;
  /**
   * Sends bytes in one piece. `taken` is called once: when the operating system has them (a serial port: when they are on the line),
   * or with why they were lost; not after `close`.
   */
  write(bytes: Uint8Array, taken?: (error?: DeviceError) => void): void;
  /** Closes at once; no event comes after it. Where it answers a promise, that resolves when nothing of it is left. */
  close(): void | Promise<void>;
}

/** Rejects with CONNECT_FAILED, or with `signal.reason` once that is aborted; nothing is left open then. */
export type OpenChannel = (signal: AbortSignal) => Promise<Channel>;
