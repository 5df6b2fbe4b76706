import { formatDuration } from '../../../base/duration';
import { DeviceError, ErrorCode } from '../../../base/errors';
import { NoAnswerError } from '../pdu/exceptions';
import { describeRequest } from '../pdu/request';
import type { Job } from './job';
import type { Instead } from './link';
import { silenceAdvice } from './unit-health';

/** What is told of a request that was not answered in time; `instead`: what came in place of its answer. */
export function silenceError({ unit, request, options }: Job, instead: Instead | 'stray id' | undefined): DeviceError {
  const what = describeRequest(unit, request);
  const time = formatDuration(options.timeoutMs);
  if (instead === undefined) {
    return new NoAnswerError(`${what}: no answer within ${time}`, { advice: silenceAdvice(unit) });
  }
  if (instead === 'stray id') {
    const text = `${what}: within ${time} only an answer with another transaction id came`;
    const advice =
      'the gateway mixes up its clients, or does not copy the id: one connection to it at a time may help, or `lenient`';
    return new DeviceError(ErrorCode.TIMEOUT, text, { advice });
  }
  if (instead.kind === 'noise') {
    const advice =
      'check baud rate, data bits, parity, stop bits and framing, then wiring and termination; where the adapter hears itself, `echo`';
    return new NoAnswerError(`${what}: within ${time} only bytes came that are no Modbus frame`, { advice });
  }
  if (instead.unit === unit) {
    return new NoAnswerError(`${what}: within ${time} only the answer to an earlier request came`, {
      advice: 'the unit is slow: a longer responseTimeout',
    });
  }
  return new NoAnswerError(`${what}: within ${time} only an answer from unit ${instead.unit} came`, {
    advice:
      'a device answers for a unit that it is not, or two are set to the same number; `lenient` takes its answers',
  });
}
