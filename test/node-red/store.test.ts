import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { MosquittoSubscriber } from '../support/mqtt/mosquitto-clients.ts';
import { Mosquitto, mosquittoAvailable } from '../support/mqtt/mosquitto.ts';
import { cleanUserDir, NodeRedProcess, type FlowNode } from '../support/node-red/node-red-process.ts';
import { freePort } from '../support/system/free-port.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A device whose values are published while there is no broker. */
const flows = (port: number): FlowNode[] => [
  { id: 'f1', type: 'tab' },
  {
    id: 'ext',
    type: 'mqtt-extension',
    uid: 'site',
    client: {
      server: `tcp://127.0.0.1:${port}`,
      clientID: 'gateway',
      cleanSession: false,
      messageChannelDepth: 100_000,
      store: { type: 'file', durability: 'interval' },
    },
    message: { topic: { prefix: 'plant', with: 'nn' }, qos: 2 },
  },
  {
    id: 'dummy',
    type: 'dummy-device',
    z: 'f1',
    name: 'fan',
    kind: 'special',
    mqtt: 'ext',
    publish: { when: 'sync', payload: 'values', timestamp: 'time' },
    parameters: { syncInterval: '50ms' },
    wires: [],
  },
];

interface Observed {
  readonly stored?: { readonly messages: number; readonly bytes: number; readonly oldest?: string };
}

describe.runIf(mosquittoAvailable())('a file store in Node-RED', () => {
  it('has what a device published after a SIGKILL, and the broker gets it in order, each once', async () => {
    const userDir = await cleanUserDir();
    cleanups.push(() => rm(userDir, { recursive: true, force: true }));
    const port = await freePort();
    const first = await NodeRedProcess.start({ userDir, flows: flows(port) });
    cleanups.push(() => first.stop('SIGKILL'));
    const status = async (of: NodeRedProcess): Promise<Observed> =>
      (await of.request('GET', '/devicelink/mqtt-extensions/ext/status')).body as Observed;
    await expect.poll(async () => (await status(first)).stored?.messages ?? 0, { timeout: 20_000 }).toBeGreaterThan(30);
    const before = await status(first);
    await first.stop('SIGKILL');
    expect(readdirSync(join(userDir, 'devicelink/mqtt/site'))).toContain('gateway.db');

    const broker = await Mosquitto.start({ port, lines: ['max_queued_messages 0'] });
    cleanups.push(() => broker.remove());
    const seen = await MosquittoSubscriber.start(broker.plain, 'plant/default/fan');
    cleanups.push(() => seen.stop());
    const second = await NodeRedProcess.start({ userDir });
    cleanups.push(() => second.stop('SIGKILL'));
    const count = before.stored?.messages ?? 0;
    await seen.waitFor(count + 10, 20_000);
    const times = seen.messages.map(({ payload }) => (JSON.parse(payload.toString()) as { time: string }).time);
    expect(times[0]).toBeDefined();
    expect(Date.parse(times[0] ?? '')).toBeLessThanOrEqual(Date.parse(before.stored?.oldest ?? ''));
    expect(times).toEqual([...times].sort());
    expect(new Set(times).size).toBe(times.length);
    expect([...first.warnings, ...second.warnings].filter((line) => /sqlite|store/i.test(line))).toEqual([]);
  }, 120_000);
});
