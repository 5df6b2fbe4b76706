import { DeviceError, ErrorCode } from '../../../base/errors';
import { describeProblems, FieldReader } from '../../../base/fields/fields';
import { readChain } from '../sunspec/chain';
import { describeChain } from '../sunspec/properties';
import type { ActionLink } from './action-link';
import { wordsOf } from './words';

/**
 * Finds the SunSpec models of a device: `{ base, models: [{ id, name, known, offset, length, properties, notImplemented, withoutScale }], broken? }`.
 * `payload`: `{ "base": 40000 }` where the device has its chain elsewhere than at 40000, 0 or 50000.
 */
export async function discover(payload: unknown, link: ActionLink): Promise<object> {
  const reader = new FieldReader(payload === '' || typeof payload !== 'object' ? {} : payload, 'payload');
  const base = reader.given('base') === undefined ? undefined : reader.integer('base', 0, 0, 65_533);
  if (reader.problems.length > 0) throw new DeviceError(ErrorCode.BAD_MESSAGE, describeProblems(reader.problems));
  const read = async (offset: number, quantity: number): Promise<readonly number[]> =>
    wordsOf(await link.read({ function: 3, offset, quantity }));
  const chain = await readChain(read, base === undefined ? undefined : [base]);
  const { broken } = chain;
  return { base: chain.base, models: describeChain(chain), ...(broken === undefined ? {} : { broken }) };
}
