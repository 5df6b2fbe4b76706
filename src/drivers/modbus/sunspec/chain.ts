import { DeviceError, ErrorCode } from '../../../base/errors';
import { isException, ModbusException } from '../pdu/exceptions';

/**
 * The chain of models in a SunSpec device: the text "SunS", then blocks of id, length and that many registers, up to the id 0xFFFF.
 * Source: SunSpec Device Information Model Specification, 6.2 and 6.3.
 */
export interface ChainModel {
  readonly id: number;
  /** Of its id; zero-based holding register. */
  readonly offset: number;
  /** Behind id and length. */
  readonly registers: readonly number[];
}

export interface Chain {
  /** Where "SunS" is. */
  readonly base: number;
  readonly models: readonly ChainModel[];
  /** What ended the walk before the end of the chain, in words. */
  readonly broken?: string;
}

/** Reads holding registers. Rejects as a driver's request does: with a ModbusExceptionError where the device refuses. */
export type ReadRegisters = (offset: number, quantity: number) => Promise<readonly number[]>;

/** Where the chain may begin, in the order of the specification's preference. */
const BASES = [40_000, 0, 50_000] as const;
const MARK = [0x5375, 0x6e53] as const;
const END = 0xffff;
/** No device has so many, but one that counts wrongly may lead round in circles. */
const MOST_MODELS = 200;
const MOST_REGISTERS = 125;

/** Rejects with a DeviceError BAD_RESPONSE where no chain is found, and with what the link says where it is lost. */
export async function readChain(read: ReadRegisters, bases: readonly number[] = BASES): Promise<Chain> {
  const base = await findBase(read, bases);
  if (base === undefined) {
    throw new DeviceError(
      ErrorCode.BAD_RESPONSE,
      `no SunSpec models: "SunS" is not in the holding registers ${bases.join(', ')}; is SunSpec switched on in the device, and is the unit id right?`,
    );
  }
  const models: ChainModel[] = [];
  let offset = base + MARK.length;
  const broken = (why: string): Chain => ({ base, models, broken: why });
  for (;;) {
    if (models.length >= MOST_MODELS) return broken(`there are more than ${MOST_MODELS} models`);
    if (offset + 1 > 0xffff) return broken('it goes beyond the last register');
    const header = await tolerated(read, offset, 2);
    // A device may end with the id alone.
    const [id, length = 0] = header ?? (await tolerated(read, offset, 1)) ?? [];
    if (id === undefined) return broken(`the device refuses register ${offset}, where the next model should be`);
    if (id === END) return { base, models };
    if (id === 0 || offset + 2 + length > 0x10000)
      return broken(`there is no model at register ${offset} (id ${id}, length ${length})`);
    const registers = await readBlock(read, offset + 2, length);
    if (registers === undefined) return broken(`the device refuses the registers of model ${id} at ${offset}`);
    models.push({ id, offset, registers });
    offset += 2 + length;
  }
}

async function findBase(read: ReadRegisters, bases: readonly number[]): Promise<number | undefined> {
  for (const base of bases) {
    const [first, second] = (await tolerated(read, base, 2)) ?? [];
    if (first === MARK[0] && second === MARK[1]) return base;
  }
  return undefined;
}

/** Large blocks in pieces; smaller ones where a device refuses as many registers as the protocol allows. */
async function readBlock(read: ReadRegisters, offset: number, length: number): Promise<number[] | undefined> {
  const registers: number[] = [];
  let most = MOST_REGISTERS;
  while (registers.length < length) {
    const quantity = Math.min(most, length - registers.length);
    const part = await tolerated(read, offset + registers.length, quantity);
    if (part !== undefined) registers.push(...part);
    else if (quantity === 1) return undefined;
    else most = Math.ceil(quantity / 2);
  }
  return registers;
}

/** Undefined where the device has no such registers. */
async function tolerated(
  read: ReadRegisters,
  offset: number,
  quantity: number,
): Promise<readonly number[] | undefined> {
  try {
    return await read(offset, quantity);
  } catch (error) {
    if (
      isException(
        error,
        ModbusException.ILLEGAL_DATA_ADDRESS,
        ModbusException.ILLEGAL_DATA_VALUE,
        ModbusException.SERVER_FAILURE,
      )
    ) {
      return undefined;
    }
    throw error;
  }
}
