import { OPERATIONS } from '../../primitive/primitives';
import { throwIfRefused } from '../../primitive/status-codes';
import type { AeMessage } from '../model/messages';
import { ask, badMessage, describeRequest, type Operation, type OperationContext } from './context';
import { createMissing } from './create-missing';
import { CONTAINER, CONTENT_INSTANCE, FLEX_CONTAINER, newInstance, TIME_SERIES, TIME_SERIES_INSTANCE } from './content';
import { resultInfo, type OperationInfo } from './decode';
import { draft, membersOf, requiredAddress, without, type Members } from './message';
import { changes, typeGiven } from './representation';

type Kind = typeof CONTENT_INSTANCE | typeof TIME_SERIES_INSTANCE | typeof FLEX_CONTAINER;

/**
 * Content into a container, a value into a timeSeries, attributes into a flexContainer. The CSE is left to choose what it answers
 * (all of them know the default, not all of them rcn 0); the payload of the result is what was pushed, `raw` has the answer.
 */
export const push: Operation = async (message, context, signal) => {
  const members = membersOf(message);
  const to = pushTarget(message, members, context);
  const kind = kindOf(message, members, to, context);
  const payload = message['payload'] === undefined ? members['pc'] : message['payload'];
  if (kind === FLEX_CONTAINER) {
    const pc = await changes(message, members, to, context, signal);
    const request = draft(OPERATIONS.update, to, {}, { ...without(members, 'ty'), pc });
    return { payload, onem2m: resultInfo(await ask(context.requester, request, signal), 'push', FLEX_CONTAINER) };
  }
  const { ty, pc, cnf } = newInstance(kind, message, members, context);
  const own = { ty, pc };
  let exchange = await context.requester.exchange(draft(OPERATIONS.create, to, members, own), signal);
  if (exchange.response.rsc === 4004 && context.autoCreate) {
    const parent =
      kind === CONTENT_INSTANCE ? { ty: CONTAINER, wrapper: 'm2m:cnt' } : { ty: TIME_SERIES, wrapper: 'm2m:ts' };
    if (await createMissing(to, parent, context, signal)) {
      exchange = await context.requester.exchange(draft(OPERATIONS.create, to, without(members, 'rqi'), own), signal);
    }
  }
  throwIfRefused(exchange.response, describeRequest(exchange.request));
  const info: OperationInfo = { ...resultInfo(exchange, 'push', ty), ...(cnf === undefined ? {} : { cnf }) };
  return { payload, onem2m: info };
};

/** `msg.topic`, or the default container. */
export const pushTarget = (message: AeMessage, members: Members, context: OperationContext): string =>
  requiredAddress(
    message,
    members,
    context,
    'the container (there is none in `resources` that would be the default)',
    context.defaultContainer,
  );

function kindOf(message: AeMessage, members: Members, to: string, context: OperationContext): Kind {
  const given = typeGiven(message, members)?.ty;
  switch (given ?? context.typeOf?.(to) ?? CONTAINER) {
    case FLEX_CONTAINER:
      return FLEX_CONTAINER;
    case TIME_SERIES:
    case TIME_SERIES_INSTANCE:
      return TIME_SERIES_INSTANCE;
    case CONTAINER:
    case CONTENT_INSTANCE:
      return CONTENT_INSTANCE;
    default:
      if (given === undefined) return CONTENT_INSTANCE; // the CSE says what it thinks of it
      throw badMessage(
        members['ty'] === undefined ? 'msg.ty' : 'msg.onem2m.ty',
        `must be contentInstance, timeSeriesInstance or flexContainer to push (others: operation "create"), got ${given}`,
      );
  }
}
