import type { Node } from 'node-red';
import helper from 'node-red-node-test-helper';
import { describe, expect, it, vi } from 'vitest';
import {
  admin,
  deploy,
  errorOf,
  message,
  messages,
  messageWhere,
  robot,
  send,
  useNodeRed,
} from '../../../support/node-red/node-red-helper.ts';

useNodeRed();

describe('what a device node sends by itself', () => {
  it('is all values in true types, who the device is, and its status', async () => {
    await deploy([robot()]);
    const msg = await message('out');
    expect(msg).toMatchObject({
      payload: { a: 7, b: 9007199254740993n, c: 'ready' },
      topic: 'default/robot-1',
      device: { name: 'robot-1', namespace: 'default', protocol: 'dummy', state: 'healthy' },
      changed: ['a', 'b', 'c'],
    });
    expect(msg.device!.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(msg.status!.properties[0]).toMatchObject({
      name: 'a',
      type: 'int16',
      unit: 'mm',
      value: 7,
      quality: 'good',
    });
    expect(() => JSON.stringify(msg.status!)).not.toThrow();
  });

  it.each([
    [undefined, { b: 9007199254740993n, small: 5 }, { b: '9007199254740993', small: 5 }],
    ['bigint', { b: 9007199254740993n, small: 5n }, { b: '9007199254740993', small: '5' }],
    ['text', { b: '9007199254740993', small: '5' }, { b: '9007199254740993', small: '5' }],
  ])('has 64-bit integers as output.int64 says: %s', async (int64, payload, status) => {
    const output = int64 === undefined ? {} : { output: { int64 } };
    const properties = [
      { name: 'b', type: 'int64', value: '9007199254740993' },
      { name: 'small', type: 'uint64', value: '5' },
    ];
    await deploy([robot({ ...output, properties })]);
    const msg = await messageWhere('out', ({ changed }) => changed?.length === 2);
    expect(msg.payload).toEqual(payload);
    const told = msg.status!.properties.map((property) => [String(property['name']), property['value']]);
    expect(Object.fromEntries(told)).toEqual(status);
    const isSafe = Object.values(payload).every((value) => typeof value !== 'bigint');
    if (isSafe) expect(() => JSON.stringify(msg)).not.toThrow();
  });

  it.each([
    ['full', ['lastSync', 'missedBeats', 'properties', 'state']],
    ['summary', ['lastSync', 'missedBeats', 'state']],
    ['none', undefined],
  ])('has a status as output.status says: %s', async (status, members) => {
    await deploy([robot({ output: { status } })]);
    const msg = await messageWhere('out', ({ changed }) => changed?.length === 3);
    expect(msg.status === undefined ? undefined : Object.keys(msg.status).sort()).toEqual(members);
    expect(msg).toMatchObject({ payload: { a: 7 }, device: { name: 'robot-1' } });
  });

  it('is not made where no wire leads to anybody, and is told once one does', async () => {
    await deploy([robot({ parameters: { syncInterval: '20ms' }, wires: [[]] })]);
    const device = helper.getNode('device') as unknown as Node & { updateWires(wires: string[][]): void };
    const sent = vi.spyOn(device, 'send');
    const lastSync = async (): Promise<unknown> => (await admin().get('/devicelink/devices')).body[0].lastSync;
    await expect.poll(lastSync).toBeDefined();
    const first = await lastSync();
    await expect.poll(lastSync).not.toBe(first);
    expect(sent).not.toHaveBeenCalled();
    device.updateWires([['out']]);
    expect((await message('out')).changed).toEqual(['a', 'b', 'c']);
  });

  it('says that another output.int64 is none', async () => {
    await deploy([robot({ output: { int64: 'double' } })]);
    expect(await errorOf('caught')).toMatchObject({ code: 'CONFIG', message: expect.stringContaining('output.int64') });
  });

  it('comes at every sync, and names what changed since the message before', async () => {
    await deploy([robot({ parameters: { syncInterval: '30ms' } })]);
    await message('out', 2);
    expect(messages('out').map((msg) => msg.changed)).toEqual(expect.arrayContaining([['a', 'b', 'c'], [], []]));
  });

  it('comes only on change, or never, if the flow says so', async () => {
    const parameters = { syncInterval: '20ms' };
    await deploy([
      robot({ parameters, output: { when: 'change' } }),
      robot({ id: 'mute', parameters, output: { when: 'never' }, wires: [['muted']] }),
      { id: 'muted', type: 'collector', z: 'f' },
      robot({ id: 'clock', parameters, wires: [['ticks']] }),
      { id: 'ticks', type: 'collector', z: 'f' },
    ]);
    await message('ticks', 4);
    expect(messages('out')).toHaveLength(1);
    expect(messages('muted')).toHaveLength(0);
  });

  it('is a copy: a flow that changes it changes nothing here', async () => {
    const properties = [
      {
        name: 'o',
        type: 'object',
        objectProperties: { x: { type: 'int16', signal: { shape: 'constant', value: 1 } } },
      },
    ];
    await deploy([robot({ properties })]);
    const first = await message('out');
    (first.payload as { o: Record<string, unknown> }).o['x'] = 'changed by the flow';
    const { body } = await admin().get('/devicelink/devices');
    expect(body[0].properties).toMatchObject([{ name: 'o', value: { x: 1 } }]);
  });
});

describe('a write', () => {
  it('is answered by the same message, once the device has taken it, and completes once', async () => {
    await deploy([robot()]);
    await message('out');
    const parts = { id: 'p', index: 0, count: 1 };
    send('device', { _msgid: 'm1', parts, mine: { kept: true }, topic: 'before', payload: { a: '42', b: '-5' } });
    const answer = await messageWhere('out', (msg) => msg._msgid === 'm1');
    expect(answer).toMatchObject({ parts, mine: { kept: true }, topic: 'default/robot-1', payload: { a: 42, b: -5 } });
    await message('completed');
    send('device', { _msgid: 'm2', action: 'read' });
    const read = await messageWhere('out', (msg) => msg._msgid === 'm2');
    expect(read.payload).toEqual({ a: 42, b: -5, c: 'ready' });
    await message('completed', 1);
    expect(messages('completed').map((msg) => msg._msgid)).toEqual(['m1', 'm2']);
    expect(messages('caught')).toEqual([]);
  });

  it.each([
    [{ c: 'x' }, 'READ_ONLY', /^c: /],
    [{ nowhere: 1 }, 'UNKNOWN_PROPERTY', /^nowhere: /],
    [{ a: 70000 }, 'BAD_VALUE', /^a: /],
    [{ a: 'text' }, 'BAD_VALUE', /^a: /],
    [{ a: NaN }, 'BAD_VALUE', /^a: /],
  ])('that is refused reaches Catch with its code: %o', async (payload, code, text) => {
    await deploy([robot()]);
    await message('out');
    send('device', { _msgid: 'm1', payload });
    const caught = await message('caught');
    expect(caught).toMatchObject({ _msgid: 'm1', payload, error: { code, source: { id: 'device' } } });
    expect(caught.error!.message).toMatch(text);
    expect(caught.error!).not.toHaveProperty('stack');
    expect(messages('out')).toHaveLength(1);
    expect(messages('completed')).toEqual([]);
    expect(messages('caught')).toHaveLength(1);
  });

  it('of several properties names each that was refused in one error', async () => {
    await deploy([robot()]);
    await message('out');
    send('device', { payload: { a: 1, c: 'x', nowhere: 1 } });
    const error = await errorOf('caught');
    expect(error.code).toBe('SEVERAL');
    expect(error.cause).toEqual([
      { name: 'c', code: 'READ_ONLY', message: expect.any(String) },
      { name: 'nowhere', code: 'UNKNOWN_PROPERTY', message: expect.any(String) },
    ]);
  });
});

describe('a read', () => {
  it('of names or of ad-hoc properties answers just those', async () => {
    await deploy([robot()]);
    await message('out');
    send('device', { _msgid: 'names', action: 'read', payload: ['c'] });
    expect((await messageWhere('out', (msg) => msg._msgid === 'names')).payload).toEqual({ c: 'ready' });
    const properties = [{ name: 'x', type: 'uint8', signal: { shape: 'constant', value: 9 } }];
    send('device', { _msgid: 'adhoc', action: 'read', properties });
    const answer = await messageWhere('out', (msg) => msg._msgid === 'adhoc');
    expect(answer.payload).toEqual({ x: 9 });
    expect(answer['properties']).toEqual(properties);
    expect(answer.status!.properties.map((property) => property['name'])).toEqual(['a', 'b', 'c']);
  });

  it('of an unknown name is an error that says so', async () => {
    await deploy([robot()]);
    await message('out');
    send('device', { action: 'read', payload: ['c', 'nowhere'] });
    const error = await errorOf('caught');
    expect(error.code).toBe('UNKNOWN_PROPERTY');
    expect(error.message).toMatch(/nowhere/);
  });
});

describe('connect and disconnect', () => {
  it('change the wish, and the badge tells', async () => {
    await deploy([robot({ parameters: { syncInterval: '20ms', timeout: '1s' } })]);
    await message('out');
    send('device', { _msgid: 'off', action: 'disconnect' });
    expect((await messageWhere('out', (msg) => msg._msgid === 'off')).device!.state).toBe('disconnected');
    await messageWhere('states', (msg) => msg.status!.state === 'disconnected');
    send('device', { _msgid: 'on', action: 'connect' });
    await messageWhere('out', (msg) => msg._msgid === 'on');
    await message('completed', 1);
  });
});

describe('a message that says nothing this node can do', () => {
  it.each([
    [{ payload: 'hello' }, /msg\.payload must be an object/],
    [{ action: 'explode', payload: {} }, /msg\.action must be one of write, read, connect, disconnect, got "explode"/],
    [{ action: 'read', properties: [{ name: 'x', type: 'nonsense' }] }, /msg\.properties\[0\]\.type/],
  ])('is an error: %o', async (msg, text) => {
    await deploy([robot()]);
    send('device', msg);
    const error = await errorOf('caught');
    expect(error).toMatchObject({ code: 'BAD_MESSAGE', message: expect.stringMatching(text) });
  });
});
