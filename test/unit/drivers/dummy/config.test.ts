import { describe, expect, it } from 'vitest';
import { describeProblems } from '../../../../src/base/fields/fields';
import { dummyKind } from '../../../../src/drivers/dummy/index';

const problemsOf = (raw: Record<string, unknown>): string[] => {
  const parsed = dummyKind.parse(raw, {});
  return parsed.ok ? [] : parsed.problems.map((problem) => describeProblems([problem]));
};

describe('the flow properties of a dummy device', () => {
  it('has defaults for everything: a fan that runs slowly, without faults', () => {
    expect(dummyKind.parse({}, {})).toMatchObject({
      ok: true,
      value: {
        kind: 'special',
        on: true,
        gear: 'slow',
        syncIntervalMs: 15_000,
        timeoutMs: 10_000,
        faults: { connect: 0, read: 0, write: 0, delayMs: 0 },
        properties: [{ name: 'on' }, { name: 'gear' }, { name: 'rotatingSpeed' }],
      },
    });
  });

  it('takes what the dialog stores', () => {
    const raw = {
      kind: 'special',
      protocol: { location: '', ip: '' },
      on: 'false',
      gear: 'fast',
      faults: { connect: '0.5', read: 0, write: 1, delay: '20ms', drop: '' },
      signal: { shape: 'random' },
      properties: [],
    };
    const parsed = dummyKind.parse(raw, {});
    expect(parsed).toMatchObject({
      ok: true,
      value: { on: false, gear: 'fast', faults: { connect: 0.5, read: 0, write: 1, delayMs: 20 } },
    });
    expect(parsed).not.toHaveProperty('value.faults.dropMs');
  });

  it('names every bad field of the node', () => {
    expect(
      problemsOf({
        kind: 'robot',
        protocol: { location: {}, ip: [] },
        on: 'maybe',
        gear: 'turbo',
        faults: { connect: 2, read: -1, write: 'often', delay: '5', drop: '0s' },
        signal: { shape: 'square', period: '0s', min: 5, max: 1 },
        parameters: { syncInterval: 'abc' },
      }),
    ).toEqual([
      'parameters.syncInterval: must be a duration such as "250ms", "15s" or "1h30m", got "abc"',
      'kind: must be one of special, protocol, got "robot"',
      'protocol.location: must be text, got {}',
      'protocol.ip: must be text, got []',
      'signal.max: must not be less than min (5), got 1',
      'signal.shape: must be one of random, sine, ramp, step, constant, got "square"',
      'signal.period: must be at least 1ms, got "0s"',
      'faults.connect: must be from 0 (never) to 1 (always), got 2',
      'faults.read: must be from 0 (never) to 1 (always), got -1',
      'faults.write: must be a number, got "often"',
      'faults.delay: needs a unit, such as "5s", got "5"',
      'faults.drop: must be at least 1ms, got "0s"',
      'on: must be true or false, got "maybe"',
      'gear: must be one of slow, middle, fast, got "turbo"',
    ]);
  });

  it('names every bad field of the properties, however deep', () => {
    const properties = [
      { name: 'a', type: 'array', arrayProperties: { type: 'object', objectProperties: { x: { type: 'intt' } } } },
      { name: 'a', type: 'int', signal: { shape: 'constant', value: 'many' } },
      { name: 'o', type: 'object', objectProperties: [] },
      { name: 'f', type: 'float', arrayProperties: 'ignored', signal: { min: 'low' } },
    ];
    expect(problemsOf({ kind: 'protocol', properties })).toEqual([
      expect.stringMatching(
        /^properties\[0\]\.arrayProperties\.objectProperties\.x\.type: must be one of .*, got "intt"$/,
      ),
      'properties[1].signal.value: must be a whole number (int), got "many"',
      'properties[1].name: "a" is already the name of properties[0]',
      'properties[2].objectProperties: must be an object, got []',
      'properties[3].signal.min: must be a number, got "low"',
    ]);
  });

  it('refuses nesting without end, also of an object that contains itself', () => {
    const ring: Record<string, unknown> = { name: 'ring', type: 'array' };
    ring['arrayProperties'] = ring;
    expect(problemsOf({ kind: 'protocol', properties: [ring] })).toEqual([
      `properties[0]${'.arrayProperties'.repeat(5)}: must not be nested deeper than 5 levels`,
    ]);
  });

  it('accepts the map and the names of Octopus manifests', () => {
    const properties = {
      name: { type: 'string', readOnly: true },
      gender: { type: 'object', objectProps: { code: { type: 'int' } } },
      friends: { type: 'array', arrayProps: { type: 'string' } },
    };
    expect(dummyKind.parse({ kind: 'protocol', properties }, {})).toMatchObject({
      ok: true,
      value: {
        properties: [
          { name: 'name', frozen: true, accessMode: 'ReadOnly' },
          { name: 'gender', objectProperties: { code: { type: 'int' } } },
          { name: 'friends', arrayProperties: { type: 'string' } },
        ],
      },
    });
  });

  it('parses ad-hoc properties: any for the robot, its own three for the fan', () => {
    const fan = dummyKind.parse({ kind: 'special' }, {});
    const robot = dummyKind.parse({ kind: 'protocol' }, {});
    if (!fan.ok || !robot.ok) throw new Error('the configurations are right');
    const raw = { name: 'extra', type: 'int' };
    expect(dummyKind.parseProperty(raw, 'properties[0]', robot.value)).toMatchObject({ ok: true });
    expect(dummyKind.parseProperty({ name: 'gear' }, 'properties[0]', fan.value)).toMatchObject({ ok: true });
    expect(dummyKind.parseProperty(raw, 'properties[0]', fan.value)).toEqual({
      ok: false,
      problems: [{ field: 'properties[0].name', message: 'must be one of on, gear, rotatingSpeed, got "extra"' }],
    });
  });
});
