import { DeviceError, ErrorCode } from '../../../base/errors';

/** Exception codes of MODBUS Application Protocol V1.1b3, section 7, that the driver acts upon. */
export const ModbusException = {
  ILLEGAL_FUNCTION: 1,
  ILLEGAL_DATA_ADDRESS: 2,
  ILLEGAL_DATA_VALUE: 3,
  SERVER_FAILURE: 4,
  ACKNOWLEDGE: 5,
  SERVER_BUSY: 6,
  GATEWAY_PATH_UNAVAILABLE: 10,
  GATEWAY_TARGET_FAILED: 11,
} as const;

const WORDS: ReadonlyMap<number, string> = new Map([
  [1, 'illegal function: the device does not support this kind of read or write'],
  [2, 'illegal data address: the device has no such register, or not that many of them'],
  [3, 'illegal data value: the device refuses the value or the quantity'],
  [4, 'server device failure: the device reports an internal error'],
  [5, 'acknowledge: the device needs longer for this and answers later'],
  [6, 'server device busy: the device is still occupied with an earlier command'],
  [7, 'negative acknowledge: the device cannot do this'],
  [8, 'memory parity error: the device found its memory damaged'],
  [10, 'gateway path unavailable: the gateway is not set up for this unit'],
  [11, 'gateway target device failed to respond: the device behind the gateway is off or has another unit id'],
]);

const ADVICE: ReadonlyMap<number, string> = new Map([
  [1, 'check the register kind'],
  [2, 'check register kind, offset (zero-based: 40001 is offset 0) and quantity'],
  [3, 'check the value, its type and the quantity'],
  [4, "read the device's own diagnostics; some devices answer so for a unit that is not there: check workerID"],
  [10, 'check workerID and the set-up of the gateway'],
  [11, 'check workerID and the wiring behind the gateway'],
]);

/** The device refused a request with an exception response. `code` is `MODBUS_EXCEPTION_<exception>`. */
export class ModbusExceptionError extends DeviceError {
  constructor(
    readonly exception: number,
    what: string,
  ) {
    const advice = ADVICE.get(exception);
    super(
      `MODBUS_EXCEPTION_${exception}`,
      `${what}: ${WORDS.get(exception) ?? `exception ${exception}, which the Modbus specification does not define`}`,
      advice === undefined ? {} : { advice },
    );
  }
}

/** A request was sent, and nothing came for it in time. */
export class NoAnswerError extends DeviceError {
  constructor(message: string, options: { advice?: string } = {}) {
    super(ErrorCode.TIMEOUT, message, options);
  }
}

/** True where `error` is one of the exceptions given. */
export const isException = (error: unknown, ...exceptions: readonly number[]): error is ModbusExceptionError =>
  error instanceof ModbusExceptionError && exceptions.includes(error.exception);
