import type { Reading } from '../../../device/driver';
import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import { isException, ModbusException } from '../pdu/exceptions';
import { planReads, splitBlock, type PlanRules, type ReadBlock } from './planner';
import type { ModbusProperty } from '../config/property';
import { RefusedRanges } from './refused-ranges';
import { REGISTERS } from '../pdu/registers';
import type { ReadRequest } from '../pdu/request';
import { decodeProperty } from './values';

/** Sends one request; rejects with a DeviceError, or as a signal says. */
export type ReadBytes = (request: ReadRequest) => Promise<Uint8Array>;

/**
 * Reads the properties of one unit in as few requests as it allows, and remembers what it does not allow.
 *
 * A block that the device refuses (exception 2 or 3) is halved until it is known which properties are missing, or between
 * which two there is a hole: about two requests for each halving, once. From then on the plan keeps clear of those places.
 */
export class BlockReader {
  private readonly refused = new RefusedRanges();

  constructor(private readonly rules: PlanRules) {}

  /** One reading per property, in order; rejects when the link is lost or nothing at all answers. `now` in ms. */
  async read(properties: readonly ModbusProperty[], readBytes: ReadBytes, now: () => number): Promise<Reading[]> {
    const cycle: Cycle = { readBytes, now, readings: new Map() };
    const blocks = planReads(properties, this.rules, this.refused);
    await Promise.all(blocks.map((block) => this.readBlock(block, cycle)));
    const readings = properties.map((property) => cycle.readings.get(property) ?? missing(property, now()));
    const [first] = readings;
    if (first?.error !== undefined && readings.every(({ error }) => error?.code === ErrorCode.TIMEOUT))
      throw first.error;
    return readings;
  }

  /** True where the block was answered as a whole. */
  private async readBlock(block: ReadBlock, cycle: Cycle): Promise<boolean> {
    let bytes: Uint8Array;
    try {
      bytes = await cycle.readBytes(requestFor(block));
    } catch (error) {
      if (!(error instanceof DeviceError) || isLinkGone(error)) throw error;
      const isRefused = isException(error, ModbusException.ILLEGAL_DATA_ADDRESS, ModbusException.ILLEGAL_DATA_VALUE);
      if (isRefused && block.properties.length > 1) {
        await this.readHalves(block, cycle);
      } else {
        if (isRefused) this.refused.addProperty(block);
        for (const property of block.properties) cycle.readings.set(property, badReading(property, error, cycle.now()));
      }
      return false;
    }
    if (block.properties.length === 1) this.refused.forgetProperty(block);
    for (const property of block.properties) cycle.readings.set(property, decode(property, bytes, block, cycle.now()));
    return true;
  }

  private async readHalves(block: ReadBlock, cycle: Cycle): Promise<void> {
    const [left, right] = splitBlock(block);
    const answered = await Promise.all([this.readBlock(left, cycle), this.readBlock(right, cycle)]);
    if (answered.every(Boolean)) this.refused.addBetween(left, right);
  }
}

interface Cycle {
  readonly readBytes: ReadBytes;
  readonly now: () => number;
  readonly readings: Map<ModbusProperty, Reading>;
}

/** CONNECT_FAILED: a connection that was only idle could not be made again. */
const isLinkGone = ({ code }: DeviceError): boolean =>
  code === ErrorCode.LINK_LOST || code === ErrorCode.CLOSED || code === ErrorCode.CONNECT_FAILED;

/** The request that reads a whole block. */
export const requestFor = ({ register, offset, quantity }: ReadBlock): ReadRequest => ({
  function: REGISTERS[register].readFunction,
  offset,
  quantity,
});

function decode(property: ModbusProperty, bytes: Uint8Array, block: ReadBlock, updatedAt: number): Reading {
  try {
    const value = decodeProperty(property, bytes, block);
    if (Number.isNaN(value)) return noValue(property, updatedAt);
    return { name: property.name, value, quality: 'good', updatedAt };
  } catch (error) {
    return badReading(property, toDeviceError(error, ErrorCode.BAD_VALUE), updatedAt);
  }
}

/** NaN is how a device says that it has nothing to tell: the value before is not its value any more. */
const noValue = (property: ModbusProperty, updatedAt: number): Reading => ({
  ...badReading(
    property,
    new DeviceError(ErrorCode.BAD_VALUE, `${property.name}: the device says that it has no value (NaN)`),
    updatedAt,
  ),
  value: null,
});

const badReading = ({ name }: ModbusProperty, error: DeviceError, updatedAt: number): Reading => ({
  name,
  value: undefined,
  quality: 'bad',
  error,
  updatedAt,
});

const missing = (property: ModbusProperty, updatedAt: number): Reading =>
  badReading(property, new DeviceError(ErrorCode.BAD_RESPONSE, `${property.name}: not read`), updatedAt);
