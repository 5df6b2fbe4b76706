import { isException, ModbusException, NoAnswerError } from '../pdu/exceptions';
import { REGISTERS, type AddressRange, type RegisterKind } from '../pdu/registers';

/** One request of a survey; rejects as a driver's request does. */
export type Look = (range: AddressRange) => Promise<unknown>;

export interface SurveyOptions {
  readonly register: RegisterKind;
  /** First and last address; zero-based. */
  readonly from: number;
  readonly to: number;
  /** Between two requests, and whether there may be another. */
  readonly next: () => Promise<boolean>;
}

export interface Survey {
  /** Ranges that answer, in order; neighbours are one. */
  readonly found: readonly { offset: number; quantity: number }[];
  /** The first address that was not looked at; beyond `to` where all were. */
  readonly reached: number;
  /** The device does not have this table, or says nothing to any request for it. */
  readonly absent?: 'unsupported' | 'silent';
}

/** Registers asked for at once, and bits; a device refuses the whole where a single one is missing. */
const FIRST_LOOK = 100;
/** Refused ranges are halved down to this; the borders of what answers are then found one by one. */
const SMALLEST = 8;
/** Requests that may stay unanswered before the table counts as silent. */
const MOST_SILENT = 3;

/**
 * Finds out which addresses of a table answer, with one request at a time. What is smaller than 8 addresses in the midst of what does not answer may be
 * missed. Rejects where the link is lost.
 */
export async function survey(look: Look, { register, from, to, next }: SurveyOptions): Promise<Survey> {
  const found: { offset: number; quantity: number }[] = [];
  const pending: [offset: number, quantity: number][] = [];
  const size = REGISTERS[register].bits ? FIRST_LOOK * 8 : FIRST_LOOK;
  let offset = from;
  let silences = 0;
  /** The end of the range that was refused last, and where it begins: what comes next may show its border. */
  let refused: { begin: number; end: number } | undefined;

  const has = async (at: number, quantity: number): Promise<boolean> => {
    try {
      await look({ register, offset: at, quantity });
      silences = 0;
      return true;
    } catch (error) {
      if (isException(error, ...REFUSALS)) {
        silences = 0;
        return false;
      }
      if (!(error instanceof NoAnswerError)) throw error;
      silences += 1;
      return false;
    }
  };
  const add = (at: number, quantity: number): void => {
    const last = found.at(-1);
    if (last !== undefined && last.offset + last.quantity === at) last.quantity += quantity;
    else found.push({ offset: at, quantity });
  };

  while (offset <= to) {
    if (!(await next())) return { found, reached: offset };
    const [, quantity] = pending.pop() ?? [offset, Math.min(size, to - offset + 1)];
    let isThere: boolean;
    try {
      isThere = await has(offset, quantity);
    } catch (error) {
      if (isException(error, ModbusException.ILLEGAL_FUNCTION))
        return { found, reached: to + 1, absent: 'unsupported' };
      throw error;
    }
    if (silences >= MOST_SILENT && found.length === 0) return { found, reached: to + 1, absent: 'silent' };
    if (isThere) {
      if (refused?.end === offset) await backwards(refused, has, add, next);
      refused = undefined;
      add(offset, quantity);
      offset += quantity;
    } else if (quantity > SMALLEST) {
      const half = Math.ceil(quantity / 2);
      pending.push([offset + half, quantity - half], [offset, half]);
    } else {
      const end = offset + quantity;
      const last = found.at(-1);
      const begin =
        last !== undefined && last.offset + last.quantity === offset
          ? await forwards(offset, end, has, add, next)
          : offset;
      refused = { begin, end };
      offset = end;
    }
  }
  return { found, reached: offset };
}

const REFUSALS = [
  ModbusException.ILLEGAL_DATA_ADDRESS,
  ModbusException.ILLEGAL_DATA_VALUE,
  ModbusException.SERVER_FAILURE,
] as const;

type Has = (offset: number, quantity: number) => Promise<boolean>;
type Add = (offset: number, quantity: number) => void;

/** Goes on from what answered, one by one, until something does not; answers where that is. */
async function forwards(begin: number, end: number, has: Has, add: Add, next: () => Promise<boolean>): Promise<number> {
  for (let at = begin; at < end; at += 1) {
    if (!(await next()) || !(await has(at, 1))) return at + 1;
    add(at, 1);
  }
  return end;
}

/** Goes back from what answers now into what was refused as a whole. */
async function backwards(
  { begin, end }: { begin: number; end: number },
  has: Has,
  add: Add,
  next: () => Promise<boolean>,
): Promise<void> {
  let first = end;
  while (first > begin && (await next()) && (await has(first - 1, 1))) first -= 1;
  if (first < end) add(first, end - first);
}
