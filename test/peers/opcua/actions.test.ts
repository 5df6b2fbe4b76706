import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BrowseAnswer } from '../../../src/drivers/opcua/actions/browse.ts';
import type { HistoryAnswer } from '../../../src/drivers/opcua/actions/history.ts';
import { actingDriver } from '../../support/opcua/opcua-driver.ts';
import { addMachine, historyTime, type OpcUaMachine } from '../../support/opcua/opcua-machine.ts';
import { OpcUaTestServer } from '../../support/opcua/opcua-server.ts';

let machine: OpcUaMachine;
const server = new OpcUaTestServer({
  operationLimits: { maxNodesPerBrowse: 10, maxNodesPerRead: 100 },
  populate: (addressSpace) => {
    machine = addMachine(addressSpace);
  },
});
let client: ReturnType<typeof actingDriver>;

beforeAll(async () => {
  await server.start();
  client = actingDriver(server.endpoint);
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await server.remove();
});

const act = <T = Record<string, unknown>>(action: string, payload?: unknown): Promise<T> =>
  client.act<T>(action, payload);
const refusal = async (action: string, payload?: unknown) => act(action, payload).catch((error: unknown) => error);
/** The whole text, or a part of it. */
const like = (text: string | RegExp): unknown => (typeof text === 'string' ? text : expect.stringMatching(text));

describe('browse', () => {
  const browse = (payload?: unknown): Promise<BrowseAnswer> => act('browse', payload);

  it('answers the children of the Objects folder, or of the node asked for', async () => {
    const objects = await browse();
    expect(objects).toMatchObject({ truncated: false, errors: [] });
    expect(objects.nodes.map(({ browseName }) => browseName)).toEqual(expect.arrayContaining(['Server', '1:Machine']));
    const { nodes } = await browse('ns=1;s=Machine');
    expect(nodes.find(({ browseName }) => browseName === '1:Temperature')).toEqual({
      nodeID: 'ns=1;s=Machine.Temperature',
      browseName: '1:Temperature',
      displayName: 'Temperature',
      nodeClass: 'Variable',
      referenceType: 'HasComponent',
      isForward: true,
      typeDefinition: 'i=63',
      parent: 'ns=1;s=Machine',
      depth: 1,
    });
  });

  it('starts at a browse path', async () => {
    const { nodes } = await browse({ browsePath: '/Objects/1:Machine', nodeClass: 'Method' });
    expect(nodes.map(({ browseName }) => browseName)).toEqual(['1:Start', '1:Sum', '1:Stop']);
  });

  it('follows continuation points, and goes deeper than the server takes nodes in one request', async () => {
    const { nodes, truncated } = await browse({ nodeID: 'ns=1;s=Machine.Many', limit: 5000 });
    expect(nodes).toHaveLength(2500);
    expect(new Set(nodes.map(({ nodeID }) => nodeID)).size).toBe(2500);
    expect(truncated).toBe(false);
    const deep = await browse({ depth: 3, name: 'Item24?9' });
    expect(deep.nodes.map(({ displayName, depth }) => [displayName, depth])).toEqual(
      Array.from({ length: 10 }, (_, n) => [`Item24${n}9`, 3]),
    );
  });

  it('stops at the limit and says so, leaving no continuation point behind', async () => {
    for (let round = 0; round < 12; round += 1) {
      const { nodes, truncated } = await browse({ nodeID: 'ns=1;s=Machine.Many', limit: 1500 });
      expect([nodes.length, truncated]).toEqual([1500, true]);
    }
    expect(await browse({ nodeID: 'ns=1;s=Machine.Many', limit: 2500 })).toMatchObject({ truncated: false });
  });

  it('filters by class, name and reference type, and looks backwards', async () => {
    const { nodes } = await browse({ nodeID: 'ns=1;s=Machine', nodeClass: ['Variable'], name: 'SPEED' });
    expect(nodes.map(({ nodeID }) => nodeID)).toEqual(['ns=1;s=Machine.Speed']);
    const organized = await browse({ nodeID: 'ns=1;s=Machine', referenceType: 'Organizes' });
    expect(organized.nodes.map(({ nodeID }) => nodeID)).toEqual(['ns=1;s=Machine.Many']);
    const up = await browse({ nodeID: 'ns=1;s=Item7', direction: 'inverse' });
    expect(up.nodes).toMatchObject([{ nodeID: 'ns=1;s=Machine.Many', isForward: false }]);
    const type = await browse({ nodeID: 'ns=1;s=Machine.Speed', referenceType: 'i=40' });
    expect(type.nodes).toMatchObject([{ nodeID: 'i=63', referenceType: 'HasTypeDefinition' }]);
  });

  it('adds values and types of variables on request, in reads the server takes', async () => {
    const { nodes } = await browse({ nodeID: 'ns=1;s=Machine.Many', limit: 300, values: true });
    expect(nodes[299]).toMatchObject({ value: 299, builtInType: 'Int32', dataType: 'i=6', status: 'Good' });
  });

  it.each([
    [{ depth: 0 }, 'msg.payload.depth: must be a whole number from 1 to 100, got 0'],
    [{ nodeID: 'x' }, /^msg\.payload\.nodeID: must be a NodeId/],
    [{ nodeClass: 'Thing' }, /^msg\.payload\.nodeClass: must be of Object, Variable/],
    [{ referenceType: 'Likes' }, /^msg\.payload\.referenceType: must be the name of a type/],
    [{ direction: 'up' }, /^msg\.payload\.direction: must be one of forward, inverse, both/],
    [17, /^msg\.payload: must be an object/],
  ])('refuses %j, naming the field', async (payload, message) => {
    expect(await refusal('browse', payload)).toMatchObject({
      code: 'BAD_MESSAGE',
      message: like(message),
    });
  });

  it('tells by name why a start node cannot be browsed', async () => {
    expect(await refusal('browse', 'ns=1;s=nowhere')).toMatchObject({ code: 'OPCUA_BadNodeIdUnknown' });
    expect(await refusal('browse', { browsePath: '/Objects/1:No' })).toMatchObject({ code: 'OPCUA_BadNoMatch' });
    expect(await refusal('browse', 'nsu=urn:none;s=x')).toMatchObject({
      code: 'OPCUA_BadNodeIdUnknown',
      message: expect.stringContaining('urn:none') as unknown,
    });
  });
});

describe('readNodes and writeNodes', () => {
  it('reads any nodes, and says which are bad', async () => {
    const readings = await act<unknown[]>('readNodes', [
      'ns=1;s=Machine.Speed',
      { browsePath: '/Objects/1:Machine/1:Speed', attribute: 'DisplayName', name: 'label' },
      'ns=1;s=nowhere',
    ]);
    expect(readings).toMatchObject([
      { name: 'ns=1;s=Machine.Speed', value: 1500, quality: 'good', type: 'double' },
      { name: 'label', value: 'Speed' },
      { name: 'ns=1;s=nowhere', quality: 'bad', error: { code: 'OPCUA_BadNodeIdUnknown' } },
    ]);
    expect(await refusal('readNodes', 'ns=1;s=nowhere')).toMatchObject({ code: 'OPCUA_BadNodeIdUnknown' });
  });

  it('writes any nodes, and tells what was refused', async () => {
    expect(await act('writeNodes', { nodeID: 'ns=1;s=Machine.Speed', value: 1600 })).toEqual([
      { name: 'ns=1;s=Machine.Speed', status: 'Good' },
    ]);
    expect(await act('readNodes', 'ns=1;s=Machine.Speed')).toMatchObject([{ value: 1600 }]);
    expect(
      await refusal('writeNodes', [
        { nodeID: 'ns=1;s=Machine.Speed', value: 1500 },
        { nodeID: 'i=2258', value: '2026-01-01T00:00:00Z' },
      ]),
    ).toMatchObject({ code: 'OPCUA_BadUserAccessDenied', message: like(/^i=2258: this user/) });
  });

  it.each([
    ['readNodes', [], 'msg.payload: names no node'],
    ['readNodes', ['ns=1;s=Machine.Speed', 7], 'msg.payload[1]: must be a NodeId or an object with one, got 7'],
    ['readNodes', { attribute: 'Value' }, /msg\.payload\.nodeID: is required/],
    ['writeNodes', [{ nodeID: 'ns=1;s=x' }], 'msg.payload[0].value: is required'],
    ['writeNodes', { nodeID: 'ns=1;s=x', type: 'int8', value: 300 }, /^msg\.payload\.value: /],
  ])('%s refuses %j, naming the field', async (action, payload, message) => {
    expect(await refusal(action, payload)).toMatchObject({
      code: 'BAD_MESSAGE',
      message: like(message),
    });
  });
});

describe('call', () => {
  it('takes arguments by name or as a list, in the types the method declares', async () => {
    const byName = { nodeID: 'ns=1;s=Machine', method: 'Start', arguments: { recipe: 'bread', speed: '1200' } };
    expect(await act('call', byName)).toEqual({
      status: 'Good',
      outputs: { batch: 9007199254740993n, text: 'started bread' },
      values: [9007199254740993n, 'started bread'],
    });
    expect(machine.started.at(-1)?.map(({ dataType, value }) => [dataType, value as unknown])).toEqual([
      [5, 1200],
      [12, 'bread'],
    ]);
    const byId = { browsePath: '/Objects/1:Machine', method: 'ns=1;s=Machine.Sum', arguments: [[1, 2.5, 3]] };
    expect(await act('call', byId)).toMatchObject({ outputs: { sum: 6.5 } });
  });

  it('tells which argument the server refused', async () => {
    const tooFast = { nodeID: 'ns=1;s=Machine', method: '1:Start', arguments: [9000, 'x'] };
    expect(await refusal('call', tooFast)).toMatchObject({
      code: 'OPCUA_BadInvalidArgument',
      message: expect.stringContaining('speed: BadOutOfRange') as unknown,
    });
    expect(await refusal('call', { nodeID: 'ns=1;s=Machine', method: 'Stop' })).toMatchObject({
      code: 'OPCUA_BadUserAccessDenied',
    });
  });

  it.each([
    [{ method: 'Start' }, /^msg\.payload\.nodeID: is required/],
    [{ nodeID: 'ns=1;s=Machine' }, /^msg\.payload\.method: /],
    [
      { nodeID: 'ns=1;s=Machine', method: 'Fly' },
      /method: ns=1;s=Machine has no such method; it has 1:Start, 1:Sum, 1:Stop/,
    ],
    [
      { nodeID: 'ns=1;s=Machine', method: 'Start', arguments: [1] },
      'msg.payload.arguments: must have 2 values, got 1; expected: speed (UInt16), recipe (String)',
    ],
    [
      { nodeID: 'ns=1;s=Machine', method: 'Start', arguments: { speed: 1 } },
      'msg.payload.arguments.recipe: is required; expected: speed (UInt16), recipe (String)',
    ],
    [
      { nodeID: 'ns=1;s=Machine', method: 'Start', arguments: { speed: 1, recipe: '', pace: 3 } },
      /arguments: has no argument "pace"/,
    ],
    [{ nodeID: 'ns=1;s=Machine', method: 'Start', arguments: [70000, ''] }, /^msg\.payload\.arguments\.speed: /],
    [{ nodeID: 'ns=1;s=Machine', method: 'Sum', arguments: [3] }, /^msg\.payload\.arguments\.values: must be an array/],
    [
      { nodeID: 'ns=1;s=Machine', method: 'Sum', arguments: 3 },
      /^msg\.payload\.arguments: must be a list, or an object/,
    ],
  ])('refuses %j, naming the field', async (payload, message) => {
    expect(await refusal('call', payload)).toMatchObject({
      code: 'BAD_MESSAGE',
      message: like(message),
    });
  });
});

describe('history', () => {
  const history = (payload: object): Promise<HistoryAnswer> =>
    act('history', { nodeID: 'ns=1;s=Machine.Temperature', ...payload });

  it('answers raw values in their order, over continuation points', async () => {
    const { values, truncated } = await history({ start: historyTime(0), end: historyTime(2499.5), limit: 10_000 });
    expect(truncated).toBe(false);
    expect(values).toHaveLength(2500);
    expect(values[1]).toMatchObject({ value: 1, quality: 'good', status: 'Good', sourceTimestamp: historyTime(1) });
    expect(values.map(({ value }) => value)).toEqual(Array.from({ length: 2500 }, (_, n) => n));
  });

  it('stops at the limit and says so', async () => {
    const range = { start: historyTime(10), end: historyTime(19.5) };
    const cut = await history({ ...range, limit: 3 });
    expect([cut.truncated, cut.values.map(({ value }) => value)]).toEqual([true, [10, 11, 12]]);
    const all = await history({ ...range, limit: 10 });
    expect([all.truncated, all.values.length]).toEqual([false, 10]);
  });

  it('answers processed values', async () => {
    const { values } = await history({
      start: historyTime(0),
      end: historyTime(40),
      aggregate: 'average',
      interval: '10s',
    });
    expect(values.map(({ value }) => value)).toEqual([4.5, 14.5, 24.5, 34.5]);
  });

  it('tells by name why there is none', async () => {
    expect(await refusal('history', { nodeID: 'ns=1;s=Machine.Speed', start: '-1h' })).toMatchObject({
      code: expect.stringMatching(/^OPCUA_Bad/) as unknown,
    });
  });

  it.each([
    [{}, /^msg\.payload\.start: is required/],
    [{ start: 'yesterday' }, /^msg\.payload\.start: must be a time such as/],
    [{ start: '-1h', limit: 0 }, /^msg\.payload\.limit: /],
    [{ start: '-1h', interval: '1s' }, /^msg\.payload\.aggregate: is required with an interval/],
    [{ start: '-1h', aggregate: 'Mean' }, /^msg\.payload\.aggregate: must be one of .*Average/],
  ])('refuses %j, naming the field', async (payload, message) => {
    const error = await refusal('history', { nodeID: 'ns=1;s=Machine.Temperature', ...payload });
    expect(error).toMatchObject({ code: 'BAD_MESSAGE', message: like(message) });
  });
});
