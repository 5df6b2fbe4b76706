import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { MqttExtension } from '../../../../src/mqtt/extension/extension';
import { combinedLive } from '../../../../src/mqtt/extension/observed-status';
import { parseExtension } from '../../../../src/mqtt/extension/options';
import { storeFile } from '../../../../src/mqtt/store/store-settings';
import { realPorts } from '../../../support/mqtt/mqtt-options';
import { StoreBench } from '../../../support/mqtt/store-bench';
import { freePort } from '../../../support/system/free-port';

const parse = (store: object, more: object = {}) =>
  parseExtension(
    { client: { server: 'tcp://127.0.0.1:1883', store, ...more }, message: { topic: { prefix: 'plant' }, qos: 1 } },
    {},
    { readFile: () => '', extensionId: 'x1', extensionUid: 'A9 8', userDirectory: '/home/user/.node-red' },
  );

const storeOf = (store: object): unknown => {
  const parsed = parse(store);
  if (!parsed.ok) throw new Error('it should be right');
  return parsed.value.client.store;
};

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe('client.store', () => {
  it('is a directory of the extension in the user directory, below another there, or anywhere', () => {
    const uid = expect.stringMatching(/^a9_8-[0-9a-f]{12}$/) as unknown;
    const directoryOf = (prefix: string): string =>
      (storeOf({ type: 'file', directoryPrefix: prefix }) as { directory: string }).directory;
    for (const [prefix, expected] of [
      ['', '/home/user/.node-red/devicelink/mqtt'],
      ['queue', '/home/user/.node-red/queue'],
      ['/var/lib/queue/', '/var/lib/queue'],
    ] as const) {
      const directory = directoryOf(prefix);
      expect([directory.slice(0, directory.lastIndexOf('/')), directory.slice(directory.lastIndexOf('/') + 1)]).toEqual(
        [expected, uid],
      );
    }
  });

  it('waits for the medium unless told otherwise, and has a bound in bytes', () => {
    expect(storeOf({ type: 'file' })).toMatchObject({ durability: 'always', maxBytes: 268_435_456 });
    expect(storeOf({ type: 'file', durability: 'interval', maxBytes: '5000000' })).toMatchObject({
      durability: 'interval',
      maxBytes: 5_000_000,
    });
    expect(storeOf({ durability: 'interval' })).toEqual({ type: 'memory' });
  });

  it('lets many more messages wait in a file', () => {
    expect(parse({ type: 'file' }, { messageChannelDepth: 10_000_000 }).ok).toBe(true);
    expect(parse({ type: 'memory' }, { messageChannelDepth: 10_000_000 }).ok).toBe(false);
  });

  it('has a file for each client id, whatever is in that', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, other) => {
        const [first, second] = [storeFile('/d', one), storeFile('/d', other)];
        expect(first).toMatch(/^\/d\/[a-z0-9_-]{1,80}\.db$/);
        expect(first === second).toBe(one === other);
      }),
    );
    expect(storeFile('/d', 'octopus-9e8efcb0')).toBe('/d/octopus-9e8efcb0.db');
    expect(storeFile('/d', 'Pump')).not.toBe(storeFile('/d', 'pump'));
  });
});

describe('the status of an extension with a file store', () => {
  it('has depth, bytes and age, and where it is', async () => {
    const bench = new StoreBench();
    cleanups.push(() => bench.dispose());
    const server = `tcp://127.0.0.1:${await freePort()}`;
    const store = { type: 'file', directoryPrefix: bench.directory };
    const parsed = parse(store, { server, clientID: 'one' });
    if (!parsed.ok) throw new Error('it should be right');
    const extension = new MqttExtension(parsed.value, realPorts);
    cleanups.push(() => extension.close());
    const device = { name: 'boiler', namespace: 'default', uid: 'boiler', protocol: 'test' };
    const topic = extension.attach({ device });
    const before = Date.now();
    await topic.publish('23.5', { until: 'stored' });
    const { client, stored, queued } = extension.status();
    const directory = (parsed.value.client.store as { directory: string }).directory;
    expect(client.store).toEqual({ type: 'file', directory, durability: 'always', maxBytes: 268_435_456 });
    expect([queued, stored?.messages, stored?.bytes]).toEqual([1, 1, 'plant/default/boiler'.length + 4]);
    expect(Date.parse(stored?.oldest ?? '')).toBeGreaterThanOrEqual(before);
    expect(storeFile(directory, 'one')).toBe(join(directory, 'one.db'));
  });

  it('of several connections is added up; the oldest, and what fails, show', () => {
    const live = { connected: true, sent: 0, received: 0, queued: 0, dropped: 0 };
    const lastError = { code: 'MQTT_STORE_FULL', message: 'full' };
    expect(
      combinedLive([
        { ...live, stored: { messages: 1, bytes: 10, oldest: '2026-01-02T00:00:00.000Z' } },
        { ...live, stored: { messages: 2, bytes: 20, oldest: '2026-01-01T00:00:00.000Z', lastError } },
        { ...live, stored: { messages: 0, bytes: 0 } },
      ]).stored,
    ).toEqual({ messages: 3, bytes: 30, oldest: '2026-01-01T00:00:00.000Z', lastError });
    expect(combinedLive([live]).stored).toBeUndefined();
  });
});
