import { DeviceError } from '../../../base/errors';
import { join } from '../../primitive/addressing';
import { OPERATIONS } from '../../primitive/primitives';
import { throwIfRefused } from '../../primitive/status-codes';
import { describeRequest, type Operation } from './context';
import { decodeAnswer } from './decode';
import { draft, membersOf, without } from './message';
import { pushTarget } from './push';

/** The newest or oldest content of a container (or timeSeries, or flexContainer): its virtual child `la` or `ol`. */
const retrieveEnd =
  (op: 'latest' | 'oldest', end: 'la' | 'ol'): Operation =>
  async (message, context, signal) => {
    const members = membersOf(message);
    const container = pushTarget(message, members, context);
    const to = container.endsWith(`/${end}`) ? container : join(container, end);
    const request = draft(OPERATIONS.retrieve, to, {}, without(members, 'ty'));
    const exchange = await context.requester.exchange(request, signal);
    if (exchange.response.rsc === 4004) {
      throw new DeviceError('ONEM2M_4004', `${container} is empty or missing`, {
        advice: 'push a content into it first, or check msg.topic',
      });
    }
    throwIfRefused(exchange.response, describeRequest(exchange.request));
    return decodeAnswer(exchange, op, { content: true });
  };

export const latest = retrieveEnd('latest', 'la');
export const oldest = retrieveEnd('oldest', 'ol');
