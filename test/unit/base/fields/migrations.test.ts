import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Change,
  currentVersion,
  type Fields,
  inOrder,
  inside,
  migrate,
  type Migration,
  moving,
  renamed,
} from '../../../../src/base/fields/migrations.ts';
import { givenPath } from '../../../../src/base/fields/moves.ts';

const spelling = (change: Change, to = 1): Migration => ({ to, describe: 'names', spelling: true, migrate: change });
const numbered = (to: number): Migration => ({
  to,
  describe: `becomes ${to}`,
  migrate: (raw) => ({ ...raw, seen: [...((raw['seen'] as number[] | undefined) ?? []), to] }),
});
const configOf = (raw: Fields, change: Change): Fields => migrate(raw, [spelling(change)]).config;

describe('migrate', () => {
  it('takes a configuration without a version through all migrations, in order', () => {
    const migrations = [numbered(1), numbered(2), numbered(3)];
    const { config, version, applied, warnings } = migrate({ name: 'a' }, migrations);
    expect(config).toEqual({ name: 'a', seen: [1, 2, 3] });
    expect([version, applied, warnings]).toEqual([3, migrations, []]);
  });

  it.each([
    [1, [2, 3]],
    ['2', [3]],
    [0, [1, 2, 3]],
    ['', [1, 2, 3]],
    [null, [1, 2, 3]],
  ])('from version %j on only by those that lead further', (version, seen) => {
    const { config, warnings } = migrate({ version }, [numbered(1), numbered(2), numbered(3)]);
    expect([config['seen'], warnings]).toEqual([seen, []]);
  });

  it('respells at any version, and says what changed something', () => {
    const names = spelling(renamed({ older: 'name' }));
    expect(migrate({ version: 1, older: 5 }, [names])).toMatchObject({
      config: { version: 1, name: 5 },
      applied: [names],
    });
    const raw = { version: 1, name: 5 };
    const same = migrate(raw, [names]);
    expect(same.config).toBe(raw);
    expect(same.applied).toEqual([]);
  });

  it('names a version that it does not know, and keeps it', () => {
    const { config, version, warnings } = migrate({ version: 7, older: 5, what: 'else' }, [
      spelling(renamed({ older: 'name' })),
      numbered(2),
    ]);
    expect(config).toEqual({ version: 7, name: 5, what: 'else' });
    expect(version).toBe(7);
    expect(warnings).toEqual([
      { field: 'version', message: expect.stringMatching(/^is 7, .* only up to 2/) as string },
    ]);
  });

  it.each(['new', -1, 1.5, {}, true])('tells a version that is none: %j', (version) => {
    const migrated = migrate({ version }, [numbered(1)]);
    expect(migrated.warnings).toMatchObject([{ field: 'version' }]);
    expect(migrated).toMatchObject({ config: { version, seen: [1] }, version: 1 });
  });

  it('is at version 1 where there is no migration at all', () => {
    expect([currentVersion([]), migrate({}, []).version]).toEqual([1, 1]);
  });
});

describe('moving', () => {
  const toName = moving('older', 'name');

  it('keeps the place among the members', () => {
    expect(Object.keys(configOf({ a: 1, older: 2, z: 3 }, toName))).toEqual(['a', 'name', 'z']);
  });

  it.each([
    ['the present name counts where both are given', { older: 1, name: 2 }, { older: 1, name: 2 }],
    ['an empty present name gives way', { older: 1, name: '' }, { name: 1 }],
    ['an empty older one says nothing', { older: '', name: 2 }, { name: 2 }],
    ['false and 0 do', { older: false }, { name: false }],
  ])('%s', (_, raw, config) => {
    expect(configOf(raw, toName)).toEqual(config);
  });

  it('makes the objects on the way, but not out of something else', () => {
    const inward = moving('waitTimeout', 'message.wait.timeout');
    expect(configOf({ waitTimeout: '1s' }, inward)).toEqual({ message: { wait: { timeout: '1s' } } });
    const odd = { waitTimeout: '1s', message: 'none' };
    expect(configOf(odd, inward)).toBe(odd);
  });

  it('tells where a value was given, also after two moves and below it', () => {
    const change = inOrder(
      inside('rows[]', moving('visitor.steps', 'steps')),
      inside('rows[].steps[]', renamed({ kind: 'type' })),
      renamed({ rows: 'properties' }),
    );
    const { config, moves } = migrate({ rows: [{}, { visitor: { steps: [{ kind: 'Add' }] } }] }, [spelling(change)]);
    expect(config).toEqual({ properties: [{}, { visitor: {}, steps: [{ type: 'Add' }] }] });
    expect(givenPath(moves, 'properties[1].steps[0].type')).toBe('rows[1].visitor.steps[0].kind');
    expect(givenPath(moves, 'properties[1].steps[0].value')).toBe('rows[1].visitor.steps[0].value');
    expect(givenPath(moves, 'properties[0].name')).toBe('rows[0].name');
    expect(givenPath(moves, 'propertiesOf')).toBe('propertiesOf');
  });

  it('brings up a table of twenty thousand rows as fast, row by row, as one of ten', () => {
    const change = inOrder(
      inside('rows[]', inOrder(renamed({ dataType: 'type' }), moving('visitor.steps', 'steps'))),
      renamed({ rows: 'properties' }),
    );
    const rows = Array.from({ length: 20_000 }, () => ({ dataType: 'float', visitor: { steps: [1] } }));
    const { config, moves } = migrate({ rows }, [spelling(change)]);
    expect((config['properties'] as unknown[]).at(-1)).toEqual({ visitor: {}, steps: [1], type: 'float' });
    expect(givenPath(moves, 'properties[19999].type')).toBe('rows[19999].dataType');
    expect(givenPath(moves, 'properties[0].steps[0]')).toBe('rows[0].visitor.steps[0]');
  });

  it('whatever it is given: throws nothing, changes nothing twice, loses no value, and leaves what it was given', () => {
    const names = fc.constantFrom('a', 'b', 'c', 'a.b', '__proto__', 'constructor');
    const paths = fc
      .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 })
      .map((steps) => steps.join('.'));
    const leaf = fc.oneof(
      fc.integer().map((value) => ({ leaf: value })),
      fc.constantFrom('', null, undefined, 0, 'text'),
    );
    const { node } = fc.letrec((tie) => ({
      node: fc.oneof({ maxDepth: 4 }, leaf, fc.dictionary(names, tie('node')), fc.array(tie('node'), { maxLength: 3 })),
    }));
    fc.assert(
      fc.property(fc.dictionary(names, node), paths, paths, fc.boolean(), (raw, from, to, isInside) => {
        fc.pre(from !== to && !to.startsWith(`${from}.`) && !from.startsWith(`${to}.`));
        const before = structuredClone(raw);
        const change = isInside ? inside('a[]', moving(from, to)) : moving(from, to);
        const once = configOf(raw, change);
        expect(raw).toEqual(before);
        expect(configOf(once, change)).toBe(once);
        expect(leavesOf(once)).toEqual(leavesOf(raw));
      }),
    );
  });
});

/** All values that say something, however they are reached. */
function leavesOf(value: unknown): string[] {
  if (value === undefined || value === null || value === '') return [];
  if (typeof value !== 'object') return [JSON.stringify(value)];
  return Object.values(value).flatMap(leavesOf).sort();
}
