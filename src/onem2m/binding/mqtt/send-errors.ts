import { DeviceError, ErrorCode } from '../../../base/errors';

/** What `RequestSender.send` promises, for the codes that only MQTT has. */
const SEND_CODES: Readonly<Record<string, string>> = {
  MQTT_WRITE_TIMEOUT: ErrorCode.TIMEOUT,
  MQTT_WAIT_TIMEOUT: ErrorCode.TIMEOUT,
  MQTT_DROPPED: ErrorCode.LINK_LOST,
  MQTT_QUEUE_FULL: ErrorCode.QUEUE_FULL,
  MQTT_BAD_TOPIC: ErrorCode.CONFIG,
};

/** The error of a broker connection as that of a request; one that may have left may have taken effect. */
export function asSendError(error: DeviceError, mayHaveLeft: boolean): DeviceError {
  const code = SEND_CODES[error.code];
  const { advice } = error;
  if (error.code === ErrorCode.LINK_LOST && mayHaveLeft) {
    const text = `${error.message}; nobody knows whether the request took effect`;
    return new DeviceError(ErrorCode.TIMEOUT, text, { cause: error });
  }
  if (code === undefined) return error;
  return new DeviceError(code, error.message, { cause: error, ...(advice === undefined ? {} : { advice }) });
}
