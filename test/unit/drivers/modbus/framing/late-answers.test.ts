import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../../../../src/drivers/modbus/framing/framing.ts';
import { LateAnswers } from '../../../../../src/drivers/modbus/framing/late-answers.ts';
import type { ModbusRequest, ReadRequest } from '../../../../../src/drivers/modbus/pdu/request.ts';
import { readAnswer } from '../../../../support/modbus/frames.ts';

const read = (offset: number, quantity = 1, code: 1 | 2 | 3 | 4 = 3): ReadRequest => ({
  function: code,
  offset,
  quantity,
});
const answerTo = (asked: ReadRequest, unit = 1): Frame => readAnswer(unit, asked, Uint8Array.of(0, 7));
const exceptionTo = ({ function: code }: ModbusRequest, unit = 1): Frame => ({
  id: 0,
  unit,
  pdu: Uint8Array.of(code | 0x80, 2),
});

describe('LateAnswers', () => {
  it('knows nothing late where nothing was given up', () => {
    const late = new LateAnswers();
    expect(late.isLate(answerTo(read(0)), read(0), false)).toBe(false);
    expect(late.isLate(answerTo(read(0)), undefined, false)).toBe(false);
    expect(late.askBefore(1, read(0))).toBeUndefined();
  });

  it('takes an answer of the same form for the earlier request, and asks something else before the next', () => {
    const late = new LateAnswers();
    late.gaveUp(1, read(0));
    expect(late.askBefore(1, read(10))).toEqual(read(10, 1, 4));
    expect(late.askBefore(2, read(10))).toBeUndefined();
    expect(late.askBefore(1, read(10, 2))).toBeUndefined();
    expect(late.isLate(answerTo(read(0)), read(10, 1, 4), false)).toBe(true);
    expect(late.askBefore(1, read(10))).toBeUndefined();
  });

  it('knows by an answer to something else that the earlier one will not come', () => {
    const late = new LateAnswers();
    late.gaveUp(1, read(0));
    expect(late.isLate(exceptionTo(read(10, 1, 4)), read(10, 1, 4), false)).toBe(false);
    expect(late.askBefore(1, read(10))).toBeUndefined();
  });

  it('takes an exception to the same function for the earlier request', () => {
    const late = new LateAnswers();
    late.gaveUp(1, read(0));
    expect(late.isLate(exceptionTo(read(0)), read(5, 2), false)).toBe(true);
    expect(late.isLate(exceptionTo(read(0)), read(5, 2), false)).toBe(false);
  });

  it('is content with any answer where only that counts, and knows that another may come', () => {
    const late = new LateAnswers();
    late.gaveUp(1, read(0));
    expect(late.isLate(answerTo(read(0)), read(0), true)).toBe(false);
    expect(late.askBefore(1, read(0))).toBeDefined();
  });

  it('asks by functions that the unit has answered, since some are silent for others', () => {
    const late = new LateAnswers();
    late.isLate(answerTo(read(0, 3)), read(0, 3), false);
    late.gaveUp(1, read(0, 3));
    expect(late.askBefore(1, read(0, 3))).toEqual(read(0, 1, 3));
    late.gaveUp(1, read(7));
    expect(late.askBefore(1, read(7))).toEqual(read(7, 9, 3));
    late.isLate(answerTo(read(0, 1, 2)), read(0, 1, 2), false);
    late.gaveUp(1, read(7));
    expect(late.askBefore(1, read(7))).toEqual(read(7, 1, 2));
  });

  it('asks what no unit owes, of another length where all four reads are owed', () => {
    const late = new LateAnswers();
    for (const code of [4, 3, 2] as const) late.gaveUp(1, read(0, 1, code));
    expect(late.askBefore(1, read(0))).toEqual(read(0, 1, 1));
    late.gaveUp(1, read(0, 1, 1));
    expect(late.askBefore(1, read(65_535))).toEqual(read(65_527, 9, 4));
  });

  it('never lets a late answer through, whatever is lost, late or refused, of a unit that answers in order', () => {
    // Each step: how much later than the patience the answer comes (0: in time), or that it is lost, or an exception.
    const step = fc.record({
      offset: fc.nat(3),
      quantity: fc.integer({ min: 1, max: 2 }),
      fate: fc.constantFrom('in time', 'in time', 'late', 'very late', 'lost', 'refused'),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.subarray<1 | 2 | 3 | 4>([1, 2, 3, 4]), (steps, knows) => {
        const late = new LateAnswers();
        for (const code of knows) late.isLate(answerTo(read(0, 1, code)), undefined, false);
        /** What the unit has still to answer, in order; `at`: the step before which it comes at the latest. */
        let coming: { readonly frame: Frame; readonly request: ReadRequest; readonly at: number }[] = [];
        let now = 0;
        const ask = (request: ReadRequest, fate: string): Frame | undefined => {
          now += 1;
          const frame = fate === 'refused' ? exceptionTo(request) : { ...answerTo(request), id: now };
          const before = coming.at(-1)?.at ?? 0;
          const delay = fate === 'late' ? 1 : fate === 'very late' ? 3 : 0;
          if (fate !== 'lost') coming.push({ frame, request, at: Math.max(before, now + delay) });
          for (let next = coming[0]; next !== undefined && next.at <= now; next = coming[0]) {
            coming = coming.slice(1);
            if (late.isLate(next.frame, request, false)) continue;
            if (next.request !== request && next.frame.pdu[0] === request.function) {
              throw new Error('the answer to another request was taken');
            }
            if (next.request === request) return next.frame;
          }
          late.gaveUp(1, request);
          return undefined;
        };
        for (const { offset, quantity, fate } of steps) {
          const request = read(offset, quantity);
          const first = late.askBefore(1, request);
          if (first !== undefined && ask(first, fate === 'lost' ? 'lost' : 'in time') === undefined) {
            // Not answered: the next step asks again.
            continue;
          }
          if (late.askBefore(1, request) === undefined) ask(request, fate);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
