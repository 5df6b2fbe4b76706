import { answerLength, isReadRequest, type ModbusRequest, type ReadRequest } from '../pdu/request';
import { ADDRESS_COUNT } from '../pdu/registers';
import type { Frame } from './framing';

const EXCEPTION_FLAG = 0x80;
/** Answers one unit may owe; more are not told apart. */
const MOST_OWED = 8;
const READ_FUNCTIONS = [4, 3, 2, 1] as const;
/** One more than there can be forms owed of each function. */
const QUANTITIES = Array.from({ length: MOST_OWED + 1 }, (_, index) => 1 + 8 * index);

/**
 * Answers that units owe to requests which were given up. Where answers come in turn nothing in them says to which request they
 * belong, so that a late one could pass for the answer to the next request of the same form: a wrong value, and then one answer
 * behind for good. A unit answers in the order in which it is asked: once it has answered something that cannot be meant for an
 * earlier request, the earlier ones will not be answered any more.
 */
export class LateAnswers {
  private readonly owed = new Map<number, readonly ModbusRequest[]>();
  /** Functions that a unit has answered; some are silent for those that they do not have. */
  private readonly answered = new Map<number, ReadonlySet<number>>();

  /** Nobody waits any more for what `unit` answers to `request`. */
  gaveUp(unit: number, request: ModbusRequest): void {
    this.owed.set(unit, [...(this.owed.get(unit) ?? []), request].slice(-MOST_OWED));
  }

  /**
   * Whether `frame` is for an earlier request than `pending` of its unit: it is then late, and the wait goes on. `anyDoes`: that
   * the unit has answered is all that counts; then it is for `pending`, and a further answer may come.
   */
  isLate({ unit, pdu }: Frame, pending: ModbusRequest | undefined, anyDoes: boolean): boolean {
    const owed = this.owed.get(unit);
    this.remember(unit, pdu);
    if (owed === undefined) return false;
    const index = owed.findIndex((request) => mayAnswer(pdu, request));
    const isForPending = pending !== undefined && mayAnswer(pdu, pending);
    if (index < 0) {
      if (isForPending) this.owed.delete(unit);
      return false;
    }
    this.set(unit, owed.slice(index + 1));
    if (!isForPending || !anyDoes) return true;
    this.gaveUp(unit, pending);
    return false;
  }

  /** What to ask first, so that no late answer can pass for that to `request`; undefined where none can. */
  askBefore(unit: number, request: ModbusRequest): ReadRequest | undefined {
    const owed = this.owed.get(unit);
    if (owed === undefined || !owed.some((earlier) => isSameForm(earlier, request))) return undefined;
    const isFree = (candidate: ReadRequest): boolean => !owed.some((earlier) => isSameForm(earlier, candidate));
    // A function that is not owed is the best: its exceptions cannot be meant for an earlier request either.
    const isUnheard = ({ function: code }: ReadRequest): boolean => !owed.some((earlier) => earlier.function === code);
    const candidates = othersThan(request);
    const known = candidates.filter(({ function: code }) => this.answered.get(unit)?.has(code) === true);
    return known.find(isUnheard) ?? known.find(isFree) ?? candidates.find(isUnheard) ?? candidates.find(isFree);
  }

  private remember(unit: number, pdu: Uint8Array): void {
    const code = (pdu[0] ?? 0) & ~EXCEPTION_FLAG;
    const known = this.answered.get(unit);
    if (known?.has(code) !== true) this.answered.set(unit, new Set([...(known ?? []), code]));
  }

  private set(unit: number, owed: readonly ModbusRequest[]): void {
    if (owed.length === 0) this.owed.delete(unit);
    else this.owed.set(unit, owed);
  }
}

/** Whether `pdu` has the form of an answer to `request`, be it an exception. */
function mayAnswer(pdu: Uint8Array, request: ModbusRequest): boolean {
  const [code, second] = pdu;
  if (code === (request.function | EXCEPTION_FLAG)) return true;
  if (code !== request.function) return false;
  if (isReadRequest(request)) return second === answerLength(request);
  return second === request.offset >> 8 && pdu[2] === (request.offset & 0xff);
}

function isSameForm(one: ModbusRequest, other: ModbusRequest): boolean {
  if (one.function !== other.function) return false;
  if (isReadRequest(one) && isReadRequest(other)) return answerLength(one) === answerLength(other);
  return one.offset === other.offset;
}

/** Reads of different forms, at the place of `request` or a little in front of it. */
const othersThan = ({ offset }: ModbusRequest): ReadRequest[] =>
  QUANTITIES.flatMap((quantity) =>
    READ_FUNCTIONS.map((code) => ({ function: code, offset: Math.min(offset, ADDRESS_COUNT - quantity), quantity })),
  );
