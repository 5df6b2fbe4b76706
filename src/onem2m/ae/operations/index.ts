/** The operations of an AE that consist of requests to the CSE: docs/contract.md#onem2m-ae, `msg.operation`. */
import { show } from '../../../base/show';
import type { AeMessage, AeResult } from '../model/messages';
import { ensure, sequence } from './batches';
import { badMessage, throwIfGivenUp, type Operation, type OperationContext } from './context';
import { create, notify, remove, retrieve, update } from './crud';
import { discover } from './discover';
import { fanout } from './fanout';
import { latest, oldest } from './latest';
import { push } from './push';

export type { OperationContext } from './context';
export type { OperationInfo, OperationResult } from './decode';
export { operationOf } from './message';
export { decodeAnswer, resultInfo } from './decode';

const OPERATIONS_OF_AE = {
  create,
  retrieve,
  update,
  delete: remove,
  notify,
  discover,
  push,
  latest,
  oldest,
  fanout,
  ensure,
  sequence: (message, context, signal) =>
    sequence(message, (operation, step) => performOne(operation, step, context, signal), context, signal),
} as const satisfies Record<string, Operation>;

export type AeOperation = keyof typeof OPERATIONS_OF_AE;

export const OPERATION_NAMES = Object.keys(OPERATIONS_OF_AE) as readonly AeOperation[];

export const isAeOperation = (name: string): name is AeOperation => Object.hasOwn(OPERATIONS_OF_AE, name);

/**
 * Carries out one operation. Settles once: with the result, or a DeviceError: BAD_MESSAGE (the text names the field), BAD_VALUE (the
 * content cannot be written), ONEM2M_<rsc> (refused), BAD_RESPONSE, CLOSED (given up by `signal`), and what `exchange` rejects with.
 */
export async function perform(
  operation: string,
  message: AeMessage,
  context: OperationContext,
  signal?: AbortSignal,
): Promise<AeResult> {
  if (!isAeOperation(operation)) {
    throw badMessage('msg.operation', `must be one of ${OPERATION_NAMES.join(', ')}, got ${show(operation)}`);
  }
  throwIfGivenUp(signal);
  const run: Operation = OPERATIONS_OF_AE[operation];
  return run(message, context, signal);
}

/** One message of a sequence, which may be an operation of the AE's life. */
async function performOne(
  operation: string,
  message: AeMessage,
  context: OperationContext,
  signal?: AbortSignal,
): Promise<AeResult> {
  if (isAeOperation(operation) || context.performOther === undefined) {
    return perform(operation, message, context, signal);
  }
  return context.performOther(operation, message, signal);
}
