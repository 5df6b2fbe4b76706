import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BrowseAnswer } from '../../../src/drivers/opcua/actions/browse.ts';
import type { HistoryAnswer } from '../../../src/drivers/opcua/actions/history.ts';
import { AsyncuaServer, asyncuaAvailable } from '../../support/opcua/asyncua.ts';
import { actingDriver } from '../../support/opcua/opcua-driver.ts';

const NAMESPACE = `nsu=${AsyncuaServer.NAMESPACE}`;
const MACHINE = `${NAMESPACE};s=machine`;

describe.skipIf(!asyncuaAvailable())('actions on a server nobody here wrote (asyncua)', () => {
  let server: AsyncuaServer;
  let client: ReturnType<typeof actingDriver>;

  beforeAll(async () => {
    server = await new AsyncuaServer().start();
    client = actingDriver(server.endpoint);
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await server.remove();
  });

  it('browses by namespace URI and by path', async () => {
    const { nodes } = await client.act<BrowseAnswer>('browse', { nodeID: MACHINE, values: true });
    const names = nodes.map(({ displayName }) => displayName);
    expect(names).toEqual(expect.arrayContaining(['speed', 'locked', 'multiply']));
    expect(nodes.find(({ displayName }) => displayName === 'locked')).toMatchObject({
      value: 42n,
      builtInType: 'Int64',
    });
    const path = `/Objects/nsu=${AsyncuaServer.NAMESPACE};machine`;
    expect((await client.act<BrowseAnswer>('browse', { browsePath: path })).nodes).toHaveLength(nodes.length);
  });

  it('calls a method, whose arguments may have no names', async () => {
    const { status, values } = await client.act('call', { nodeID: MACHINE, method: 'multiply', arguments: [6, '7'] });
    expect([status, values]).toEqual(['Good', [42]]);
    await expect(client.act('call', { nodeID: MACHINE, method: 'multiply', arguments: [6] })).rejects.toMatchObject({
      code: 'BAD_MESSAGE',
    });
  });

  it('writes and reads any node', async () => {
    const nodeID = `${NAMESPACE};s=types/Int64`;
    await client.act('writeNodes', { nodeID, value: '-9007199254740995' });
    expect(await client.act('readNodes', nodeID)).toMatchObject([{ value: -9007199254740995n, quality: 'good' }]);
  });

  it('reads raw history', async () => {
    const nodeID = `${MACHINE}/speed`;
    // asyncua cannot read back values that a client wrote without a source timestamp.
    for (const value of [10, 20, 30]) await server.set('machine/speed', value);
    const history = (limit: number) => client.act<HistoryAnswer>('history', { nodeID, start: '-1h', limit });
    const values = async () => (await history(1000)).values.map(({ value }) => value);
    await expect.poll(values, { timeout: 5000 }).toEqual(expect.arrayContaining([10, 20, 30]));
    expect(await history(2)).toMatchObject({ truncated: true, values: [{ quality: 'good' }, { quality: 'good' }] });
  });
});
