import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import type { Reading } from '../../../device/driver';
import type { ModbusProperty } from '../config/property';
import { REGISTERS } from '../pdu/registers';
import type { ReadBlock } from './planner';
import { badReading, GoodReading, type Readings } from './readings';
import { decoderOf, type Decoder } from './values';

interface Member {
  readonly property: ModbusProperty;
  readonly decode: Decoder;
  /** Of its first bit or byte in the data. */
  readonly at: number;
  /** Among the properties that were asked for. */
  readonly place: number;
}

/** From the answer to one block to the readings of its properties; prepared once for each plan. */
export class BlockDecoder {
  private readonly members: readonly Member[];

  /** `readings`: of the same properties, in the same order, as those given to `decode`. */
  constructor({ register, offset, properties }: ReadBlock, readings: Readings) {
    const size = REGISTERS[register].bits ? 1 : 2;
    this.members = properties.map((property) => ({
      property,
      decode: decoderOf(property),
      at: (property.visitor.offset - offset) * size,
      place: readings.placeOf(property),
    }));
  }

  /** `updatedAt` in ms. */
  decode(bytes: Uint8Array, updatedAt: number, readings: Readings): void {
    for (const member of this.members) readings.put(member.place, readingOf(member, bytes, updatedAt));
  }
}

function readingOf({ property, decode, at }: Member, bytes: Uint8Array, updatedAt: number): Reading {
  try {
    const value = decode(bytes, at);
    return Number.isNaN(value) ? noValue(property, updatedAt) : new GoodReading(property.name, value, updatedAt);
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
