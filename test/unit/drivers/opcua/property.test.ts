import { describe, expect, it } from 'vitest';
import { parseOpcUaProperty } from '../../../../src/drivers/opcua/config/property.ts';

const parse = (visitor: object, rest: object = {}) =>
  parseOpcUaProperty({ name: 'p', visitor: { nodeID: 'ns=1;s=x', ...visitor }, ...rest }, 'properties[2]');
const problemsOf = (visitor: object, rest: object = {}) => {
  const parsed = parse(visitor, rest);
  return parsed.ok ? [] : parsed.problems;
};

describe('OPC UA property', () => {
  it('reads the row of the contract', () => {
    const row = {
      name: 'answer',
      type: 'int32',
      visitor: { nodeID: 'ns=1;s=the.answer', browseName: '', browsePath: '', samplingInterval: '1s', indexRange: '' },
    };
    expect(parseOpcUaProperty(row, 'properties[0]')).toEqual({
      ok: true,
      value: {
        name: 'answer',
        type: 'int32',
        accessMode: 'ReadWrite',
        visitor: {
          nodeID: { namespace: { index: 1 }, identifier: { kind: 's', value: 'the.answer' } },
          attribute: 'Value',
          samplingIntervalMs: 1000,
          queueSize: 1,
        },
      },
    });
  });

  it('needs no type, and reads the rest of the visitor', () => {
    const parsed = parse({ browsePath: '/Objects', indexRange: '0:1, 2:3', queueSize: '5', deadband: '2.5 %' });
    expect(parsed).toMatchObject({
      ok: true,
      value: {
        visitor: {
          browsePath: [{ name: 'Objects' }],
          indexRange: '0:1,2:3',
          queueSize: 5,
          deadband: { kind: 'percent', value: 2.5 },
        },
      },
    });
    expect(parsed.ok && 'type' in parsed.value).toBe(false);
    expect(parse({ deadband: 0.5 })).toMatchObject({
      ok: true,
      value: { visitor: { deadband: { kind: 'absolute', value: 0.5 } } },
    });
  });

  it('takes the specification`s byteString as text', () => {
    expect(parse({}, { dataType: 'byteString' })).toMatchObject({ ok: true, value: { type: 'string' } });
  });

  it('reads attributes other than Value only', () => {
    expect(parse({ attribute: 'DisplayName' })).toMatchObject({ ok: true, value: { accessMode: 'ReadOnly' } });
    expect(problemsOf({ attribute: 'NodeClass' }, { accessMode: 'ReadWrite' })).toEqual([
      { field: 'properties[2].accessMode', message: expect.stringMatching(/NodeClass can never be written/) },
    ]);
  });

  it.each([
    ['nodeID', { nodeID: '' }, /is required/],
    ['nodeID', { nodeID: 'x' }, /must be a NodeId/],
    ['browsePath', { browsePath: '//' }, /must have a name/],
    ['attribute', { attribute: 'Colour' }, /must be one of Value, NodeId/],
    ['indexRange', { indexRange: '5:2' }, /from 0, rising/],
    ['indexRange', { indexRange: '1-2' }, /must be such as/],
    ['samplingInterval', { samplingInterval: '5' }, /needs a unit/],
    ['queueSize', { queueSize: 0 }, /from 1 to 10000/],
    ['deadband', { deadband: '101%' }, /up to 100 percent/],
    ['deadband', { deadband: '-1' }, /must be a number/],
    ['deadband', { deadband: '1', attribute: 'DisplayName' }, /Value only/],
  ])('names visitor.%s in %j', (field, visitor, message) => {
    expect(problemsOf(visitor)).toEqual([
      { field: `properties[2].visitor.${field}`, message: expect.stringMatching(message) },
    ]);
  });

  it('names a dead-band on something that is no number', () => {
    expect(problemsOf({ deadband: '1' }, { type: 'string' })).toHaveLength(1);
  });
});
