import { DeviceError, ErrorCode } from '../../../base/errors';

interface Explanation {
  /** What the system or the library writes. */
  readonly sign: RegExp;
  readonly text: string;
  readonly advice: string;
}

const EXPLANATIONS: readonly Explanation[] = [
  {
    sign: /no such file|file not found|enoent/i,
    text: 'there is no such port',
    advice:
      'check that the adapter is plugged in; names below /dev/serial/by-id stay the same when it is put into another socket',
  },
  {
    sign: /permission denied|access denied|eacces/i,
    text: 'no rights to use it',
    advice:
      'add the user that runs Node-RED to the group that owns the port ("sudo usermod -aG dialout <user>"), then log in again; a container needs the device, too',
  },
  {
    sign: /cannot lock|resource busy|resource temporarily unavailable|ebusy/i,
    text: 'another program uses it, or a node under another name of the port',
    advice: 'a port has one user: end the other program, and write the port in the same way in all nodes',
  },
  {
    sign: /inappropriate ioctl|not a tty|enotty|einval.*tcgetattr/i,
    text: 'it is no serial port',
    advice: 'choose a port from the list in the dialog',
  },
  {
    sign: /invalid (baud|argument|parity|stop|data)|baud ?rate|custom/i,
    text: 'it does not take these settings',
    advice: 'check baudRate, dataBits, parity and stopBits: not every adapter has all of them',
  },
];

/** Why a port could not be opened, in words: CONNECT_FAILED. */
export function portRefused(path: string, error: Error): DeviceError {
  const known = EXPLANATIONS.find(({ sign }) => sign.test(error.message));
  const text = known?.text ?? ownWords(error);
  const advice = known?.advice ?? 'check the port and its settings';
  return new DeviceError(ErrorCode.CONNECT_FAILED, `cannot open ${path}: ${text}`, { cause: error, advice });
}

/** Why an open port is no longer there: LINK_LOST. */
export function portGone(path: string, error: unknown): DeviceError {
  return new DeviceError(ErrorCode.LINK_LOST, `${path}: the port is gone`, {
    cause: error,
    advice: 'check the adapter and its plug; the port is opened again once it is back',
  });
}

/** Without what the library puts in front: `Error: Error: ..., cannot open /dev/ttyS9`. */
const ownWords = ({ message }: Error): string =>
  message.replace(/^(?:Error:? ?)+/, '').replace(/, cannot open .*$/, '');
