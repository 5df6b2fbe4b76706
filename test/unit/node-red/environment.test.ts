import { describe, expect, it } from 'vitest';
import { replaceEnvironment } from '../../../src/node-red/common/environment.ts';

const lookup = (name: string): unknown =>
  ({ HOST: 'plc.local', PORT: '502', COUNT: 7, ON: true, LIST: { a: [1] }, EMPTY: '' })[name];

describe('replaceEnvironment', () => {
  it('replaces whole and embedded references at any depth', () => {
    const { value, problems } = replaceEnvironment(
      {
        protocol: { tcp: { endpoint: '${HOST}:${PORT}' } },
        properties: [{ visitor: { offset: '${PORT}' } }],
        name: '${EMPTY}',
      },
      lookup,
    );
    expect(value).toEqual({
      protocol: { tcp: { endpoint: 'plc.local:502' } },
      properties: [{ visitor: { offset: '502' } }],
      name: '',
    });
    expect(problems).toEqual([]);
  });

  it('keeps the type of a whole reference, and writes text where it is only a part', () => {
    const { value } = replaceEnvironment({ a: '${COUNT}', b: '${ON}', c: '${LIST}', part: 'x${COUNT}${LIST}' }, lookup);
    expect(value).toEqual({ a: 7, b: true, c: { a: [1] }, part: 'x7{"a":[1]}' });
  });

  it('names the field and the variable that is not set, and leaves the reference', () => {
    const { value, problems } = replaceEnvironment({ p: [{ q: 'tcp://${NOWHERE}:1' }], r: '${GONE}' }, lookup);
    expect(value).toEqual({ p: [{ q: 'tcp://${NOWHERE}:1' }], r: '${GONE}' });
    expect(problems).toEqual([
      { field: 'p[0].q', message: 'the environment variable NOWHERE is not set' },
      { field: 'r', message: 'the environment variable GONE is not set' },
    ]);
  });

  it('leaves out what Node-RED keeps in a definition, changes nothing in it, and keeps other values as they are', () => {
    const definition = { id: 'n1', type: 't', z: 'f', x: 1, y: 2, wires: [['a']], info: '${NOWHERE}', n: null, b: 1n };
    const before = structuredClone(definition);
    expect(replaceEnvironment(definition, lookup)).toEqual({ value: { n: null, b: 1n }, problems: [] });
    expect(definition).toEqual(before);
  });
});
