import { DeviceError, ErrorCode } from '../../base/errors';
import type { MessageProperties } from '../../base/broker-connection';
import { checkPublishTopic } from '../client/topic';
import type { PublishOptions } from '../extension/device-topic';

const USUAL: PublishOptions = { suffix: 'set/result' };

export interface ResultPlace {
  readonly place: PublishOptions;
  /** Why it does not go where the sender wanted it. */
  readonly problem?: DeviceError;
}

/**
 * Where the result of a command goes: to `<topic>/set/result`, or to the response topic of the command, with its correlation data (MQTT 5, 4.10).
 * No result goes where devices take commands: a sender could make one device command another.
 */
export function resultPlace(properties: MessageProperties | undefined): ResultPlace {
  const { responseTopic, correlationData } = properties ?? {};
  const more = correlationData === undefined ? {} : { properties: { correlationData } };
  if (responseTopic === undefined) return { place: { ...USUAL, ...more } };
  const problem = checkPublishTopic(responseTopic) ?? (isOfCommands(responseTopic) ? 'is one of commands' : undefined);
  if (problem === undefined) return { place: { topic: responseTopic, ...more } };
  const text = `the result of a command goes to its usual topic: the response topic ${problem}`;
  return { place: { ...USUAL, ...more }, problem: new DeviceError(ErrorCode.BAD_VALUE, text) };
}

const isOfCommands = (topic: string): boolean => topic === 'set' || topic.endsWith('/set');
