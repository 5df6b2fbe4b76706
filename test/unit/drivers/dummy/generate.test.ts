import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldReader } from '../../../../src/base/fields/fields';
import { coerce, integerRange, isIntegerType, VALUE_TYPES, type ValueType } from '../../../../src/base/values/index';
import { generateValue, type GenerateContext } from '../../../../src/drivers/dummy/generate';
import { type DummyProperty, parseDummyProperty } from '../../../../src/drivers/dummy/property';
import { readSignal, SIGNAL_SHAPES, signalLevel } from '../../../../src/drivers/dummy/signal';

function propertyOf(raw: object): DummyProperty {
  const parsed = parseDummyProperty({ name: 'p', ...raw }, 'p');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

function contextOf(random: () => number, now = 0): GenerateContext {
  const memory = new Map<string, unknown>();
  return { now, random, recall: (path) => memory.get(path), keep: (path, value) => memory.set(path, value) };
}

const generate = (raw: object, random = 0.5, now = 0): unknown =>
  generateValue(
    propertyOf(raw),
    'p',
    contextOf(() => random, now),
  );

describe('random values', () => {
  it.each<[ValueType, unknown, unknown]>([
    ['int', 0, 999],
    ['int8', 0, 127],
    ['uint64', 0n, 999n],
    ['float', 0, 0.999999],
    ['boolean', false, true],
    ['string', 'aaaaaaaaaa', 'ZZZZZZZZZZ'],
    ['hexString', '0000000000000000', 'ffffffffffffffff'],
  ])('%s goes from %o to %o, as in Octopus', (type, least, most) => {
    expect(generate({ type }, 0)).toEqual(least);
    expect(generate({ type }, 0.999999)).toEqual(most);
  });

  it('booleans are true half the time (in Octopus they always were)', () => {
    expect(generate({ type: 'boolean' }, 0.49)).toBe(false);
    expect(generate({ type: 'boolean' }, 0.51)).toBe(true);
  });

  it('arrays have 0 to 9 items of their definition, objects all their members, also nested', () => {
    const friends = { type: 'array', arrayProperties: { type: 'object', objectProperties: { age: { type: 'int' } } } };
    expect(generate(friends, 0)).toEqual([]);
    expect(generate(friends, 0.3)).toEqual([{ age: 300 }, { age: 300 }, { age: 300 }]);
    expect(generate(friends, 0.999)).toHaveLength(9);
    expect(generate({ type: 'array' })).toEqual([]);
    expect(generate({ type: 'object' })).toEqual({});
  });

  it('min and max are both reached, and both kept', () => {
    const signal = { shape: 'random', min: -2, max: 2 };
    expect(generate({ type: 'int', signal }, 0)).toBe(-2);
    expect(generate({ type: 'int', signal }, 0.999999)).toBe(2);
    expect(generate({ type: 'double', signal }, 0.25)).toBe(-1);
  });

  it('every value of every type is one that the type accepts, whatever the signal', () => {
    const signals = fc.record(
      {
        shape: fc.constantFrom(...SIGNAL_SHAPES),
        min: fc.integer({ min: -1_000_000, max: 0 }),
        max: fc.integer({ min: 0, max: 1_000_000 }),
      },
      { requiredKeys: [] },
    );
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.constantFrom(...VALUE_TYPES), signals, chance, fc.nat(), (type, signal, random, now) => {
        const value = generate({ type, signal }, random, now);
        expect(coerce(type, value)).toEqual({ ok: true, value });
        if (!isIntegerType(type)) return;
        const { min, max } = integerRange(type);
        expect((value as number) >= min && (value as number) <= max).toBe(true);
      }),
    );
  });
});

describe('frozen values', () => {
  it('readOnly: true is generated once, also inside an object; ReadOnly alone moves', () => {
    let count = 0;
    const context = contextOf(() => (count++ % 10) / 10);
    const frozen = propertyOf({ type: 'int', readOnly: true });
    const nested = propertyOf({ type: 'object', objectProperties: { id: { type: 'int', readOnly: true } } });
    const moving = propertyOf({ type: 'int', accessMode: 'ReadOnly' });
    expect(frozen.frozen).toBe(true);
    expect(generateValue(frozen, 'f', context)).toBe(generateValue(frozen, 'f', context));
    expect(generateValue(nested, 'n', context)).toEqual(generateValue(nested, 'n', context));
    expect(generateValue(moving, 'm', context)).not.toBe(generateValue(moving, 'm', context));
  });

  it('a constant is its value, or without one a random value drawn once', () => {
    expect(generate({ type: 'int64', signal: { shape: 'constant', value: '9007199254740993' } })).toBe(
      9007199254740993n,
    );
    expect(generate({ type: 'string', signal: { shape: 'constant', value: 'ready' } })).toBe('ready');
    let count = 0;
    const context = contextOf(() => (count++ % 10) / 10);
    const drawn = propertyOf({ type: 'int', signal: { shape: 'constant' } });
    expect(generateValue(drawn, 'd', context)).toBe(generateValue(drawn, 'd', context));
  });
});

describe('signals', () => {
  it.each([
    ['sine', [0.5, 1, 0.5, 0]],
    ['ramp', [0, 0.25, 0.5, 0.75]],
    ['step', [0, 0, 1, 1]],
  ] as const)('%s at the quarters of its period', (shape, levels) => {
    const signal = readSignal(new FieldReader({ shape, period: '8s' }));
    const quarters = [0, 2000, 4000, 6000].map((now) => signalLevel(signal, 80_000 + now, () => NaN));
    quarters.forEach((level, index) => expect(level).toBeCloseTo(levels[index]!, 12));
  });

  it('waves go from 0 to 100 unless told otherwise; integers are rounded, booleans are the upper half', () => {
    expect(generate({ type: 'float', signal: { shape: 'ramp', period: '10s' } }, 0, 2500)).toBe(25);
    expect(generate({ type: 'int', signal: { shape: 'ramp', period: '10s' } }, 0, 2560)).toBe(26);
    expect(generate({ type: 'float', signal: { shape: 'sine', period: '4s', min: 20, max: 22 } }, 0, 1000)).toBe(22);
    expect(generate({ type: 'boolean', signal: { shape: 'step', period: '10s' } }, 0, 6000)).toBe(true);
  });

  it("a property takes from the node's signal what it does not say itself", () => {
    const nodeSignal = readSignal(new FieldReader({ shape: 'sine', period: '4s', min: 5 }));
    const parsed = parseDummyProperty({ name: 'p', type: 'int', signal: { max: 50 } }, 'p', nodeSignal);
    expect(parsed).toMatchObject({ value: { signal: { shape: 'sine', periodMs: 4000, min: 5, max: 50 } } });
  });
});
