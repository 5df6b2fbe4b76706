import { describe, expect, it } from 'vitest';
import {
  deploy,
  errorOf,
  logged,
  message,
  messages,
  messageWhere,
  redeploy,
  robot,
  send,
  useNodeRed,
  type Message,
} from '../../../support/node-red/node-red-helper.ts';
import { aeNode, infoOf, lifeEvent, useOnem2m } from '../../../support/onem2m/onem2m-node.ts';

const bench = useOnem2m();
useNodeRed();

const DEVICE = 'onem2m/MYAPP/devices/robot-1';

/** A robot and a wire. */
const plant = (devices: object, more: Record<string, unknown> = {}) => [
  robot({ id: 'robot', wires: [['device']], ...more }),
  ...aeNode(bench, { devices: { root: 'devices', ...devices } }),
];

const resource = (path: string) => bench.cse.resources().find((one) => one.path === path);
const contents = (path: string) =>
  bench.cse
    .resources()
    .filter((one) => one.ty === 4 && one.path.startsWith(`${path}/`) && !one.path.slice(path.length + 1).includes('/'))
    .map(({ attributes }) => attributes['con']);

/** Puts a content into a container, as another application would. */
async function command(path: string, con: unknown): Promise<number> {
  const response = await fetch(`${bench.cse.httpUrl}/${path}`, {
    method: 'POST',
    headers: {
      'X-M2M-Origin': 'CAdmin',
      'X-M2M-RI': String(Math.random()),
      'X-M2M-RVI': '3',
      'Content-Type': 'application/json;ty=4',
    },
    body: JSON.stringify({ 'm2m:cin': { con } }),
  });
  return Number(response.headers.get('x-m2m-rsc'));
}

describe('a device wired into an onem2m-ae', () => {
  it('is mirrored property by property, with labels', async () => {
    await deploy(plant({ labels: ['hall-3'] }));
    const result = await message('out');
    expect(result).toMatchObject({ payload: { a: 2001, b: 2001, c: 2001 }, device: { name: 'robot-1' } });
    expect(infoOf(result)).toMatchObject({ op: 'mirror', rsc: 2001 });
    expect(resource(DEVICE)!.attributes['lbl']).toEqual(
      expect.arrayContaining(['devicelink:device', 'openmtc:device', 'namespace:default', 'hall-3']),
    );
    expect(resource(`${DEVICE}/a`)).toMatchObject({
      wrapper: 'm2m:cnt',
      attributes: { lbl: expect.arrayContaining(['openmtc:sensor_data', 'unit:mm', 'type:int16']), mni: 10 },
    });
    expect([contents(`${DEVICE}/a`), contents(`${DEVICE}/b`), contents(`${DEVICE}/c`)].flat().map(String)).toEqual([
      '7',
      '9007199254740993',
      'ready',
    ]);
    expect(messages('caught')).toEqual([]);
  });

  it('takes commands for what may be written, and its new value comes back', async () => {
    await deploy(plant({ commands: true }));
    await message('out');
    expect(resource(`${DEVICE}/a/commands`)!.attributes['lbl']).toContain('openmtc:actuator_data');
    expect(resource(`${DEVICE}/c/commands`)).toBeUndefined();
    expect(await command(`${DEVICE}/a/commands`, '42')).toBe(2001);
    const told = await lifeEvent('command');
    expect(told).toMatchObject({ topic: 'devices/robot-1/a/commands' });
    expect(infoOf(told)).toEqual({
      event: 'command',
      device: 'robot-1',
      uid: expect.any(String),
      property: 'a',
      ok: true,
    });
    send('robot', { action: 'read', payload: ['a'] });
    await expect.poll(() => contents(`${DEVICE}/a`).map(String)).toEqual(['7', '42']);
    expect(contents(`${DEVICE}/a/commands`)).toEqual(['42']);
    expect(messages('notes')).toEqual([]);
    expect(messages('caught')).toEqual([]);
  });

  it('tells a command that is refused, each time, and one for a device that is gone', async () => {
    await deploy(plant({ commands: true }));
    await message('out');
    for (let count = 1; count <= 2; count += 1) {
      await command(`${DEVICE}/a/commands`, '70000');
      const error = await errorOf('caught', count - 1);
      expect(error).toMatchObject({ code: 'BAD_VALUE', message: expect.stringContaining('"a" of "robot-1"') });
    }
    expect(infoOf(await lifeEvent('command'))).toMatchObject({ ok: false, error: { code: 'BAD_VALUE' } });
    await redeploy(
      plant({ commands: true }).filter(({ id }) => id !== 'robot'),
      'nodes',
    );
    await command(`${DEVICE}/a/commands`, '8');
    const gone = await messageWhere('caught', ({ error }) => error!.code === 'LINK_LOST');
    expect(gone.error!.message).toContain('not deployed any more');
  });

  it('answers nothing where nothing has changed', async () => {
    await deploy(plant({ commands: false }));
    await message('out');
    for (let sync = 0; sync < 3; sync += 1) send('robot', { action: 'read' });
    send('robot', { action: 'write', payload: { a: 12 } });
    send('robot', { action: 'read' });
    await messageWhere('out', ({ payload }) => Object.keys(payload as object).join() === 'a');
    expect(messages('out').map(({ payload }) => Object.keys(payload as object))).toEqual([['a', 'b', 'c'], ['a']]);
    expect(messages('caught')).toEqual([]);
  });

  it('has no commands where they are not wished', async () => {
    await deploy(plant({ commands: false }));
    await message('out');
    expect(bench.cse.resources().filter(({ path }) => path.endsWith('/commands'))).toEqual([]);
  });

  it('can be one flexContainer', async () => {
    const flexContainer = {
      wrapper: 'cod:tempe',
      cnd: 'org.onem2m.common.moduleclass.temperature',
      attributes: { a: 'curT0' },
    };
    await deploy(plant({ mapping: 'flexContainer', commands: false, flexContainer }));
    expect(await message('out')).toMatchObject({ payload: { a: 2004 } });
    expect(resource(DEVICE)).toMatchObject({ ty: 28, wrapper: 'cod:tempe', attributes: { curT0: 7 } });
    expect(messages('caught')).toEqual([]);
  });

  it('is pushed like any other message where mirroring is off', async () => {
    await deploy([
      robot({ id: 'robot', wires: [['device']] }),
      ...aeNode(bench, { devices: { mapping: 'off' }, resources: [{ ty: 'container', path: 'default/robot-1' }] }),
    ]);
    // The topic of a device message is `<namespace>/<name>`.
    expect(infoOf(await message('out'))).toMatchObject({ op: 'push', to: 'onem2m/MYAPP/default/robot-1' });
  });

  it('is mirrored again after the CSE has lost everything', async () => {
    await deploy(plant({ commands: true }));
    await message('out');
    bench.cse.forgetAll();
    send('robot', { action: 'write', payload: { a: 9 } });
    send('robot', { action: 'read' });
    await lifeEvent('restored');
    await expect.poll(() => resource(`${DEVICE}/a/commands`)).toBeDefined();
    // What did not get there goes with the next message, though it has not changed since.
    send('robot', { action: 'read' });
    await expect.poll(() => contents(`${DEVICE}/a`).map(String)).toEqual(['9']);
    await command(`${DEVICE}/a/commands`, '11');
    expect(infoOf(await lifeEvent('command'))).toMatchObject({ ok: true });
  });

  it('says once that there is no CSE, however many messages of the device come, and once that it is back', async () => {
    const speak = bench.cse.silence();
    try {
      await deploy(
        plant({ commands: false }).map((node) => (node['id'] === 'device' ? { ...node, timeout: '100ms' } : node)),
      );
      const isFailure = ({ error, device }: Message): boolean => device !== undefined && error !== undefined;
      await messageWhere('caught', isFailure);
      for (let sync = 0; sync < 20; sync += 1) {
        const before = messages('completed').length;
        send('robot', { action: 'write', payload: { a: sync } });
        send('robot', { action: 'read' });
        await expect.poll(() => messages('completed').length, { timeout: 5000 }).toBeGreaterThan(before);
      }
      const [first, ...more] = messages('caught').filter(isFailure);
      expect([first!.error!.code, more]).toEqual(['LINK_LOST', []]);
    } finally {
      speak();
    }
    await lifeEvent('resumed');
    send('robot', { action: 'write', payload: { a: 100 } });
    send('robot', { action: 'read' });
    expect(await message('out')).toMatchObject({ payload: { a: 2001, b: 2001, c: 2001 } });
    await expect.poll(() => logged()).toMatch(/Over, after \d+ more times: .*is not registered/);
  });

  it('says what the CSE refused, once for each message', async () => {
    const silence = bench.cse.silence((request) => JSON.stringify(request).includes('"con"'));
    try {
      await deploy(
        plant({ commands: false }).map((node) => (node['id'] === 'device' ? { ...node, timeout: '300ms' } : node)),
      );
      const error = await errorOf('caught');
      expect(error).toMatchObject({ code: 'TIMEOUT', message: expect.stringMatching(/^a: .*; b: /) });
      expect(messages('out')).toEqual([]);
    } finally {
      silence();
    }
  });
});
