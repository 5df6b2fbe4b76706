import { DeviceError, ErrorCode } from '../../../base/errors';
import { describeProblems, FieldReader } from '../../../base/fields/fields';
import { ADDRESS_COUNT, REGISTERS } from '../pdu/registers';
import { readInAllOrders, type Width } from '../survey/byte-order';
import type { ActionLink } from './action-link';
import { wordsOf } from './words';

/**
 * Reads registers and answers what they may mean in each byte order: `{ registers: [numbers], readings: [{ type, endianness, values, plausible, likely }] }`.
 * `payload`: `{ "register": "HoldingRegister", "offset": 0, "quantity": 2, "width": 2 }`; `width`: registers of one value, 1, 2 or 4.
 */
export async function guess(payload: unknown, link: ActionLink): Promise<object> {
  const reader = new FieldReader(typeof payload === 'object' ? payload : {}, 'payload');
  const register = reader.oneOf('register', ['HoldingRegister', 'InputRegister'], 'HoldingRegister');
  const offset = reader.integer('offset', 0, 0, ADDRESS_COUNT - 1);
  const width = Number(reader.oneOf('width', ['1', '2', '4'], '2')) as Width;
  const quantity = reader.integer('quantity', width, 1, REGISTERS[register].maxRead);
  if (quantity % width !== 0) reader.fail('quantity', `must be a multiple of width, ${width}`);
  if (reader.problems.length > 0) throw new DeviceError(ErrorCode.BAD_MESSAGE, describeProblems(reader.problems));
  const bytes = await link.read({ function: REGISTERS[register].readFunction, offset, quantity });
  return { register, offset, registers: wordsOf(bytes), readings: readInAllOrders(bytes, width) };
}
