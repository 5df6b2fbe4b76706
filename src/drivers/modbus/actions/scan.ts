import { DeviceError, ErrorCode } from '../../../base/errors';
import { describeProblems, FieldReader } from '../../../base/fields/fields';
import { ADDRESS_COUNT, REGISTER_KINDS, REGISTERS, type AddressRange, type RegisterKind } from '../pdu/registers';
import { survey } from '../survey/ranges';
import type { ActionLink } from './action-link';

/** Between two requests, so that a device and its other masters have air. ms */
const PAUSE_MS = 20;
/** Registers that are looked at unless somebody wants more. */
const LAST = 9_999;

interface ScanRequest {
  readonly registers: readonly RegisterKind[];
  readonly from: number;
  readonly to: number;
  readonly pauseMs: number;
  /** Where to go on, in the first of `registers`. */
  readonly at: number;
}

/**
 * Finds out which tables and ranges of a device answer: one request at a time, with a pause. It takes many messages: each answer that is not the last has
 * `next`, the payload to go on with, and `progress` from 0 to 1. `payload`: `{ registers?: [kinds], from?: 0, to?: 9999, pause?: "20ms", at? }`.
 */
export async function scan(payload: unknown, link: ActionLink): Promise<object> {
  const request = readRequest(payload);
  const { registers, from, to, pauseMs } = request;
  const found: AddressRange[] = [];
  const absent: Partial<Record<RegisterKind, string>> = {};
  let requests = 0;
  const next = async (): Promise<boolean> => {
    if (!link.isTimeLeft()) return false;
    if (requests > 0) await link.pause(pauseMs);
    requests += 1;
    return true;
  };
  const look = (range: AddressRange): Promise<unknown> =>
    link.read({ ...range, function: REGISTERS[range.register].readFunction });
  for (const [index, register] of registers.entries()) {
    const result = await survey(look, { register, from: index === 0 ? request.at : from, to, next });
    found.push(...result.found.map((range) => ({ register, ...range })));
    if (result.absent !== undefined) absent[register] = result.absent;
    if (result.reached <= to) {
      const progress = (index + (result.reached - from) / (to - from + 1)) / registers.length;
      return {
        found,
        absent,
        progress,
        next: { registers: registers.slice(index), from, to, pause: `${pauseMs}ms`, at: result.reached },
      };
    }
  }
  return { found, absent, progress: 1 };
}

function readRequest(payload: unknown): ScanRequest {
  const reader = new FieldReader(typeof payload === 'object' ? payload : {}, 'payload');
  const registers =
    reader.given('registers') === undefined
      ? REGISTER_KINDS
      : reader.list('registers').map(({ value, field }) => {
          const known = REGISTER_KINDS.find((kind) => kind === value);
          if (known === undefined)
            reader.problems.push({ field, message: `must be one of ${REGISTER_KINDS.join(', ')}` });
          return known ?? 'HoldingRegister';
        });
  const from = reader.integer('from', 0, 0, ADDRESS_COUNT - 1);
  const to = reader.integer('to', Math.max(LAST, from), 0, ADDRESS_COUNT - 1);
  const at = reader.integer('at', from, 0, ADDRESS_COUNT - 1);
  const pauseMs = reader.duration('pause', `${PAUSE_MS}ms`);
  if (to < from) reader.fail('to', `must not be less than from, got ${to}`);
  if (reader.problems.length > 0) throw new DeviceError(ErrorCode.BAD_MESSAGE, describeProblems(reader.problems));
  return { registers, from, to, pauseMs, at: Math.max(at, from) };
}
