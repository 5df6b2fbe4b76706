import { DeviceError } from '../../../base/errors';
import { serverReason } from '../../client/reason-codes';

/** What the broker refuses by an answer, in words. `words`: what it says besides (`serverWords`). */

export function messageRefused(topic: string, code: number, words: string): DeviceError {
  const { text } = serverReason(code, 'MQTT_REFUSED');
  return new DeviceError('MQTT_REFUSED', `the broker refused the message to ${topic}: ${text} (code ${code})${words}`);
}

/** A subscription that is not even asked for: the broker has said that it takes none of the kind. */
export function subscriptionImpossible(filter: string, problem: string): DeviceError {
  return new DeviceError('MQTT_SUBSCRIBE_REFUSED', `the broker refuses the subscription of ${filter}: ${problem}`);
}

/** `answer`: the SUBACK. */
export function subscriptionRefused(filter: string, answer: object, words: string): DeviceError {
  const code = 'granted' in answer && Array.isArray(answer.granted) ? Number(answer.granted[0]) : 128;
  const { text } = serverReason(code, '');
  const advice = "Check the broker's access rules for this user.";
  const message = `the broker refused the subscription of ${filter}: ${text} (code ${code})${words}`;
  return new DeviceError('MQTT_SUBSCRIBE_REFUSED', message, { advice });
}
