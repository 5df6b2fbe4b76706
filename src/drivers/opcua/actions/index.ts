import { EventEmitter } from 'node:events';
import type { DriverMessage } from '../../../device/driver';
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import { show } from '../../../base/fields/fields';
import type { UaLink } from '../access/link';
import { readProperties } from '../access/reader';
import { writeProperties } from '../access/writer';
import { answerCondition, listAlarms, readAlarmsRequest, readConditionRequest } from './alarms';
import { browse } from './browse';
import { readBrowseRequest } from './browse-request';
import { call, readCallRequest } from './call';
import type { ActionContext } from './context';
import { readEventRequest, readSubscriptionName } from './event-request';
import { EventSubscriptions } from './event-subscriptions';
import { history, readHistoryRequest } from './history';
import { nodeReadings, nodeWrites, readNodeProperties, readNodeWrites } from './nodes';
import { readPayload } from './payload';

/** `msg.action` values of an `opcua-device` beyond those of every device. */
export const ACTIONS = [
  'browse',
  'readNodes',
  'writeNodes',
  'call',
  'history',
  'events',
  'unsubscribe',
  'alarms',
  'acknowledge',
  'confirm',
  'addComment',
] as const;
export type ActionName = (typeof ACTIONS)[number];

/**
 * What an OPC UA device does on request besides reading and writing its properties. One for each driver: the events it was
 * asked to tell are kept here, over all sessions.
 */
export class OpcUaActions {
  /** `event`: something happened. `eventsLost`: a subscription could not be made again on a new session. */
  readonly messages = new EventEmitter<{ message: [DriverMessage] }>();
  private readonly events = new EventSubscriptions(this.messages);

  /**
   * Does what `message.payload` asks, on this link.
   * @throws DeviceError BAD_MESSAGE with the field that is wrong, or with what the server said
   */
  async perform(
    action: string,
    message: Readonly<Record<string, unknown>>,
    link: UaLink,
    signal: AbortSignal,
  ): Promise<unknown> {
    try {
      return await this.answer(action, message['payload'], { ...link, signal });
    } catch (error) {
      throw toDeviceError(error, ErrorCode.BAD_RESPONSE);
    }
  }

  /** Makes the wished event subscriptions on a new link. Never rejects. */
  restore(link: UaLink, signal: AbortSignal): Promise<void> {
    return this.events.restore({ ...link, signal });
  }

  /** Ends them on the server; they are made anew by the next `restore`. Settles within 1.5 s and never rejects. */
  suspend(): Promise<void> {
    return this.events.suspend();
  }

  private async answer(action: string, payload: unknown, context: ActionContext): Promise<unknown> {
    const { signal, clock } = context;
    const name = ACTIONS.find((known) => known === action);
    switch (name) {
      case 'browse':
        return browse(context, readPayload(payload, readBrowseRequest));
      case 'readNodes': {
        const properties = readNodeProperties(payload);
        return nodeReadings(properties, await readProperties(properties, context, signal, Infinity));
      }
      case 'writeNodes':
        return nodeWrites(await writeProperties(readNodeWrites(payload), context, signal));
      case 'call':
        return call(context, readPayload(payload, readCallRequest));
      case 'history':
        return history(
          context,
          readPayload(payload, (reader) => readHistoryRequest(reader, clock.now())),
        );
      case 'events':
        return this.events.add(context, readPayload(payload, readEventRequest));
      case 'unsubscribe':
        return this.events.remove(readPayload(payload, readSubscriptionName));
      case 'alarms':
        return listAlarms(context, readPayload(payload, readAlarmsRequest));
      case 'acknowledge':
      case 'confirm':
      case 'addComment':
        return answerCondition(context, name, readPayload(payload, readConditionRequest));
      case undefined:
        throw new DeviceError(
          ErrorCode.BAD_MESSAGE,
          `msg.action: must be one of ${ACTIONS.join(', ')}, got ${show(action)}`,
        );
    }
  }
}
