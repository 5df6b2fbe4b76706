import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, describe, expect, it } from 'vitest';
import { Connection } from '../../../src/mqtt/connection/connection';
import type { ConnectionOptions } from '../../../src/mqtt/client/connection-options';
import { Mosquitto, mosquittoAvailable, type MosquittoOptions } from '../../support/mqtt/mosquitto';
import { MosquittoSubscriber } from '../../support/mqtt/mosquitto-clients';
import { CuttingProxy } from '../../support/mqtt/cutting-proxy';
import { connectionOptions, realPorts } from '../../support/mqtt/mqtt-options';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function startBroker(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const broker = await Mosquitto.start(options);
  cleanups.push(() => broker.remove());
  return broker;
}

async function startSubscriber(broker: Mosquitto, filter: string, args: string[] = []): Promise<MosquittoSubscriber> {
  const subscriber = await MosquittoSubscriber.start(broker.plain, filter, { args });
  cleanups.push(() => subscriber.stop());
  return subscriber;
}

function openConnection(broker: Mosquitto, changes: Partial<ConnectionOptions> = {}): Connection {
  const connection = new Connection(connectionOptions(broker.url, changes), realPorts);
  cleanups.push(() => connection.close());
  connection.open();
  return connection;
}

/** mosquitto's own limits out of the way: it would drop messages for a subscriber that is away. */
const UNLIMITED = ['max_queued_messages 0', 'max_inflight_messages 0'];

const COUNT = 2000;

/** Publishes 0 ... 1999 within about a second; resolves when all are through. */
async function publishMany(connection: Connection, qos: 1 | 2, onEach: (index: number) => void): Promise<void> {
  const all: Promise<void>[] = [];
  for (let index = 0; index < COUNT; index++) {
    all.push(connection.publish('plant/count', String(index), { qos, retained: false, waitTimeoutMs: 0 }));
    onEach(index);
    if (index % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
  }
  await Promise.all(all);
}

function uniqueIn(subscriber: MosquittoSubscriber): number {
  return new Set(subscriber.messages.map(({ payload }) => payload.toString())).size;
}

describe.skipIf(!mosquittoAvailable())('Faults', () => {
  it('the will is published when the process is killed, bytes as given', async () => {
    const broker = await startBroker();
    const subscriber = await startSubscriber(broker, 'plant/#');
    const directory = await mkdtemp(join(tmpdir(), 'devicelink-child-'));
    cleanups.push(() => rm(directory, { recursive: true, force: true }));
    const outfile = join(directory, 'child.cjs');
    const entry = join(import.meta.dirname, '../../support/mqtt/mqtt-child.ts');
    await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' });
    const bytes = Buffer.from([0, 1, 0xc3, 0x28, 0xff]);
    const will = { topic: 'plant/boiler/$will', base64: bytes.toString('base64'), qos: 1, retained: false };
    const child = spawn(process.execPath, [outfile, JSON.stringify({ url: broker.url, will })], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const [message] = await subscriber.waitFor(1);
    expect(message).toMatchObject({ topic: 'plant/boiler/$will', payload: bytes, qos: 1 });
  });

  it('the will is not published on an orderly close', async () => {
    const broker = await startBroker();
    const subscriber = await startSubscriber(broker, 'plant/#');
    const will = { topic: 'plant/$will', payload: Buffer.from('gone'), qos: 1, retained: false } as const;
    const connection = openConnection(broker, { will });
    await once(connection.events, 'connected');
    void connection.publish('plant/last', 'word', { qos: 1, retained: false, waitTimeoutMs: 0 });
    await connection.close();
    const witness = openConnection(broker);
    await witness.publish('plant/end', '', { qos: 1, retained: false, waitTimeoutMs: 0 });
    const seen = await subscriber.waitFor(2);
    expect(seen.map(({ topic }) => topic)).toEqual(['plant/last', 'plant/end']);
  });

  it.each([1, 2] as const)(
    'nothing is lost when the broker restarts in the middle of QoS %i publishing',
    async (qos) => {
      const broker = await startBroker({ persistent: true, lines: UNLIMITED });
      const subscriber = await startSubscriber(broker, 'plant/#', ['-c', '-i', 'witness']);
      const connection = openConnection(broker, {
        cleanSession: false,
        clientId: 'publisher',
        messageChannelDepth: 5000,
      });
      await once(connection.events, 'connected');
      const restart = async (): Promise<void> => {
        await broker.stop();
        await broker.start();
      };
      await publishMany(connection, qos, (index) => {
        if (index === 700) void restart();
      });
      expect(connection.statistics).toMatchObject({ sent: COUNT, queued: 0, dropped: 0 });
      await expect.poll(() => uniqueIn(subscriber), { timeout: 10_000 }).toBe(COUNT);
    },
  );

  it.each([1, 2] as const)(
    'nothing is lost when the network breaks in the middle of QoS %i publishing',
    async (qos) => {
      const broker = await startBroker({ lines: UNLIMITED });
      const subscriber = await startSubscriber(broker, 'plant/#');
      const proxy = await CuttingProxy.start(broker.port);
      cleanups.push(() => proxy.stop());
      const options = {
        cleanSession: false,
        clientId: 'publisher',
        messageChannelDepth: 5000,
        maxReconnectIntervalMs: 0,
      };
      const connection = new Connection(connectionOptions(proxy.url, options), realPorts);
      cleanups.push(() => connection.close());
      connection.open();
      await publishMany(connection, qos, (index) => {
        if (index % 300 === 299) proxy.cut();
      });
      expect(connection.statistics).toMatchObject({ sent: COUNT, queued: 0, dropped: 0 });
      await expect.poll(() => uniqueIn(subscriber), { timeout: 10_000 }).toBe(COUNT);
      expect(proxy.cuts).toBeGreaterThan(3);
      if (qos === 2) expect(subscriber.messages).toHaveLength(COUNT);
    },
  );
});
