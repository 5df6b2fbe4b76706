import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc16 } from '../../../../../src/drivers/modbus/framing/crc.ts';
import type { Frame } from '../../../../../src/drivers/modbus/framing/framing.ts';
import { rtuFraming } from '../../../../../src/drivers/modbus/framing/rtu.ts';
import { anAnswer, aQuestion, inPieces, plain } from '../../../../support/modbus/frames.ts';

const rtu = rtuFraming({ echo: false });
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('RTU', () => {
  it('is unit, PDU and CRC, low byte first', () => {
    // The examples of libmodbus' and of the specification's own appendix: 02 07 gives 0x1241, sent as 41 12.
    expect(crc16(Uint8Array.of(2, 7))).toBe(0x1241);
    expect(hex(rtu.encode({ id: 0, unit: 1, pdu: Uint8Array.of(3, 0, 0, 0, 10) }))).toBe('01030000000ac5cd');
  });

  it('gives the answer back in whatever pieces it comes, whatever function it is of', () => {
    fc.assert(
      fc.property(anAnswer, fc.array(fc.nat(), { maxLength: 20 }), ({ request, answer }, cuts) => {
        const decoder = rtu.createDecoder();
        decoder.reset(request);
        const found = inPieces(Buffer.from(rtu.encode(answer)), cuts).flatMap((piece) => decoder.push(piece));
        expect(plain(found)).toEqual([answer]);
        expect([decoder.isMidFrame, decoder.isNoisy]).toEqual([false, false]);
      }),
    );
  });

  it('finds the answer behind noise, unless the noise looks like its beginning', () => {
    fc.assert(
      fc.property(anAnswer, fc.uint8Array({ minLength: 1, maxLength: 40 }), ({ request, answer }, noise) => {
        const decoder = rtu.createDecoder();
        decoder.reset(request);
        const bytes = Buffer.concat([noise, rtu.encode(answer)]);
        expect(plain(decoder.push(bytes))).toContainEqual(answer);
        expect(decoder.isNoisy).toBe(true);
      }),
    );
  });

  it('forgets what is left over when the next request goes out', () => {
    fc.assert(
      fc.property(anAnswer, anAnswer, fc.nat(), (first, second, cut) => {
        const bytes = Buffer.from(rtu.encode(first.answer));
        const decoder = rtu.createDecoder();
        decoder.reset(first.request);
        expect(decoder.push(bytes.subarray(0, 1 + (cut % (bytes.length - 1))))).toEqual([]);
        expect([decoder.isMidFrame, decoder.isNoisy]).toEqual([true, true]);
        decoder.reset(second.request);
        expect([decoder.isMidFrame, decoder.isNoisy]).toEqual([false, false]);
        expect(plain(decoder.push(Buffer.from(rtu.encode(second.answer))))).toEqual([second.answer]);
      }),
    );
  });

  it('gives nothing where a bit has fallen over, and never buffers without end', () => {
    fc.assert(
      fc.property(anAnswer, fc.nat(), ({ request, answer }, place) => {
        const bytes = Buffer.from(rtu.encode(answer));
        const bit = place % (bytes.length * 8);
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        const decoder = rtu.createDecoder();
        decoder.reset(request);
        expect(decoder.push(bytes)).toEqual([]);
        for (let count = 0; count < 100; count++) decoder.push(Buffer.alloc(100, 0x55));
        expect(decoder.isNoisy).toBe(true);
      }),
    );
  });

  it('tells the answer of another unit, or to another function, as what it is', () => {
    const decoder = rtu.createDecoder();
    const request: Frame = { id: 0, unit: 1, pdu: Uint8Array.of(3, 0, 0, 0, 1) };
    const foreign: Frame = { id: 0, unit: 2, pdu: Uint8Array.of(3, 2, 0, 7) };
    const exception: Frame = { id: 0, unit: 1, pdu: Uint8Array.of(0x83, 2) };
    decoder.reset(request);
    expect(plain(decoder.push(Buffer.concat([rtu.encode(foreign), rtu.encode(exception)])))).toEqual([exception]);
    decoder.reset(request);
    expect(plain(decoder.push(Buffer.from(rtu.encode(foreign))))).toEqual([foreign]);
    expect(plain(decoder.push(Buffer.from(rtu.encode(exception))))).toEqual([exception]);
  });

  it('is not led astray by data that looks like a frame', () => {
    const inner = Buffer.from(rtu.encode({ id: 0, unit: 1, pdu: Uint8Array.of(0x83, 2) }));
    const data = Buffer.concat([Buffer.alloc(4), inner, Buffer.alloc(11)]);
    const request: Frame = { id: 0, unit: 1, pdu: Uint8Array.of(3, 0, 0, 0, 10) };
    const answer: Frame = { id: 0, unit: 1, pdu: Uint8Array.from([3, 20, ...data]) };
    const decoder = rtu.createDecoder();
    decoder.reset(request);
    const bytes = Buffer.from(rtu.encode(answer));
    expect(plain([...bytes].flatMap((byte) => decoder.push(Buffer.of(byte))))).toEqual([answer]);
  });

  it('takes a frame of an unknown function when all of it is here', () => {
    const answer: Frame = { id: 0, unit: 1, pdu: Uint8Array.of(100, 1, 2, 3) };
    const decoder = rtu.createDecoder();
    decoder.reset({ id: 0, unit: 1, pdu: Uint8Array.of(100) });
    const bytes = Buffer.from(rtu.encode(answer));
    expect(decoder.push(bytes.subarray(0, 4))).toEqual([]);
    expect(plain(decoder.push(bytes.subarray(4)))).toEqual([answer]);
  });

  it('takes the echo of the request away first, also where the answer is the same', () => {
    const echoing = rtuFraming({ echo: true });
    fc.assert(
      fc.property(anAnswer, fc.array(fc.nat(), { maxLength: 9 }), ({ request, answer }, cuts) => {
        const decoder = echoing.createDecoder();
        decoder.reset(request);
        expect(decoder.push(Buffer.from(echoing.encode(request)))).toEqual([]);
        expect(plain(decoder.push(Buffer.from(echoing.encode(answer))))).toEqual([answer]);
        decoder.reset(request);
        const both = Buffer.concat([echoing.encode(request), echoing.encode(answer)]);
        expect(plain(inPieces(both, cuts).flatMap((piece) => decoder.push(piece)))).toEqual([answer]);
      }),
    );
  });

  it('ignores the echo of a read also where nobody said that the line echoes', () => {
    fc.assert(
      fc.property(aQuestion, ({ request, answer }) => {
        const decoder = rtu.createDecoder();
        decoder.reset(request);
        const both = Buffer.concat([rtu.encode(request), rtu.encode(answer)]);
        expect(plain(decoder.push(both))).toContainEqual(answer);
      }),
    );
  });
});
