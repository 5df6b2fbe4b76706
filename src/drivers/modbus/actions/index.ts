import { DeviceError, ErrorCode } from '../../../base/errors';
import { show } from '../../../base/show';
import type { ActionLink } from './action-link';
import { discover } from './discover';
import { guess } from './guess';
import { ACTIONS } from './names';
import { scan } from './scan';

/**
 * Does what `message.payload` asks of the device.
 * @throws DeviceError BAD_MESSAGE with the field that is wrong, or with what the device said
 */
export function perform(action: string, message: Readonly<Record<string, unknown>>, link: ActionLink): Promise<object> {
  switch (ACTIONS.find((known) => known === action)) {
    case 'discover':
      return discover(message['payload'], link);
    case 'scan':
      return scan(message['payload'], link);
    case 'guess':
      return guess(message['payload'], link);
    case undefined: {
      const text = `msg.action: must be one of ${ACTIONS.join(', ')}, got ${show(action)}`;
      return Promise.reject(new DeviceError(ErrorCode.BAD_MESSAGE, text));
    }
  }
}
