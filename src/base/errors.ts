/**
 * An error a user can act on.
 *
 * `code` is stable and part of the contract with flows (`MODBUS_EXCEPTION_2`, `TIMEOUT`, `LINK_LOST`, `CONFIG`, ...);
 * `message` says in words what happened; `advice` says what usually helps.
 */
export class DeviceError extends Error {
  readonly code: string;
  readonly advice?: string;

  constructor(code: string, message: string, options: { cause?: unknown; advice?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'DeviceError';
    this.code = code;
    if (options.advice !== undefined) this.advice = options.advice;
  }
}

/** Codes used by more than one driver or by the engine. Protocol-specific codes carry the protocol's name as prefix. */
export const ErrorCode = {
  /** A configured or given value breaks a rule; the message names the field. */
  CONFIG: 'CONFIG',
  /** A message asks for something in a way that cannot be done; the text names the field and what is expected. */
  BAD_MESSAGE: 'BAD_MESSAGE',
  /** No such property on this device. */
  UNKNOWN_PROPERTY: 'UNKNOWN_PROPERTY',
  /** A write to a property whose access mode or register does not allow it. */
  READ_ONLY: 'READ_ONLY',
  /** A read of a property that can only be written. */
  WRITE_ONLY: 'WRITE_ONLY',
  /** A value of the wrong type or outside the range of its type. */
  BAD_VALUE: 'BAD_VALUE',
  /** No answer within the time allowed. */
  TIMEOUT: 'TIMEOUT',
  /** The link to the device broke, or is down. */
  LINK_LOST: 'LINK_LOST',
  /** The link could not be made. */
  CONNECT_FAILED: 'CONNECT_FAILED',
  /** A bounded queue is full; nothing was queued. */
  QUEUE_FULL: 'QUEUE_FULL',
  /** A newer write of the same property took the place of this one before it was sent. */
  REPLACED: 'REPLACED',
  /** The device was closed (redeploy, delete, shutdown) or disconnected on request before the operation ended. */
  CLOSED: 'CLOSED',
  /** The device answered something its protocol does not allow. */
  BAD_RESPONSE: 'BAD_RESPONSE',
  /** A package that this needs is not installed. */
  PACKAGE_MISSING: 'PACKAGE_MISSING',
  /** A package that this needs is installed, and does not load. */
  PACKAGE_FAILED: 'PACKAGE_FAILED',
} as const;

/** `error` as a DeviceError: as it is, or wrapped with `code` and its own message. */
export function toDeviceError(error: unknown, code: string, context?: string): DeviceError {
  if (error instanceof DeviceError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new DeviceError(code, context === undefined ? text : `${context}: ${text}`, { cause: error });
}

/** An error as told to flows and editors: never a stack, never a secret. */
export interface ErrorInfo {
  readonly code: string;
  readonly message: string;
}
