import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readManifests } from '../../../../src/import/octopus/kubernetes-yaml.ts';

const one = (text: string): unknown => readManifests(text).documents[0];

describe('YAML as Kubernetes reads it', () => {
  it.each<[string, unknown]>([
    ['on', true],
    ['OFF', false],
    ['y', true],
    ['NO', false],
    ['0123', 83],
    ['010', 8],
    ['08', 8],
    ['0o17', 15],
    ['1_000', 1000],
    ['0x1F', 31],
    ['0b11', 3],
    ['-7', -7],
    ['1e3', 1000],
    ['.5', 0.5],
    ['12:30:00', '12:30:00'],
    ['2026-01-31', '2026-01-31'],
    ['"on"', 'on'],
    ["'010'", '010'],
    ['~', null],
  ])('%s is %j', (text, expected) => {
    expect(one(`a: ${text}`)).toEqual({ a: expected });
  });

  it('keeps all digits', () => {
    expect(one('a: 9007199254740993')).toEqual({ a: 9007199254740993n });
    expect(one('a: 18446744073709551615')).toEqual({ a: 18446744073709551615n });
  });

  it('says what YAML 1.2 reads otherwise', () => {
    const { ambiguous } = readManifests('offset: 010\non: yes\nport: 502\nname: "no"\nfactor: 0.1\nhex: 0x10');
    expect([...ambiguous]).toEqual([
      ['010', 8],
      ['on', true],
      ['yes', true],
    ]);
  });

  it('reads several documents, JSON, anchors and merge keys', () => {
    expect(readManifests('a: 1\n---\n{"b": [true, null]}\n').documents).toEqual([{ a: 1 }, { b: [true, null] }]);
    expect(one('base: &x {q: 1}\nuse:\n  <<: *x\n  r: 2')).toEqual({ base: { q: 1 }, use: { q: 1, r: 2 } });
  });

  it('bounds what aliases make, and depth', () => {
    const lines = ['a: &a [x,x,x,x,x,x,x,x,x,x]'];
    for (let level = 1; level < 7; level += 1) {
      const before = String.fromCharCode(96 + level);
      const name = String.fromCharCode(97 + level);
      lines.push(`${name}: &${name} [${Array.from({ length: 10 }, () => `*${before}`).join(',')}]`);
    }
    expect(() => readManifests(lines.join('\n'))).toThrow('aliases followed');
    expect(() => readManifests('['.repeat(150) + ']'.repeat(150))).toThrow(/nest/);
  });

  it('names the line of what is no YAML', () => {
    expect(() => readManifests('a: 1\nb: [1,\nc: 2')).toThrow(/^line \d: no YAML/);
  });

  it('answers or throws a DeviceError for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('ab:-[]{}&*!|>%@"\'#, \n\t0.~<')) }), (text) => {
        try {
          readManifests(text);
        } catch (error) {
          expect(error).toMatchObject({ name: 'DeviceError' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});
