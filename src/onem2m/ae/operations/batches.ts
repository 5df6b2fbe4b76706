import { isPlainRecord } from '../../../base/records';
import { show } from '../../../base/show';
import { rscText } from '../../primitive/status-codes';
import type { AeMessage, AeResult } from '../model/messages';
import { badMessage, throwIfGivenUp, type Operation, type OperationContext } from './context';
import type { OperationResult } from './decode';
import { describe, operationOf } from './message';
import { settle } from './parallel';

const MOST_MESSAGES = 1000;

/** Resources as in `resources` of the configuration (a list, or one): those that are missing are created. */
export const ensure: Operation = async (message, context, signal) => {
  const payload = message['payload'];
  const list: unknown[] = Array.isArray(payload) ? payload : [payload];
  if (list.length === 0 || !list.every(isPlainRecord)) {
    throw badMessage(
      'msg.payload',
      `must be a list of resources such as { "ty": "container", "path": "measurements" }, got ${describe(payload)}`,
    );
  }
  if (context.ensure === undefined) throw badMessage('msg.operation', '"ensure" is not possible here');
  return context.ensure(list, signal);
};

/** What came of one message of a sequence. */
export type StepResult =
  | { readonly ok: true; readonly payload: unknown; readonly onem2m: AeResult['onem2m'] }
  | { readonly ok: false; readonly error: { readonly code: string; readonly message: string } };

/**
 * A list of messages, carried out one after the other; an error does not end it. Answers a list with what came of each.
 * `performOne` carries out one of them.
 */
export async function sequence(
  message: AeMessage,
  performOne: (operation: string, step: AeMessage) => Promise<AeResult>,
  { now = () => Date.now() }: Pick<OperationContext, 'now'>,
  signal?: AbortSignal,
): Promise<OperationResult> {
  const steps = message['payload'];
  if (!Array.isArray(steps)) {
    throw badMessage('msg.payload', `must be a list of messages to carry out, got ${describe(steps)}`);
  }
  if (steps.length > MOST_MESSAGES) {
    throw badMessage('msg.payload', `must have at most ${MOST_MESSAGES} messages, got ${steps.length}`);
  }
  const begin = now();
  const results: StepResult[] = [];
  for (const [index, step] of steps.entries() as ArrayIterator<[number, unknown]>) {
    throwIfGivenUp(signal);
    const outcome = await settle(async () => {
      const field = `msg.payload[${index}]`;
      if (!isPlainRecord(step)) throw badMessage(field, `must be a message, an object, got ${show(step)}`);
      const operation = operationOf(step);
      if (operation === 'sequence') throw badMessage(`${field}.operation`, 'must not be a sequence itself');
      return performOne(operation, step);
    });
    results.push(
      outcome.ok
        ? { ok: true, ...outcome.value }
        : { ok: false, error: { code: outcome.error.code, message: outcome.error.message } },
    );
  }
  throwIfGivenUp(signal);
  const failed = results.filter(({ ok }) => !ok).length;
  const info = { op: 'sequence', to: '', rsc: 2000, rscText: rscText(2000), rqi: '', durationMs: now() - begin };
  return { payload: results, onem2m: { ...info, raw: null, failed } };
}
