import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../../../src/drivers/modbus/framing/framing.ts';
import { mbap } from '../../../../../src/drivers/modbus/framing/mbap.ts';

const aFrame: fc.Arbitrary<Frame> = fc.record({
  id: fc.integer({ min: 0, max: 65_535 }),
  unit: fc.integer({ min: 0, max: 255 }),
  pdu: fc.uint8Array({ minLength: 1, maxLength: 253 }),
});

const bytesOf = (frames: readonly Frame[]): Buffer => Buffer.concat(frames.map((frame) => mbap.encode(frame)));
const plain = (frames: readonly Frame[]): Frame[] =>
  frames.map((frame) => ({ ...frame, pdu: Uint8Array.from(frame.pdu) }));

/** `bytes` in pieces that end at `cuts`. */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...ends].map((from, index) => bytes.subarray(from, ends[index] ?? bytes.length));
}

describe('MBAP', () => {
  it('is transaction, protocol 0, length, unit and PDU, high byte first', () => {
    const frame = mbap.encode({ id: 0x1501, unit: 0xff, pdu: Uint8Array.of(3, 0, 4, 0, 1) });
    expect(Buffer.from(frame).toString('hex')).toBe('150100000006ff0300040001');
  });

  it('gives the frames back in whatever pieces they come', () => {
    fc.assert(
      fc.property(fc.array(aFrame, { maxLength: 5 }), fc.array(fc.nat(), { maxLength: 20 }), (frames, cuts) => {
        const decoder = mbap.createDecoder();
        const found = pieces(bytesOf(frames), cuts).flatMap((piece) => decoder.push(piece));
        expect(plain(found)).toEqual(frames);
        expect(decoder.isMidFrame).toBe(false);
      }),
    );
  });

  it('gives the frames back byte by byte', () => {
    fc.assert(
      fc.property(fc.array(aFrame, { maxLength: 3 }), (frames) => {
        const decoder = mbap.createDecoder();
        expect(plain([...bytesOf(frames)].flatMap((byte) => decoder.push(Buffer.of(byte))))).toEqual(frames);
      }),
    );
  });

  it('knows that half a frame is here, and forgets it when told to', () => {
    fc.assert(
      fc.property(aFrame, aFrame, fc.nat(), (first, second, cut) => {
        const bytes = bytesOf([first]);
        const decoder = mbap.createDecoder();
        expect(decoder.push(bytes.subarray(0, 1 + (cut % (bytes.length - 1))))).toEqual([]);
        expect(decoder.isMidFrame).toBe(true);
        decoder.reset();
        expect(decoder.isMidFrame).toBe(false);
        expect(plain(decoder.push(bytesOf([second])))).toEqual([second]);
      }),
    );
  });

  it.each([
    ['another protocol', [0, 1, 0, 7, 0, 6, 1, 3, 0, 0, 0, 1], /protocol 7/],
    ['a length of 0', [0, 1, 0, 0, 0, 0], /length 0/],
    ['a unit without a PDU', [0, 1, 0, 0, 0, 1, 1], /length 1/],
    ['a PDU of 254 bytes', [0, 1, 0, 0, 0, 255, 1], /length 255/],
    ['an RTU frame', [1, 3, 2, 0, 7, 0xf9, 0x86], /not Modbus\/TCP/],
    ['text', [...Buffer.from('HTTP/1.1 400')], /not Modbus\/TCP/],
  ])('refuses %s as soon as its header is here', (_, bytes, message) => {
    const decoder = mbap.createDecoder();
    expect(() => bytes.forEach((byte) => decoder.push(Buffer.of(byte)))).toThrow(
      expect.objectContaining({ code: 'BAD_RESPONSE', message: expect.stringMatching(message) }),
    );
  });

  it('takes 253 bytes, and no more', () => {
    const longest: Frame = { id: 7, unit: 1, pdu: new Uint8Array(253) };
    expect(plain(mbap.createDecoder().push(bytesOf([longest])))).toEqual([longest]);
    expect(() => mbap.createDecoder().push(bytesOf([{ ...longest, pdu: new Uint8Array(254) }]))).toThrow(/length 255/);
  });

  it('makes of any bytes an error, or frames that are those very bytes', () => {
    const nearly = fc
      .tuple(fc.array(aFrame, { minLength: 1, maxLength: 3 }), fc.nat(), fc.integer({ min: 0, max: 255 }))
      .map(([frames, place, byte]) => {
        const bytes = bytesOf(frames);
        bytes.writeUInt8(byte, place % bytes.length);
        return bytes;
      });
    const garbage = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(nearly, garbage), fc.array(fc.nat(), { maxLength: 5 }), (bytes, cuts) => {
        const decoder = mbap.createDecoder();
        let found: Frame[];
        try {
          found = pieces(bytes, cuts).flatMap((piece) => decoder.push(piece));
        } catch (error) {
          expect(error).toMatchObject({ code: 'BAD_RESPONSE' });
          return;
        }
        const taken = bytesOf(found);
        expect(bytes.subarray(0, taken.length)).toEqual(taken);
        expect(decoder.isMidFrame).toBe(taken.length < bytes.length);
      }),
    );
  });
});
