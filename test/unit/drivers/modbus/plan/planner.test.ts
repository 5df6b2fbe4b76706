import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  endOf,
  isSplittable,
  planReads,
  splitBlock,
  type ReadBlock,
} from '../../../../../src/drivers/modbus/plan/planner.ts';
import type { ModbusProperty } from '../../../../../src/drivers/modbus/config/property.ts';
import { RefusedRanges } from '../../../../../src/drivers/modbus/plan/refused-ranges.ts';
import { ADDRESS_COUNT, REGISTER_KINDS, REGISTERS } from '../../../../../src/drivers/modbus/pdu/registers.ts';
import { property } from '../../../../support/modbus/modbus-device.ts';

const shape = (blocks: readonly ReadBlock[]): string[] =>
  blocks.map(({ register, offset, quantity }) => `${register} ${offset}+${quantity}`);

/** Any properties, close together so that they meet, overlap and touch the end of the table. */
const anyProperties = fc
  .array(
    fc.record({
      register: fc.constantFrom(...REGISTER_KINDS),
      base: fc.constantFrom(0, 1000, ADDRESS_COUNT - 400),
      near: fc.nat(399),
      quantity: fc.integer({ min: 1, max: 130 }),
    }),
    { maxLength: 60 },
  )
  .map((rows) =>
    rows.map(({ register, base, near, quantity }, index): ModbusProperty => {
      const offset = base + near;
      const fitting = Math.min(quantity, REGISTERS[register].maxRead, ADDRESS_COUNT - offset);
      const visitor = { register, offset, quantity: fitting, endianness: 'BigEndian' as const };
      return { name: `p${index}`, type: 'hexString', accessMode: 'ReadOnly', visitor };
    }),
  );

describe('planReads', () => {
  it('reads every tenth of 1000 registers in eight requests', () => {
    const properties = Array.from({ length: 100 }, (_, index) => property(`p${index}`, index * 10));
    expect(planReads(properties, { maxGap: 32 })).toHaveLength(8);
  });

  it('keeps tables apart and bridges gaps up to the limit only', () => {
    const properties = [
      property('a', 0),
      property('b', 11),
      property('c', 23),
      property('d', 0, { register: 'InputRegister' }),
    ];
    expect(shape(planReads(properties, { maxGap: 10 }))).toEqual([
      'InputRegister 0+1',
      'HoldingRegister 0+12',
      'HoldingRegister 23+1',
    ]);
  });

  it('bridges 16 times as many bits', () => {
    const coil = (name: string, offset: number): ModbusProperty =>
      property(name, offset, { type: 'boolean', register: 'CoilRegister' });
    expect(shape(planReads([coil('a', 0), coil('b', 17), coil('c', 35)], { maxGap: 1 }))).toEqual([
      'CoilRegister 0+18',
      'CoilRegister 35+1',
    ]);
  });

  it('covers each property once, within the limits of a request, and bridges no gap above the rule', () => {
    fc.assert(
      fc.property(anyProperties, fc.nat(124), (properties, maxGap) => {
        const blocks = planReads(properties, { maxGap });
        expect(blocks.flatMap((block) => block.properties.map(({ name }) => name)).sort()).toEqual(
          properties.map(({ name }) => name).sort(),
        );
        expect(blocks.length).toBeLessThanOrEqual(properties.length);
        for (const block of blocks) {
          expect(block.quantity).toBeLessThanOrEqual(REGISTERS[block.register].maxRead);
          expect(block.offset + block.quantity).toBeLessThanOrEqual(ADDRESS_COUNT);
          expect(block.quantity).toBe(Math.max(...block.properties.map(endOf)) - block.offset);
          const used = new Set(
            block.properties.flatMap(({ visitor }) =>
              Array.from({ length: visitor.quantity }, (_, index) => visitor.offset + index),
            ),
          );
          let gap = 0;
          for (let at = block.offset; at < block.offset + block.quantity; at++) {
            gap = used.has(at) ? 0 : gap + 1;
            expect(gap).toBeLessThanOrEqual(REGISTERS[block.register].bits ? maxGap * 16 : maxGap);
          }
          for (const { visitor } of block.properties) {
            expect(visitor.register).toBe(block.register);
            expect(visitor.offset).toBeGreaterThanOrEqual(block.offset);
          }
        }
      }),
    );
  });

  it('uses no more requests than any other way of cutting the sorted properties', () => {
    const fewest = (spans: readonly [number, number][], maxGap: number): number => {
      const best = [0];
      for (let end = 1; end <= spans.length; end++) {
        let reach = 0;
        best[end] = Infinity;
        for (let start = end - 1; start >= 0; start--) {
          reach = Math.max(reach, spans[start]![1]);
          if (start + 1 < end && spans[start + 1]![0] - spans[start]![1] > maxGap) break;
          if (reach - spans[start]![0] <= 125) best[end] = Math.min(best[end]!, best[start]! + 1);
        }
      }
      return best[spans.length]!;
    };
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(600), { maxLength: 40 }), fc.nat(40), (offsets, maxGap) => {
        const sorted = [...offsets].sort((a, b) => a - b);
        const properties = sorted.map((offset) => property(`p${offset}`, offset));
        const spans = sorted.map((offset): [number, number] => [offset, offset + 1]);
        expect(planReads(properties, { maxGap }).length).toBe(fewest(spans, maxGap));
      }),
    );
  });

  it('keeps clear of what the device refused', () => {
    const properties = [property('a', 0), property('b', 5), property('c', 9), property('d', 12)];
    const refused = new RefusedRanges();
    refused.addProperty({ register: 'HoldingRegister', offset: 5, quantity: 1 });
    expect(shape(planReads(properties, { maxGap: 32 }, refused))).toEqual([
      'HoldingRegister 0+1',
      'HoldingRegister 5+1',
      'HoldingRegister 9+4',
    ]);
    refused.forgetProperty({ register: 'HoldingRegister', offset: 5, quantity: 1 });
    expect(planReads(properties, { maxGap: 32 }, refused)).toHaveLength(1);
  });

  it('reads several properties of the same addresses once, also where those are refused', () => {
    const bits = [0, 1, 2].map((bit) => property(`b${bit}`, 5, { type: 'boolean', bit }));
    const refused = new RefusedRanges();
    refused.addProperty({ register: 'HoldingRegister', offset: 5, quantity: 1 });
    const blocks = planReads([property('a', 4), ...bits, property('c', 6)], { maxGap: 32 }, refused);
    expect(shape(blocks)).toEqual(['HoldingRegister 4+1', 'HoldingRegister 5+1', 'HoldingRegister 6+1']);
  });
});

describe('splitBlock', () => {
  it('cuts at the widest gap near the middle', () => {
    const [block] = planReads(
      [0, 1, 2, 20, 21, 22, 23, 24].map((at) => property(`p${at}`, at)),
      { maxGap: 32 },
    );
    expect(shape(splitBlock(block!))).toEqual(['HoldingRegister 0+3', 'HoldingRegister 20+5']);
  });

  it('does not cut between properties of the same addresses where there is another place', () => {
    const bits = Array.from({ length: 16 }, (_, bit) => property(`b${bit}`, 5, { type: 'boolean', bit }));
    const [block] = planReads([...bits, property('next', 6)], { maxGap: 32 });
    expect(isSplittable(block!)).toBe(true);
    const halves = splitBlock(block!);
    expect(shape(halves)).toEqual(['HoldingRegister 5+1', 'HoldingRegister 6+1']);
    expect(halves.map((half) => isSplittable(half))).toEqual([false, false]);
  });

  it('gives two blocks, each with at least a quarter of the properties and together with all', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(124), { minLength: 2 }), (offsets) => {
        const [block] = planReads(
          offsets.map((at) => property(`p${at}`, at)),
          { maxGap: 124 },
        );
        const halves = splitBlock(block!);
        expect(halves.flatMap((half) => half.properties)).toEqual(block!.properties);
        for (const half of halves)
          expect(half.properties.length).toBeGreaterThanOrEqual(Math.floor(offsets.length / 4));
        for (const half of halves) expect(half.properties.length).toBeGreaterThan(0);
      }),
    );
  });
});
