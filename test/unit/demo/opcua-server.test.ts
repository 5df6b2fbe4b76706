import { once, type EventEmitter } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AttributeIds,
  ClientMonitoredItem,
  type ClientSession,
  type ClientSubscription,
  constructEventFilter,
  DataType,
  OPCUACertificateManager,
  OPCUAClient,
  TimestampsToReturn,
  Variant,
  VariantArrayType,
} from 'node-opcua';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeMachine, startMachineServer, type Machine } from '../../support/node-red/demo-parts.ts';

let directory: string;
let certificates: OPCUACertificateManager;
let machine: Machine;
let server: Awaited<ReturnType<typeof startMachineServer>>;
let client: OPCUAClient;
let session: ClientSession;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'devicelink-demo-'));
  ({ machine } = await makeMachine());
  server = await startMachineServer(machine, join(directory, 'demo'));
  certificates = new OPCUACertificateManager({ rootFolder: join(directory, 'client'), disableFileWatchers: true });
  client = OPCUAClient.create({ endpointMustExist: false, clientCertificateManager: certificates });
  await client.connect(server.endpoint);
  session = await client.createSession();
}, 60_000);

afterAll(async () => {
  await session.close();
  await client.disconnect();
  await server.stop();
  await certificates.dispose();
  expect(await readdir(join(directory, 'demo'))).toEqual([]);
  await rm(directory, { recursive: true });
});

const read = async (nodeId: string): Promise<Variant> =>
  (await session.read({ nodeId, attributeId: AttributeIds.Value })).value;

const write = async (nodeId: string, dataType: DataType, value: unknown): Promise<string> => {
  const status = await session.write({
    nodeId,
    attributeId: AttributeIds.Value,
    value: { value: new Variant({ dataType, arrayType: VariantArrayType.Scalar, value }) },
  });
  return status.name;
};

const call = async (method: string, ...inputs: number[]) => {
  const { statusCode, outputArguments } = await session.call({
    objectId: 'ns=1;s=machine',
    methodId: `ns=1;s=machine.${method}`,
    inputArguments: inputs.map((value) => new Variant({ dataType: DataType.UInt32, value })),
  });
  return { status: statusCode.name, outputs: outputArguments?.map((output) => output.value as unknown) };
};

describe('the values of the Octopus simulator', () => {
  it.each([
    [43001, DataType.Boolean],
    [43101, DataType.Int16],
    [43201, DataType.UInt16],
    [43301, DataType.Int32],
    [43401, DataType.UInt32],
    [43501, DataType.Int64],
    [43601, DataType.UInt64],
    [43701, DataType.Float],
    [43801, DataType.Double],
    [43901, DataType.String],
    [44101, DataType.ByteString],
  ])('ns=1;i=%i has its type and cannot be written', async (id, dataType) => {
    const variant = await read(`ns=1;i=${String(id)}`);
    expect(variant.dataType).toBe(dataType);
    expect(await write(`ns=1;i=${String(id)}`, dataType, variant.value)).toBe('BadNotWritable');
  });

  it('has the answer and a byte string that can be written', async () => {
    expect((await read('ns=1;s=the.answer')).value).toBe(42);
    expect(await write('ns=1;s=the.answer', DataType.Int32, 43)).toBe('Good');
    expect((await read('ns=1;s=the.answer')).value).toBe(43);
    expect(await write('ns=1;s=myByteString', DataType.ByteString, Buffer.from([0, 255]))).toBe('Good');
    expect((await read('ns=1;s=myByteString')).value).toEqual(Buffer.from([0, 255]));
  });
});

describe('the machine', () => {
  it('is stopped, started and set by its methods', async () => {
    expect(await call('stop')).toMatchObject({ status: 'Good' });
    expect(await call('stop')).toMatchObject({ status: 'BadInvalidState' });
    expect(await call('start')).toMatchObject({ status: 'Good' });
    expect(await call('setSpeed', 600)).toEqual({ status: 'Good', outputs: [1200] });
    expect(machine.speedSetpoint).toBe(600);
    expect(await call('setSpeed', 9000)).toMatchObject({ status: 'BadOutOfRange' });
    expect(machine.speedSetpoint).toBe(600);
  });

  it('takes a setpoint within its range only', async () => {
    expect(await write('ns=1;s=machine.setpoint', DataType.Double, 121)).toBe('BadOutOfRange');
    expect(await write('ns=1;s=machine.setpoint', DataType.Double, 61.5)).toBe('Good');
    expect(machine.setpoint).toBe(61.5);
    expect(await write('ns=1;s=machine.temperature', DataType.Double, 1)).toBe('BadNotWritable');
  });

  it('has a recipe, a structure that a client can decode and write back', async () => {
    const variant = await read('ns=1;s=machine.recipe');
    expect(variant.value).toMatchObject({ name: 'Tomato soup', minutes: 45 });
    Object.assign(variant.value as object, { minutes: 50 });
    expect(await write('ns=1;s=machine.recipe', DataType.ExtensionObject, variant.value)).toBe('Good');
    expect((await read('ns=1;s=machine.recipe')).value).toMatchObject({ name: 'Tomato soup', minutes: 50 });
  });

  it('remembers its temperatures', async () => {
    const since = new Date(Date.now() - 60_000);
    await expect
      .poll(async () => {
        const { historyData } = await session.readHistoryValue('ns=1;s=machine.temperature', since, new Date());
        return (historyData as { dataValues?: unknown[] } | null)?.dataValues?.length;
      })
      .toBeGreaterThan(2);
  });

  it('raises an alarm when it is overheated', { timeout: 40_000 }, async () => {
    const subscription = await session.createSubscription2({
      requestedPublishingInterval: 100,
      publishingEnabled: true,
    });
    try {
      const { first } = await monitorEvents(subscription, ['ConditionName', 'ActiveState.Id', 'Severity']);
      await write('ns=1;s=machine.setpoint', DataType.Double, 120);
      expect(await first).toEqual(['Overheated', true, expect.any(Number)]);
      expect(machine.temperature).toBeGreaterThan(80);
    } finally {
      await subscription.terminate();
    }
  });
});

/** Monitors the server's events; once it does, `first` settles with the fields of the first one. */
async function monitorEvents(
  subscription: ClientSubscription,
  fields: string[],
): Promise<{ first: Promise<unknown[]> }> {
  const item = ClientMonitoredItem.create(
    subscription,
    { nodeId: 'i=2253', attributeId: AttributeIds.EventNotifier },
    { samplingInterval: 0, queueSize: 10, discardOldest: true, filter: constructEventFilter(fields) },
    TimestampsToReturn.Both,
  );
  const first = new Promise<unknown[]>((resolve) => {
    item.once('changed', (values) => resolve((values as unknown as Variant[]).map(({ value }) => value as unknown)));
  });
  await once(item as unknown as EventEmitter, 'initialized');
  return { first };
}
