import fc from 'fast-check';
import { encodeRequest } from '../../../src/drivers/modbus/pdu/codec.ts';
import type { ModbusRequest, ReadRequest } from '../../../src/drivers/modbus/pdu/request.ts';
import type { Frame } from '../../../src/drivers/modbus/framing/framing.ts';

/** A request as it goes out, and what its unit may answer. */
export interface Exchange {
  readonly asked: ModbusRequest;
  readonly request: Frame;
  readonly answer: Frame;
}

const aWord = fc.integer({ min: 0, max: 65_535 });
const aUnit = fc.integer({ min: 1, max: 247 });

const aRead: fc.Arbitrary<ReadRequest> = fc
  .tuple(fc.constantFrom<1 | 2 | 3 | 4>(1, 2, 3, 4), aWord, fc.integer({ min: 1, max: 125 }))
  .map(([code, offset, quantity]) => ({ function: code, offset, quantity }));

const aWrite: fc.Arbitrary<ModbusRequest> = fc.oneof(
  fc.record({ function: fc.constant(5 as const), offset: aWord, state: fc.boolean() }),
  fc.record({ function: fc.constant(6 as const), offset: aWord, register: aWord }),
  fc
    .tuple(aWord, fc.uint8Array({ minLength: 1, maxLength: 60 }))
    .map(([offset, half]) => ({ function: 16 as const, offset, registers: Uint8Array.from([...half, ...half]) })),
  fc
    .tuple(aWord, fc.uint8Array({ minLength: 1, maxLength: 60 }))
    .map(([offset, bits]) => ({ function: 15 as const, offset, quantity: bits.length * 8, bits })),
  fc.record({ function: fc.constant(22 as const), offset: aWord, andMask: aWord, orMask: aWord }),
);

const frameOf = (unit: number, pdu: Uint8Array): Frame => ({ id: 0, unit, pdu: Uint8Array.from(pdu) });

const exception = (unit: number, asked: ModbusRequest, code: number): Frame =>
  frameOf(unit, Uint8Array.of(asked.function | 0x80, code));

/** The answer of a read with `data` from its beginning, or over and over. */
export function readAnswer(unit: number, asked: ReadRequest, data: Uint8Array): Frame {
  const length = asked.function <= 2 ? Math.ceil(asked.quantity / 8) : asked.quantity * 2;
  const bytes = Uint8Array.from({ length }, (_, index) => data[index % data.length] ?? 0);
  return frameOf(unit, Uint8Array.from([asked.function, length, ...bytes]));
}

/** What confirms a write. */
export const writeAnswer = (unit: number, asked: ModbusRequest): Frame => {
  const pdu = encodeRequest(asked);
  return frameOf(unit, asked.function === 15 || asked.function === 16 ? pdu.subarray(0, 5) : pdu);
};

/** A read and its answer with values. */
export const aQuestion: fc.Arbitrary<Exchange> = fc
  .tuple(aUnit, aRead, fc.uint8Array({ minLength: 1, maxLength: 250 }))
  .map(([unit, asked, data]) => ({
    asked,
    request: frameOf(unit, encodeRequest(asked)),
    answer: readAnswer(unit, asked, data),
  }));

const aCommand: fc.Arbitrary<Exchange> = fc.tuple(aUnit, aWrite).map(([unit, asked]) => ({
  asked,
  request: frameOf(unit, encodeRequest(asked)),
  answer: writeAnswer(unit, asked),
}));

const aRefusal: fc.Arbitrary<Exchange> = fc
  .tuple(aUnit, fc.oneof(aRead, aWrite), fc.constantFrom(1, 2, 3, 4, 6))
  .map(([unit, asked, code]) => ({
    asked,
    request: frameOf(unit, encodeRequest(asked)),
    answer: exception(unit, asked, code),
  }));

/** A request of any kind and what its unit may answer. */
export const anAnswer: fc.Arbitrary<Exchange> = fc.oneof(aQuestion, aCommand, aRefusal);

/** `bytes` in pieces that end at `cuts`. */
export function inPieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...ends].map((from, index) => bytes.subarray(from, ends[index] ?? bytes.length));
}

/** Frames that can be compared: with a PDU of their own. */
export const plain = (frames: readonly Frame[]): Frame[] =>
  frames.map((frame) => ({ ...frame, pdu: Uint8Array.from(frame.pdu) }));
