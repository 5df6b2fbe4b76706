import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../../../src/base/errors.ts';
import { BlockReader, type ReadBytes } from '../../../../../src/drivers/modbus/plan/block-reader.ts';
import { ModbusExceptionError, NoAnswerError } from '../../../../../src/drivers/modbus/pdu/exceptions.ts';
import type { ModbusProperty } from '../../../../../src/drivers/modbus/config/property.ts';
import type { ReadRequest } from '../../../../../src/drivers/modbus/pdu/request.ts';
import { property } from '../../../../support/modbus/modbus-device.ts';

/** A unit whose registers hold their own offset, with holes and a limit. */
function unitWith({ holes = [], limit = 125 }: { holes?: readonly number[]; limit?: number }): {
  readBytes: ReadBytes;
  requests: ReadRequest[];
} {
  const requests: ReadRequest[] = [];
  const readBytes: ReadBytes = (request) => {
    requests.push(request);
    const { offset, quantity } = request;
    if (quantity > limit) return Promise.reject(new ModbusExceptionError(3, 'read'));
    if (holes.some((hole) => hole >= offset && hole < offset + quantity)) {
      return Promise.reject(new ModbusExceptionError(2, 'read'));
    }
    const bytes = Buffer.alloc(quantity * 2);
    for (let at = 0; at < quantity; at++) bytes.writeUInt16BE(offset + at, at * 2);
    return Promise.resolve(bytes);
  };
  return { readBytes, requests };
}

const at = (offsets: readonly number[]): ModbusProperty[] => offsets.map((offset) => property(`p${offset}`, offset));
const now = (): number => 1000;

describe('BlockReader', () => {
  it('isolates a missing register in few requests, once, and gives the others', async () => {
    const unit = unitWith({ holes: [70] });
    const reader = new BlockReader({ maxGap: 32 });
    const properties = at(Array.from({ length: 100 }, (_, index) => index));
    const readings = await reader.read(properties, unit.readBytes, now);
    expect(readings.filter(({ quality }) => quality === 'bad').map(({ name }) => name)).toEqual(['p70']);
    expect(readings[70]?.error).toMatchObject({ code: 'MODBUS_EXCEPTION_2' });
    expect(readings[71]).toMatchObject({ value: 71, quality: 'good', updatedAt: 1000 });
    expect(unit.requests.length).toBeLessThanOrEqual(2 * Math.ceil(Math.log2(100)) + 1);

    unit.requests.length = 0;
    await reader.read(properties, unit.readBytes, now);
    expect(unit.requests.map(({ offset, quantity }) => [offset, quantity])).toEqual([
      [0, 70],
      [70, 1],
      [71, 29],
    ]);
  });

  it('learns a hole between two properties that it bridged', async () => {
    const unit = unitWith({ holes: [15] });
    const reader = new BlockReader({ maxGap: 32 });
    const properties = at([0, 1, 10, 20, 21]);
    expect((await reader.read(properties, unit.readBytes, now)).map(({ value }) => value)).toEqual([0, 1, 10, 20, 21]);
    unit.requests.length = 0;
    expect((await reader.read(properties, unit.readBytes, now)).map(({ value }) => value)).toEqual([0, 1, 10, 20, 21]);
    expect(unit.requests).toHaveLength(2);
  });

  it('learns that a device gives less at once than the protocol allows', async () => {
    const unit = unitWith({ limit: 32 });
    const reader = new BlockReader({ maxGap: 32 });
    const properties = at(Array.from({ length: 120 }, (_, index) => index));
    expect((await reader.read(properties, unit.readBytes, now)).every(({ quality }) => quality === 'good')).toBe(true);
    await reader.read(properties, unit.readBytes, now); // the places between halves that were halved again
    unit.requests.length = 0;
    await reader.read(properties, unit.readBytes, now);
    expect(unit.requests.map(({ quantity }) => quantity)).toEqual([30, 30, 30, 30]);
  });

  it('takes a property back into the common request when the device has it again', async () => {
    const holes = [5];
    const unit = unitWith({ holes });
    const reader = new BlockReader({ maxGap: 32 });
    const properties = at([4, 5, 6, 7]);
    await reader.read(properties, unit.readBytes, now);
    holes.length = 0;
    await reader.read(properties, unit.readBytes, now);
    unit.requests.length = 0;
    await reader.read(properties, unit.readBytes, now);
    expect(unit.requests).toHaveLength(1);
  });

  it('gives every value that the device has, whatever is missing, and settles to a plan without refusals of good ones', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.nat(300), { minLength: 1, maxLength: 40 }),
        fc.uniqueArray(fc.nat(300), { maxLength: 30 }),
        fc.nat(40),
        async (offsets, holes, maxGap) => {
          const unit = unitWith({ holes });
          const reader = new BlockReader({ maxGap });
          const properties = at(offsets);
          const isGone = (offset: number): boolean => holes.includes(offset);
          for (let cycle = 0; cycle < 6; cycle++) {
            unit.requests.length = 0;
            const readings = await reader.read(properties, unit.readBytes, now);
            expect(readings.map(({ value }) => value)).toEqual(
              offsets.map((offset) => (isGone(offset) ? undefined : offset)),
            );
            expect(unit.requests.length).toBeLessThan(2 * properties.length);
          }
          expect(unit.requests.length).toBeLessThanOrEqual(properties.length);
        },
      ),
    );
  });

  it('gives every value that the device has, whatever is silent or fails, within the time of a read, and asks little later', async () => {
    const holesOf = fc.uniqueArray(fc.nat(300), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.nat(300), { minLength: 1, maxLength: 40 }),
        holesOf,
        holesOf,
        fc.nat(40),
        async (offsets, silent, failing, maxGap) => {
          let time = 1000;
          let requests = 0;
          const unit = unitWith({});
          const readBytes: ReadBytes = (request) => {
            requests++;
            const isIn = (offset: number): boolean =>
              offset >= request.offset && offset < request.offset + request.quantity;
            if (silent.some(isIn)) {
              time += 3000;
              return Promise.reject(new NoAnswerError('no answer'));
            }
            return failing.some(isIn) ? Promise.reject(new ModbusExceptionError(4, 'read')) : unit.readBytes(request);
          };
          const reader = new BlockReader({ maxGap });
          const properties = at(offsets);
          const isGone = (offset: number): boolean => silent.includes(offset) || failing.includes(offset);
          const sync = async (): Promise<(number | undefined)[]> => {
            const end = time + 9500;
            const chances = { isTimeLeft: () => time + 3000 <= end, isThere: () => Promise.resolve(true) };
            const readings = await reader.read(properties, readBytes, () => time, chances);
            time += 1000;
            return readings.map(({ value }) => value as number | undefined);
          };
          fc.pre(!offsets.every(isGone)); // where there is nothing else to ask for, something is asked for all the same
          const expected = offsets.map((offset) => (isGone(offset) ? undefined : offset));
          for (let count = 0; count < 40; count++) await sync();
          for (let count = 0; count < 200; count++) await sync(); // pauses have grown by now
          requests = 0;
          const before = time;
          for (let count = 0; count < 100; count++) expect(await sync()).toEqual(expected);
          expect(time - before).toBeLessThan(100_000 + 6 * 3000 * 8);
          expect(requests).toBeLessThan(100 * (properties.length + 1));
        },
      ),
      { numRuns: 20 },
    );
  });

  it.each([5, 6, 10, 11])('does not halve for exception %i, which halving cannot help', async (exception) => {
    const reader = new BlockReader({ maxGap: 32 });
    let requests = 0;
    const busy: ReadBytes = () => {
      requests++;
      return Promise.reject(new ModbusExceptionError(exception, 'read'));
    };
    const readings = await reader.read(at([0, 1, 2]), busy, now);
    expect(readings.map(({ error }) => error?.code)).toEqual(Array(3).fill(`MODBUS_EXCEPTION_${exception}`));
    expect(requests).toBe(1);
  });

  it('rejects when nothing at all answers, and not when something does', async () => {
    const reader = new BlockReader({ maxGap: 0 });
    const timeout = new DeviceError('TIMEOUT', 'no answer');
    await expect(reader.read(at([0, 10]), () => Promise.reject(timeout), now)).rejects.toBe(timeout);
    const readings = await reader.read(
      at([0, 10]),
      ({ offset }) => (offset === 0 ? Promise.reject(timeout) : Promise.resolve(Buffer.from([0, 7]))),
      now,
    );
    expect(readings).toMatchObject([{ quality: 'bad', error: timeout }, { value: 7 }]);
  });

  it('rejects when the link is lost', async () => {
    const lost = new DeviceError('LINK_LOST', 'gone');
    await expect(new BlockReader({ maxGap: 0 }).read(at([0]), () => Promise.reject(lost), now)).rejects.toBe(lost);
  });
});
