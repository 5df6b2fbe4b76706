import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  emptyObject,
  isWritablePath,
  parseDottedPath,
  readDottedPath,
  writeDottedPath,
  type DottedPath,
} from '../../../../src/drivers/mqtt/payload/dotted-path.ts';
import { compileValuePath, type ValuePath } from '../../../../src/drivers/mqtt/payload/value-path.ts';

const document = {
  switch: true,
  action: { gear: 'low', 'fav.movie': 'Up' },
  friends: [{ first: 'Dale', age: 44 }, { first: 'Roger' }, { age: 47, first: 'Jane' }],
  child0: 1,
  '0': 'zero',
};

function path(text: string): DottedPath {
  const parsed = parseDottedPath(text);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.path;
}

function valuePath(text: string): ValuePath {
  const compiled = compileValuePath(text);
  if (!compiled.ok) throw new Error(compiled.message);
  return compiled.path;
}

describe('dotted paths', () => {
  it.each([
    ['switch', true],
    ['action.gear', 'low'],
    ['action.fav\\.movie', 'Up'],
    ['friends.1.first', 'Roger'],
    ['friends.#', 3],
    ['friends.#.age', [44, 47]],
    ['fri*.0.first', 'Dale'],
    ['child?', 1],
    ['0', 'zero'],
    ['friends.01', undefined],
    ['friends.9', undefined],
    ['action.gear.x', undefined],
    ['toString', undefined],
    ['friends.length', undefined],
    ['swit\\*', undefined],
  ])('%s is %j', (text, expected) => {
    expect(readDottedPath(path(text), document)).toEqual(expected);
  });

  it.each(['', 'a..b', '.a', 'a.', '@this', 'friends.#(age>45)', 'a|b', '{a,b}', '[a]'])(
    'refuses %j in words',
    (text) => {
      const parsed = parseDottedPath(text);
      expect(parsed.ok).toBe(false);
      expect(parsed).toMatchObject({ message: expect.stringMatching(/empty part|JSONPath/) });
    },
  );

  const keys = fc.array(fc.string({ minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 });
  const escaped = (key: string): string => key.replace(/[^A-Za-z0-9]/gu, (character) => `\\${character}`);

  it('finds what it has written, whatever the keys, and touches nothing else', () => {
    fc.assert(
      fc.property(keys, fc.jsonValue(), (segments, value) => {
        const parsed = path(segments.map(escaped).join('.'));
        const target = emptyObject();
        const other = Object.assign(emptyObject(), { keep: { me: 1 } });
        expect(isWritablePath(parsed)).toBe(true);
        writeDottedPath(parsed, target, value);
        expect(readDottedPath(parsed, target)).toEqual(value);
        expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
        expect(Object.keys(target)).toHaveLength(1);
        expect(other).toEqual({ keep: { me: 1 } });
      }),
    );
  });

  it('makes lists for indexes, fills them with null, and bounds them', () => {
    const target = emptyObject();
    writeDottedPath(path('list.2.name'), target, 'x');
    expect(JSON.stringify(target)).toBe('{"list":[null,null,{"name":"x"}]}');
    expect(() => writeDottedPath(path('list.10000'), target, 1)).toThrow('no index');
    expect(() => writeDottedPath(path('list.name'), target, 1)).toThrow('no index');
    expect(() => writeDottedPath(path('list.#'), target, 1)).toThrow('no single place');
  });

  it('never reads or makes members of a prototype', () => {
    const target = emptyObject();
    writeDottedPath(path('__proto__.polluted'), target, true);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(readDottedPath(path('__proto__.polluted'), {})).toBeUndefined();
    expect(JSON.stringify(target)).toBe('{"__proto__":{"polluted":true}}');
  });
});

describe('JSONPath', () => {
  it.each([
    ['$.action.gear', 'low'],
    ["$['action']['fav.movie']", 'Up'],
    ['$.friends[0].first', 'Dale'],
    ['$.friends[-1].first', 'Jane'],
    ['$.friends[*].age', [44, 47]],
    ['$.friends[?@.age > 45].first', ['Jane']],
    ['$..gear', ['low']],
    ['$.nothing', undefined],
    ['$.friends[*].nothing', undefined],
  ])('%s is %j', (text, expected) => {
    expect(valuePath(text).read(document)).toEqual(expected);
  });

  it('is refused in words where it is none, and runs no code', () => {
    expect(compileValuePath('$.a[')).toMatchObject({ ok: false, message: expect.stringContaining('no JSONPath') });
    expect(compileValuePath('$.a[?(process.exit())]').ok).toBe(false);
  });

  it('can be written to where it has one place', () => {
    const target = emptyObject();
    valuePath("$.lamps[1]['on']").write?.(target, true);
    expect(JSON.stringify(target)).toBe('{"lamps":[null,{"on":true}]}');
    for (const text of ['$.a[*]', '$..a', '$.a[-1]', '$.a[0:2]', '$']) expect(valuePath(text).write).toBeUndefined();
  });
});
