import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeProblems, FieldReader, show } from '../../../../src/base/fields/fields';

describe('FieldReader', () => {
  it('answers what is given, and the fallback for what is absent, null or empty', () => {
    const reader = new FieldReader({ a: 'x', b: null, c: '', n: '12', yes: 'true', no: false, d: '2s' });
    expect(reader.string('a')).toBe('x');
    expect(reader.string('b', 'usual')).toBe('usual');
    expect(reader.string('c', 'usual')).toBe('usual');
    expect(reader.integer('n', 0, 0, 20)).toBe(12);
    expect(reader.integer('missing', 7, 0, 20)).toBe(7);
    expect(reader.boolean('yes', false)).toBe(true);
    expect(reader.boolean('no', true)).toBe(false);
    expect(reader.duration('d', '1s')).toBe(2000);
    expect(reader.duration('missing', '1s')).toBe(1000);
    expect(reader.check('fine')).toEqual({ ok: true, value: 'fine' });
  });

  it('gathers every problem with its path, each once', () => {
    const reader = new FieldReader({
      n: 'many',
      far: 99,
      low: 0,
      flag: 'perhaps',
      mode: 'X',
      d: '5',
      nested: { s: {} },
      l: 3,
    });
    reader.integer('n', 1, 1, 10);
    reader.integer('far', 1, 1, 10);
    reader.integer('low', 1, 1, 10);
    reader.boolean('flag', false);
    reader.oneOf('mode', ['A', 'B'], 'A');
    reader.duration('d', '1s');
    reader.object('nested').string('s');
    reader.list('l');
    reader.object('far').string('any');
    expect(reader.problems).toEqual([
      { field: 'n', message: 'must be a whole number from 1 to 10, got "many"' },
      { field: 'far', message: 'must be a whole number from 1 to 10, got 99' },
      { field: 'low', message: 'must be a whole number from 1 to 10, got 0' },
      { field: 'flag', message: 'must be true or false, got "perhaps"' },
      { field: 'mode', message: 'must be one of A, B, got "X"' },
      { field: 'd', message: 'needs a unit, such as "5s", got "5"' },
      { field: 'nested.s', message: 'must be text, got {}' },
      { field: 'l', message: 'must be a list, got 3' },
      { field: 'far', message: 'must be an object, got 99' },
    ]);
    expect(reader.check(1)).toEqual({ ok: false, problems: reader.problems });
  });

  it('takes a fallback outside the range, which stands for "not set"', () => {
    const reader = new FieldReader({ bad: 'x' });
    expect(reader.integer('absent', -1, 0, 9)).toBe(-1);
    expect(reader.integer('bad', -1, 0, 9)).toBe(-1);
    expect(reader.problems).toHaveLength(1);
  });

  it('wants more than white space where text is required', () => {
    const reader = new FieldReader({ blank: '  ', wrong: {} });
    reader.requiredString('missing', 'a name');
    reader.requiredString('blank', 'a name');
    reader.requiredString('wrong', 'a name');
    expect(reader.problems.map(({ field, message }) => `${field} ${message}`)).toEqual([
      'missing is required: a name',
      'blank is required: a name',
      'wrong must be text, got {}',
    ]);
  });

  it('refuses durations that are too short', () => {
    const reader = new FieldReader({ interval: '0s' });
    expect(reader.duration('interval', '15s', 1)).toBe(15_000);
    expect(reader.problems).toEqual([{ field: 'interval', message: 'must be at least 1ms, got "0s"' }]);
  });

  it('names list items by their index', () => {
    const reader = new FieldReader({ items: ['a', 'b'] }, 'parent');
    expect(reader.list('items')).toEqual([
      { value: 'a', field: 'parent.items[0]' },
      { value: 'b', field: 'parent.items[1]' },
    ]);
  });

  it('does not take what every object inherits for a field', () => {
    expect(new FieldReader({}).given('constructor')).toBeUndefined();
  });

  it('reads anything without throwing', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (raw, value) => {
        for (const reader of [new FieldReader(raw), new FieldReader({ f: value })]) {
          reader.string('f');
          reader.number('f', 1);
          reader.boolean('f', true);
          reader.oneOf('f', ['a'], 'a');
          reader.duration('f', '1s');
          reader.list('f');
          reader.object('f').string('g');
          expect(describeProblems(reader.problems)).toBeTypeOf('string');
        }
      }),
    );
  });
});

describe('show', () => {
  it('shows numbers that JSON has not, bigints, cut text and objects that contain themselves', () => {
    const ring: { self?: unknown } = {};
    ring.self = ring;
    expect(show(NaN)).toBe('NaN');
    expect(show(5n)).toBe('5');
    expect(show({ deep: 5n })).toBe('{"deep":"5"}');
    expect(show(undefined)).toBe('nothing');
    expect(show('x'.repeat(100))).toHaveLength(60);
    expect(show(ring)).toBe('object');
  });
});
