import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldReader } from '../../../../src/base/fields/fields.ts';
import { moving, renamed } from '../../../../src/base/fields/migrations.ts';

/** Reads `name`, `client.server`, `client.store.type`, and `items[].offset`, which are all that is known. */
function warningsOf(raw: unknown): string[] {
  const reader = new FieldReader(raw);
  reader.string('name');
  const client = reader.object('client');
  client.string('server');
  client.object('store').oneOf('type', ['memory', 'file'], 'memory');
  reader.object('headers').keys();
  for (const item of reader.list('items')) reader.item(item).integer('offset', 0, 0, 9);
  return (reader.check(undefined).warnings ?? []).map(({ field, message }) => `${field}: ${message}`);
}

describe('a field that nobody asks for', () => {
  it.each<[object, string[]]>([
    [{ name: 'a', client: { server: 's', store: { type: 'memory' } }, items: [{ offset: 1 }] }, []],
    [{ nmae: 'a' }, ['nmae: not known here; did you mean name?']],
    [{ Name: 'a' }, ['Name: not known here; did you mean name?']],
    [{ client: { sever: 's' } }, ['client.sever: not known here; did you mean client.server?']],
    [{ server: 's' }, ['server: not known here; did you mean client.server?']],
    [{ client: { type: 'file' } }, ['client.type: not known here; did you mean client.store.type?']],
    [{ client: { store: { name: 'x' } } }, ['client.store.name: not known here; did you mean name?']],
    [{ items: [{}, { offst: 2 }] }, ['items[1].offst: not known here; did you mean items[1].offset?']],
    [{ colour: 'red' }, ['colour: not known here, so that it has no effect']],
    [{ headers: { Authorization: 'x', anything: { goes: 1 } } }, []],
    [{ nmae: '', colour: null, other: undefined }, []],
    [{ name: { first: 'a' } }, []],
  ])('%j: %j', (raw, warnings) => {
    expect(warningsOf(raw)).toEqual(warnings);
  });

  it('is told beside what is wrong, and is nothing wrong itself', () => {
    const reader = new FieldReader({ port: 'x', prot: 5 });
    reader.integer('port', 1, 1, 9);
    expect(reader.check(1)).toMatchObject({ ok: false, problems: [{ field: 'port' }], warnings: [{ field: 'prot' }] });
    expect(new FieldReader({ a: 1 }).check(1)).toMatchObject({ ok: true, value: 1, warnings: [{ field: 'a' }] });
  });

  it('is not one that is said to be known', () => {
    const reader = new FieldReader({ rtu: {}, udp: 1 });
    reader.knows('rtu', 'udp');
    expect(reader.check(1)).toEqual({ ok: true, value: 1 });
  });

  it('may be in a part that was checked by itself', () => {
    const part = new FieldReader({ a: 1, b: 2 }, 'part');
    part.integer('a', 0, 0, 9);
    const reader = new FieldReader({ part: {} });
    reader.given('part');
    expect(reader.take(part.check('value'), 'fallback')).toBe('value');
    expect(reader.check(1).warnings).toMatchObject([{ field: 'part.b' }]);
  });

  it('is named as it was given, as is what is wrong', () => {
    const reader = new FieldReader({ visitor: { steps: [{ kind: 'x', knd: 1 }] } }, 'properties[2]');
    reader.respell(moving('visitor.steps', 'steps'));
    reader.object('visitor');
    const [step] = reader.list('steps');
    const item = reader.item(step!);
    item.respell(renamed({ kind: 'type' }));
    item.oneOf('type', ['a'], 'a');
    expect(reader.check(1)).toMatchObject({
      problems: [{ field: 'properties[2].visitor.steps[0].kind' }],
      warnings: [{ field: 'properties[2].visitor.steps[0].knd' }],
    });
  });

  it('is found at any depth, and only it', () => {
    interface Shape {
      readonly [name: string]: Shape | 'leaf';
    }
    const name = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd'), minLength: 1, maxLength: 6 });
    const { shape } = fc.letrec<{ shape: Shape }>((tie) => ({
      shape: fc.dictionary(name, fc.oneof({ maxDepth: 4 }, fc.constant('leaf' as const), tie('shape')), { maxKeys: 4 }),
    }));
    const fill = (known: Shape): Record<string, unknown> =>
      Object.fromEntries(Object.entries(known).map(([key, inner]) => [key, inner === 'leaf' ? 1 : fill(inner)]));
    const read = (reader: FieldReader, known: Shape): void => {
      for (const [key, inner] of Object.entries(known)) {
        if (inner === 'leaf') reader.given(key);
        else read(reader.object(key), inner);
      }
    };
    const objectsOf = (raw: Record<string, unknown>, path = ''): [string, Record<string, unknown>][] => [
      [path, raw],
      ...Object.entries(raw).flatMap(([key, inner]) =>
        typeof inner === 'object'
          ? objectsOf(inner as Record<string, unknown>, path === '' ? key : `${path}.${key}`)
          : [],
      ),
    ];
    fc.assert(
      fc.property(shape, fc.nat(), fc.constantFrom('unknown', 'e', 'toString', '__proto__'), (known, where, key) => {
        const raw = fill(known);
        const objects = objectsOf(raw);
        const [path, place] = objects[where % objects.length]!;
        Object.defineProperty(place, key, { value: 1, enumerable: true });
        const reader = new FieldReader(raw);
        read(reader, known);
        expect(reader.check(1).warnings?.map(({ field }) => field)).toEqual([path === '' ? key : `${path}.${key}`]);
      }),
    );
  });

  it('is told twenty times at most, and what is more is counted', () => {
    const raw = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`unknown${index}`, 1]));
    const warnings = warningsOf(raw);
    expect(warnings).toHaveLength(21);
    expect(warnings.at(-1)).toBe('unknown20: not known here, and so are 79 more members');
    expect(warningsOf({ ['x'.repeat(500)]: 1 })[0]).toHaveLength(
      'x'.repeat(60).length + ': not known here, so that it has no effect'.length,
    );
  });
});
