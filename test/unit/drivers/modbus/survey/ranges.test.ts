import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { DeviceError, ErrorCode } from '../../../../../src/base/errors';
import { ModbusExceptionError, NoAnswerError } from '../../../../../src/drivers/modbus/pdu/exceptions';
import type { AddressRange } from '../../../../../src/drivers/modbus/pdu/registers';
import { survey } from '../../../../../src/drivers/modbus/survey/ranges';

type Ranges = readonly { offset: number; quantity: number }[];

/** A device that has these ranges, and refuses what is not wholly in one of them. */
function device(ranges: Ranges) {
  const asked: AddressRange[] = [];
  let running = 0;
  const look = async (range: AddressRange): Promise<unknown> => {
    asked.push(range);
    running += 1;
    await Promise.resolve();
    expect(running).toBe(1);
    running -= 1;
    const isThere = ranges.some(
      ({ offset, quantity }) => range.offset >= offset && range.offset + range.quantity <= offset + quantity,
    );
    if (!isThere) throw new ModbusExceptionError(2, 'read');
    return [];
  };
  return { look, asked };
}

const always = () => Promise.resolve(true);
const HOLDING = { register: 'HoldingRegister' as const, from: 0, to: 999, next: always };

describe('a survey of a table', () => {
  it('finds the ranges that answer to the register, whatever they are', async () => {
    const ranges = fc
      .array(fc.tuple(fc.integer({ min: 20, max: 120 }), fc.integer({ min: 16, max: 180 })), { maxLength: 5 })
      .map((parts) => {
        let at = 0;
        return parts.map(([gap, quantity]) => {
          const range = { offset: at + gap, quantity };
          at += gap + quantity;
          return range;
        });
      });
    await fc.assert(
      fc.asyncProperty(ranges, async (present) => {
        const { look } = device(present);
        const { found, reached } = await survey(look, { ...HOLDING, to: 1999 });
        expect([found, reached]).toEqual([present, 2000]);
      }),
      { numRuns: 200 },
    );
  });

  it('needs few requests for a device that has all of it', async () => {
    const { look, asked } = device([{ offset: 0, quantity: 1000 }]);
    expect((await survey(look, HOLDING)).found).toEqual([{ offset: 0, quantity: 1000 }]);
    expect(asked).toHaveLength(10);
  });

  it('stops when its time is over, and goes on from there without losing anything', async () => {
    const present = [
      { offset: 130, quantity: 45 },
      { offset: 400, quantity: 16 },
    ];
    const { look } = device(present);
    const found: { offset: number; quantity: number }[] = [];
    let from = 0;
    let rounds = 0;
    while (from <= 999) {
      let left = 25;
      const part = await survey(look, { ...HOLDING, from, next: () => Promise.resolve(left-- > 0) });
      found.push(...part.found);
      expect(part.reached).toBeGreaterThan(from);
      from = part.reached;
      rounds += 1;
    }
    expect(rounds).toBeGreaterThan(3);
    const registers = found.flatMap(({ offset, quantity }) => Array.from({ length: quantity }, (_, at) => offset + at));
    const all = present.flatMap(({ offset, quantity }) => Array.from({ length: quantity }, (_, at) => offset + at));
    expect(registers).toEqual(all);
  });

  it('ends at once where the device does not have the table', async () => {
    let asked = 0;
    const look = () => {
      asked += 1;
      return Promise.reject(new ModbusExceptionError(1, 'read'));
    };
    expect(await survey(look, HOLDING)).toEqual({ found: [], reached: 1000, absent: 'unsupported' });
    expect(asked).toBe(1);
  });

  it('gives up on a table that says nothing', async () => {
    let asked = 0;
    const look = () => {
      asked += 1;
      return Promise.reject(new NoAnswerError('silence'));
    };
    expect(await survey(look, HOLDING)).toMatchObject({ found: [], absent: 'silent' });
    expect(asked).toBe(3);
  });

  it('rejects where the link is lost', async () => {
    const lost = new DeviceError(ErrorCode.LINK_LOST, 'gone');
    await expect(survey(() => Promise.reject(lost), HOLDING)).rejects.toBe(lost);
  });
});
