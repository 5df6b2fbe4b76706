import {
  AttributeIds,
  DataType,
  type StatusCode,
  StatusCodes,
  type UAVariable,
  Variant,
  VariantArrayType,
} from 'node-opcua';
import { afterAll, describe, expect, it } from 'vitest';
import type { OpcUaDriver } from '../../../src/drivers/opcua/driver.ts';
import { withoutAttributes } from '../../support/opcua/opcua-attributes.ts';
import { never, OpcUaTestBench, property } from '../../support/opcua/opcua-device.ts';
import { OpcUaTestServer } from '../../support/opcua/opcua-server.ts';

const REFUSALS = ['BadOutOfRange', 'BadTypeMismatch', 'BadNotWritable', 'BadUserAccessDenied', 'BadTimeout'] as const;

describe('OPC UA writes', () => {
  const bench = new OpcUaTestBench();
  /** In the order in which they reached the server. */
  const accepted: unknown[] = [];
  const server = new OpcUaTestServer({
    populate: (space) => {
      const add = (name: string, set: (value: Variant) => StatusCode): void => {
        space.getOwnNamespace().addVariable({
          browseName: name,
          nodeId: `s=${name}`,
          organizedBy: space.rootFolder.objects,
          dataType: 'Int32',
          value: { get: () => new Variant({ dataType: DataType.Int32, value: 0 }), set },
        });
      };
      for (const name of REFUSALS) add(name, () => StatusCodes[name]);
      add('clamped', () => StatusCodes.GoodClamped);
      add('log', ({ value }) => {
        accepted.push(value);
        return StatusCodes.Good;
      });
    },
  });
  let driver: OpcUaDriver;

  afterAll(() => bench.remove());
  bench.serve(server, (connected) => (driver = connected));

  it('are told one by one by the name of the status code, and none of them counts as a lost link', async () => {
    const names = [...REFUSALS, 'clamped', 'log'];
    const results = await driver.write(
      names.map((name) => ({ property: property(name, `ns=1;s=${name}`), value: 1 })),
      never(),
    );
    expect(results.map(({ name }) => name)).toEqual(names);
    expect(results.map(({ error }) => error?.code)).toEqual([
      ...REFUSALS.map((name) => `OPCUA_${name}`),
      undefined,
      undefined,
    ]);
    expect(results[0]?.error?.message).toContain('(BadOutOfRange)');
  });

  it('reach the server in the order given, also of the same node', async () => {
    accepted.length = 0;
    const log = property('log', 'ns=1;s=log');
    const values = [5, 3, 9, 3];
    const results = await driver.write(
      values.map((value) => ({ property: log, value })),
      never(),
    );
    expect(results.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(accepted).toEqual(values);
  });

  it('of nodes that are not there, and of values that do not fit, are told before anything is sent for them', async () => {
    accepted.length = 0;
    const results = await driver.write(
      [
        { property: property('absent', 'ns=1;s=absent'), value: 1 },
        { property: property('log', 'ns=1;s=log'), value: 2 ** 31 },
        { property: property('log', 'ns=1;s=log'), value: 'many' },
        { property: property('log', 'ns=1;s=log'), value: 8 },
      ],
      never(),
    );
    expect(results.map(({ error }) => error?.code)).toEqual([
      'OPCUA_BadNodeIdUnknown',
      'BAD_VALUE',
      'BAD_VALUE',
      undefined,
    ]);
    expect(accepted).toEqual([8]);
  });
});

describe('OPC UA writes at a server that does not tell whether a variable is an array', () => {
  const bench = new OpcUaTestBench();
  const variables = new Map<string, UAVariable>();
  const server = new OpcUaTestServer({
    populate: (space) => {
      const add = (name: string, value: object): void => {
        const variable = space.getOwnNamespace().addVariable({
          browseName: name,
          nodeId: `s=${name}`,
          organizedBy: space.rootFolder.objects,
          dataType: 'Int32',
          valueRank: -2,
          value: { dataType: DataType.Int32, ...value },
        });
        variables.set(name, withoutAttributes(variable, AttributeIds.ValueRank));
      };
      add('scalar', { value: 1 });
      add('list', { arrayType: VariantArrayType.Array, value: Int32Array.from([1, 2]) });
      add('matrix', { arrayType: VariantArrayType.Matrix, dimensions: [1, 2], value: Int32Array.from([1, 2]) });
    },
  });
  let driver: OpcUaDriver;
  const held = (name: string): unknown => {
    const { value, dimensions } = variables.get(name)!.readValue().value;
    return { value: typeof value === 'object' ? [...(value as Int32Array)] : value, dimensions };
  };
  const write = async (name: string, value: unknown) =>
    (await driver.write([{ property: property(name, `ns=1;s=${name}`), value }], never()))[0]?.error;

  afterAll(() => bench.remove());
  bench.serve(server, (connected) => (driver = connected));

  it.each([
    ['scalar', [1, 2], /must be a single Int32, got an array/],
    ['list', 5, /must be an array/],
    ['list', [[1, 2]], /must have 1 dimensions/],
    ['matrix', [1, 2], /must have 2 dimensions/],
  ])('of another shape than the one held are refused: %s = %j', async (name, value, message) => {
    const before = held(name);
    expect(await write(name, value)).toMatchObject({ code: 'BAD_VALUE', message: expect.stringMatching(message) });
    expect(held(name)).toEqual(before);
  });

  it('of the same shape arrive', async () => {
    expect(await write('scalar', 7)).toBeUndefined();
    expect(await write('list', [3, 4, 5])).toBeUndefined();
    expect(await write('matrix', [[3], [4]])).toBeUndefined();
    expect(held('scalar')).toMatchObject({ value: 7 });
    expect(held('list')).toMatchObject({ value: [3, 4, 5] });
    expect(held('matrix')).toEqual({ value: [3, 4], dimensions: [2, 1] });
  });
});
