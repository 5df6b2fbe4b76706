import { DeadlineError } from '../../../base/deadline';
import { DeviceError, ErrorCode } from '../../../base/errors';
import type { Reading } from '../../../device/driver';
import { isException, ModbusException, ModbusExceptionError, NoAnswerError } from '../pdu/exceptions';
import { DoubtfulRanges, isUnsolved, type Doubt } from './doubtful-ranges';
import {
  blockFor,
  isSplittable,
  planReads,
  splitBlock,
  type Obstacles,
  type PlanRules,
  type ReadBlock,
} from './planner';
import type { ModbusProperty } from '../config/property';
import { RefusedRanges } from './refused-ranges';
import { REGISTERS, type AddressRange } from '../pdu/registers';
import type { ReadRequest } from '../pdu/request';
import { BlockDecoder } from './block-decoder';
import { badReading, Readings } from './readings';

/** Sends one request; rejects with a DeviceError, or as a signal says. */
export type ReadBytes = (request: ReadRequest) => Promise<Uint8Array>;

/** What a reader may ask about its surroundings. */
export interface ReadChances {
  /** Whether a request that is not answered still fits into the time for the whole read. */
  isTimeLeft(): boolean;
  /** Whether the unit has answered anything meanwhile, or answers something in what is left of the time. */
  isThere(): Promise<boolean>;
}

const REGISTER_ADVICE = 'the unit answers for other registers: check register kind, offset and quantity';

const NO_LIMITS: ReadChances = { isTimeLeft: () => true, isThere: () => Promise.resolve(false) };

/**
 * Reads the properties of one unit in as few requests as it allows, and remembers what it does not allow.
 *
 * A block that the device refuses (exception 2 or 3) is halved until it is known which properties are missing, or between
 * which two there is a hole: about two requests for each halving, once. From then on the plan keeps clear of those places.
 * Silence and exceptions 1 and 4 are taken in the same way, but not for good (DoubtfulRanges), and what would not fit into
 * the time for the whole read goes on with the next one, behind what is not in doubt.
 */
export class BlockReader {
  private readonly refused = new RefusedRanges();
  private readonly doubts = new DoubtfulRanges();
  private planned: Plan | undefined;

  constructor(private readonly rules: PlanRules) {}

  /**
   * One reading per property, in order; rejects when the link is lost or nothing at all answers, and with a DeadlineError
   * where there was no time to find that out. `now` in ms.
   */
  async read(
    properties: readonly ModbusProperty[],
    readBytes: ReadBytes,
    now: () => number,
    chances = NO_LIMITS,
  ): Promise<Reading[]> {
    const readings = new Readings(properties);
    const cycle: Cycle = { readBytes, now, chances, readings, lessons: [], isHeard: false };
    const { sure, doubted } = this.sortOut(properties);
    const doubts = this.dueDoubts([...doubted.keys()], sure, now());
    const blocks = this.plan(sure, readings);
    await Promise.all(blocks.map(({ block, decoder }) => this.readBlock(block, cycle, undefined, decoder)));
    for (const doubt of doubts) await this.tryAgain(doubt, doubted.get(doubt) ?? [], cycle);
    for (const [doubt, members] of doubted) {
      setMissing(members, isUnsolved(doubt) ? noTime(doubt.error) : doubt.error, cycle);
    }

    const list = readings.complete(now);
    if (!cycle.isHeard) await throwIfAway(list, chances);
    if (cycle.lessons.length === 0 && this.doubts.isEmpty) return list;
    for (const learn of cycle.lessons) learn();
    return list.map((reading) => (reading.error instanceof NoAnswerError ? ofUnitThatIsThere(reading) : reading));
  }

  /** Found anew only where other properties are asked for, or something was learned: a device is asked for the same all day. */
  private plan(properties: readonly ModbusProperty[], readings: Readings): readonly PlannedBlock[] {
    const make = (): PlannedBlock[] =>
      planReads(properties, this.rules, this.obstacles()).map((block) => ({
        block,
        decoder: new BlockDecoder(block, readings),
      }));
    if (!this.doubts.isEmpty) return make();
    const { version } = this.refused;
    const { planned } = this;
    if (planned?.version === version && isSameList(planned.properties, properties)) return planned.blocks;
    const blocks = make();
    this.planned = { version, properties, blocks };
    return blocks;
  }

  private obstacles(): Obstacles {
    const { refused, doubts } = this;
    if (doubts.isEmpty) return refused;
    return { isWithin: (...range) => refused.isWithin(...range) || doubts.isWithin(...range) };
  }

  /** Properties that are under a doubt, by doubt, and the others. */
  private sortOut(properties: readonly ModbusProperty[]): {
    sure: readonly ModbusProperty[];
    doubted: ReadonlyMap<Doubt, readonly ModbusProperty[]>;
  } {
    const doubted = new Map<Doubt, ModbusProperty[]>();
    if (this.doubts.isEmpty) return { sure: properties, doubted };
    const sure = properties.filter((property) => {
      const doubt = this.doubts.about(property);
      if (doubt === undefined) return true;
      doubted.set(doubt, [...(doubted.get(doubt) ?? []), property]);
      return false;
    });
    return { sure, doubted };
  }

  /**
   * The doubts to be tried in this read: those due, but of what is silent and cannot be split any further only the one that
   * has waited longest. Where nothing else is asked for, one is tried in any case: a read asks something.
   */
  private dueDoubts(own: readonly Doubt[], sure: readonly ModbusProperty[], now: number): Doubt[] {
    if (this.doubts.isEmpty) return [];
    const beside = new Set(sure.flatMap((property) => this.doubts.beside(property)));
    const byTime = [...own, ...beside].sort((a, b) => a.until - b.until);
    const due = byTime.filter(({ until }) => until <= now);
    const silent = due.find((doubt) => isSettledSilence(doubt));
    const chosen = due.filter((doubt) => !isSettledSilence(doubt) || doubt === silent);
    return chosen.length === 0 && sure.length === 0 ? byTime.slice(0, 1) : chosen;
  }

  /** Asks again for `members`, which are under the doubt; what was silent as a whole is split at once. */
  private async tryAgain(doubt: Doubt, members: readonly ModbusProperty[], cycle: Cycle): Promise<void> {
    const { error, span } = doubt;
    if (error instanceof NoAnswerError && !cycle.chances.isTimeLeft()) return;
    if (span !== undefined) {
      await this.trySpan(doubt, span, cycle);
      return;
    }
    const block = blockFor(members);
    if (!isSplittable(block)) {
      await this.readBlock(block, cycle, error);
      this.tellAsOne(block, error, cycle);
      return;
    }
    cycle.lessons.push(() => this.doubts.remove(doubt));
    await this.readHalves(block, error, cycle);
  }

  /** Whether the unit answers by now in one request what it answered in two. All of it has been read in this cycle. */
  private async trySpan(doubt: Doubt, span: AddressRange, cycle: Cycle): Promise<void> {
    try {
      await cycle.readBytes(requestFor(span));
      cycle.lessons.push(() => this.doubts.clear(span));
    } catch (error) {
      if (!(error instanceof DeviceError) || isLinkGone(error)) throw error;
      if (isDoubtful(error) || isRefusal(error)) cycle.lessons.push(() => this.doubts.confirm(doubt, cycle.now()));
    }
  }

  /** True where the block was answered as a whole. `cause`: why it is in doubt, if it is. */
  private async readBlock(
    block: ReadBlock,
    cycle: Cycle,
    cause?: DeviceError,
    decoder?: BlockDecoder,
  ): Promise<boolean> {
    let bytes: Uint8Array;
    try {
      bytes = await cycle.readBytes(requestFor(block));
    } catch (error) {
      if (!(error instanceof DeviceError) || isLinkGone(error)) throw error;
      await this.onFailed(block, error, cycle, cause);
      return false;
    }
    cycle.isHeard = true;
    if (!isSplittable(block)) this.refused.forgetProperty(block);
    if (!this.doubts.isEmpty) cycle.lessons.push(() => this.doubts.clear(block));
    (decoder ?? new BlockDecoder(block, cycle.readings)).decode(bytes, cycle.now(), cycle.readings);
    return true;
  }

  private async onFailed(block: ReadBlock, error: DeviceError, cycle: Cycle, cause?: DeviceError): Promise<void> {
    if (error instanceof ModbusExceptionError && !isGatewaysWord(error)) cycle.isHeard = true;
    const isSilent = error instanceof NoAnswerError;
    const isTelling = isRefusal(error) || isDoubtful(error);
    if (isTelling && isSplittable(block) && (!isSilent || cycle.chances.isTimeLeft())) {
      await this.readHalves(block, error, cycle, cause);
      return;
    }
    if (isTelling && !isSplittable(block)) {
      setMissing(block.properties, error, cycle);
      if (isRefusal(error)) this.refused.addProperty(block);
      else cycle.lessons.push(() => this.doubts.add(block, error, cycle.now()));
      return;
    }
    const why = cause ?? error;
    const isUnsolved = isSplittable(block) && why instanceof NoAnswerError;
    if (isUnsolved) cycle.lessons.push(() => this.doubts.addUnsolved(block, why));
    setMissing(block.properties, isUnsolved ? noTime(why) : why, cycle);
  }

  /** `cause`: the first error of those that led here, and the one that is told until more is known. */
  private async readHalves(block: ReadBlock, error: DeviceError, cycle: Cycle, cause = error): Promise<void> {
    const [left, right] = splitBlock(block);
    const why = isRefusal(error) ? undefined : cause;
    const answered = await Promise.all([this.readBlock(left, cycle, why), this.readBlock(right, cycle, why)]);
    if (why !== undefined && !answered.some(Boolean)) this.tellAsOne(block, error, cycle);
    if (!answered.every(Boolean)) return;
    if (isRefusal(error)) this.refused.addBetween(left, right);
    else cycle.lessons.push(() => this.doubts.addBetween(left, right, error, cycle.now()));
  }

  /** Where all of `block` has failed in the way `error` says, that is one trouble and not one for each property. */
  private tellAsOne(block: ReadBlock, error: DeviceError, { readings, lessons, now }: Cycle): void {
    const isSame = (property: ModbusProperty): boolean => {
      const own = readings.get(property)?.error;
      return own?.code === error.code && !(own instanceof DeadlineError);
    };
    if (!block.properties.every(isSame)) return;
    for (const property of block.properties) readings.set(property, badReading(property, error, now()));
    lessons.push(() => this.doubts.tellAsOne(block, error));
  }
}

/** What was asked for, by what was known then, and in which requests. */
interface Plan {
  readonly version: number;
  readonly properties: readonly ModbusProperty[];
  readonly blocks: readonly PlannedBlock[];
}

interface PlannedBlock {
  readonly block: ReadBlock;
  readonly decoder: BlockDecoder;
}

const isSameList = (one: readonly unknown[], other: readonly unknown[]): boolean =>
  one === other || (one.length === other.length && one.every((item, index) => item === other[index]));

interface Cycle {
  readonly readBytes: ReadBytes;
  readonly now: () => number;
  readonly chances: ReadChances;
  readonly readings: Readings;
  /** What was learned of doubts, in order; it holds only where the unit turns out to be there. */
  readonly lessons: (() => void)[];
  /** The unit has answered something. */
  isHeard: boolean;
}

const isSettledSilence = (doubt: Doubt): boolean => doubt.error instanceof NoAnswerError && !isUnsolved(doubt);

/** What is told of a property while it is not known whether it is to blame for the silence: nothing about the link. */
const noTime = (cause: DeviceError): DeviceError => new DeadlineError(cause.message);

/** Where every property timed out: throws why, unless the unit answers something else. */
async function throwIfAway(readings: readonly Reading[], chances: ReadChances): Promise<void> {
  const errors = readings.map(({ error }) => error);
  const [first] = errors;
  if (first === undefined || !errors.every((error) => error?.code === ErrorCode.TIMEOUT)) return;
  if (await chances.isThere()) return;
  throw errors.find(isOutOfTime) ?? first;
}

const isOutOfTime = (error: DeviceError | undefined): boolean => error instanceof DeadlineError;

const isRefusal = (error: DeviceError): boolean =>
  isException(error, ModbusException.ILLEGAL_DATA_ADDRESS, ModbusException.ILLEGAL_DATA_VALUE);

/** It may be the address map of the unit or its state. */
const isDoubtful = (error: DeviceError): boolean =>
  error instanceof NoAnswerError ||
  isException(error, ModbusException.ILLEGAL_FUNCTION, ModbusException.SERVER_FAILURE);

const isGatewaysWord = (error: DeviceError): boolean =>
  isException(error, ModbusException.GATEWAY_PATH_UNAVAILABLE, ModbusException.GATEWAY_TARGET_FAILED);

/** With the advice that fits where the unit answers for others. */
const ofUnitThatIsThere = (reading: Reading): Reading => ({
  ...reading,
  error: new NoAnswerError(reading.error?.message ?? '', { advice: REGISTER_ADVICE }),
});

/** A bad reading for each property that has none yet. */
function setMissing(properties: readonly ModbusProperty[], error: DeviceError, { readings, now }: Cycle): void {
  for (const property of properties) {
    if (readings.get(property) === undefined) readings.set(property, badReading(property, error, now()));
  }
}

/** CONNECT_FAILED: a connection that was only idle could not be made again. */
const isLinkGone = ({ code }: DeviceError): boolean =>
  code === ErrorCode.LINK_LOST || code === ErrorCode.CLOSED || code === ErrorCode.CONNECT_FAILED;

/** The request that reads a whole block or range. */
export const requestFor = ({ register, offset, quantity }: AddressRange): ReadRequest => ({
  function: REGISTERS[register].readFunction,
  offset,
  quantity,
});
