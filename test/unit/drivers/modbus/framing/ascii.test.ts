import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asciiFraming } from '../../../../../src/drivers/modbus/framing/ascii.ts';
import type { Frame } from '../../../../../src/drivers/modbus/framing/framing.ts';
import { anAnswer, inPieces, plain } from '../../../../support/modbus/frames.ts';

const ascii = asciiFraming({ echo: false });
const text = (frame: Frame): string => Buffer.from(ascii.encode(frame)).toString('latin1');

describe('ASCII', () => {
  it('is a colon, upper-case digits of unit, PDU and LRC, and a line end', () => {
    expect(text({ id: 0, unit: 1, pdu: Uint8Array.of(3, 0, 0, 0, 10) })).toBe(':01030000000AF2\r\n');
    expect(text({ id: 0, unit: 1, pdu: Uint8Array.of(0x83, 2) })).toBe(':0183027A\r\n');
  });

  it('gives the answer back in whatever pieces and case it comes, behind whatever noise', () => {
    const noise = fc.uint8Array({ maxLength: 20 }).map((bytes) => bytes.filter((byte) => byte !== 0x3a));
    const cuts = fc.array(fc.nat(), { maxLength: 20 });
    fc.assert(
      fc.property(anAnswer, cuts, noise, fc.boolean(), ({ request, answer }, ends, before, isLower) => {
        const decoder = ascii.createDecoder();
        decoder.reset(request);
        const frame = isLower ? text(answer).toLowerCase() : text(answer);
        const bytes = Buffer.concat([before, Buffer.from(frame, 'latin1')]);
        expect(plain(inPieces(bytes, ends).flatMap((piece) => decoder.push(piece)))).toEqual([answer]);
        expect(decoder.isMidFrame).toBe(false);
      }),
    );
  });

  it.each([
    ['a wrong LRC', ':0183027B\r\n'],
    ['an odd number of digits', ':0183027\r\n'],
    ['a letter that is no digit', ':01830G7A\r\n'],
    ['no carriage return', ':0183027A\n'],
    ['nothing', ':\r\n'],
    ['too much', `:${'00'.repeat(300)}\r\n`],
    ['seven-bit garbage', '\x01\x7f\x33'],
  ])('takes %s for noise, and the next frame for a frame', (_, noise) => {
    const decoder = ascii.createDecoder();
    decoder.reset();
    expect(decoder.isNoisy).toBe(false);
    expect(decoder.push(Buffer.from(noise, 'latin1'))).toEqual([]);
    expect(decoder.isNoisy).toBe(true);
    expect(plain(decoder.push(Buffer.from(':0183027A\r\n')))).toEqual([
      { id: 0, unit: 1, pdu: Uint8Array.of(0x83, 2) },
    ]);
  });

  it('starts anew at a second colon', () => {
    const decoder = ascii.createDecoder();
    expect(plain(decoder.push(Buffer.from(':01830:0183027A\r\n')))).toHaveLength(1);
    expect(decoder.isNoisy).toBe(true);
  });

  it('takes the echo of the request away first, and forgets half a frame with the next request', () => {
    const echoing = asciiFraming({ echo: true });
    fc.assert(
      fc.property(anAnswer, ({ request, answer }) => {
        const decoder = echoing.createDecoder();
        decoder.push(Buffer.from(':0183'));
        expect(decoder.isMidFrame).toBe(true);
        decoder.reset(request);
        expect(decoder.isMidFrame).toBe(false);
        const both = Buffer.concat([echoing.encode(request), echoing.encode(answer)]);
        expect(plain(decoder.push(both))).toEqual([answer]);
      }),
    );
  });
});
