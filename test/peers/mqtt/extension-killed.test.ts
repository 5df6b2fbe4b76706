import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Mosquitto, mosquittoAvailable } from '../../support/mqtt/mosquitto';
import { mosquittoPublish, MosquittoSubscriber } from '../../support/mqtt/mosquitto-clients';

const root = join(import.meta.dirname, '../../..');

/** A program of its own that attaches one device, publishes once and stays. */
const PROGRAM = `
  import { MqttExtension, parseExtension } from './src/mqtt/extension/extension';
  import { systemClock } from './src/base/ports';
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const environment = { readFile: () => '', extensionId: 'x', extensionUid: 'x' };
  const raw = JSON.parse(process.argv[2]);
  const parsed = parseExtension(raw, {}, environment);
  const extension = new MqttExtension(parsed.value, { clock: systemClock, log: quiet, random: Math.random });
  const device = { name: 'boiler', namespace: 'default', uid: 'boiler', protocol: 'test' };
  const topic = extension.attach({ device, availability: true });
  if (raw.publish) void topic.publish('online', { suffix: '$availability', retained: true, plain: true });
  void topic.publish('alive', { qos: 1 });
`;

describe.skipIf(!mosquittoAvailable())('a killed process', () => {
  let directory: string;
  let program: string;
  let broker: Mosquitto;
  let child: ChildProcess | undefined;

  beforeAll(async () => {
    // Inside the repository, so that node finds MQTT.js.
    directory = mkdtempSync(join(root, 'node_modules/.devicelink-test-'));
    program = join(directory, 'program.cjs');
    const stdin = { contents: PROGRAM, resolveDir: root, loader: 'ts' as const };
    await build({ stdin, outfile: program, bundle: true, platform: 'node', format: 'cjs', external: ['mqtt'] });
    broker = await Mosquitto.start();
  });
  afterEach(() => {
    child?.kill('SIGKILL');
  });
  afterAll(async () => {
    await broker.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  it.each([
    ['shared', 'plant/$will'],
    ['dedicated', 'plant/default/boiler/$will'],
  ])('has its will sent (%s)', async (connection, topic) => {
    const seen = await MosquittoSubscriber.start(broker.plain, 'plant/#');
    const will = { payloadContent: 'offline', qos: 1 };
    const raw = { client: { server: broker.url, will }, message: { topic: { prefix: 'plant' } }, connection };
    child = spawn(process.execPath, [program, JSON.stringify(raw)], { stdio: ['ignore', 'inherit', 'inherit'] });
    await seen.waitFor(1);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const [alive, last] = await seen.waitFor(2);
    await seen.stop();
    expect([alive?.topic, alive?.payload.toString()]).toEqual(['plant/default/boiler', 'alive']);
    expect([last?.topic, last?.payload.toString(), last?.qos]).toEqual([topic, 'offline', 1]);
  });

  it.each([
    ['shared', { 'plant/$availability': 'offline', 'plant/default/boiler/$availability': 'online' }],
    ['dedicated', { 'plant/default/boiler/$availability': 'offline' }],
  ])('is no longer available to those who come later, without any will configured (%s)', async (connection, kept) => {
    const client = { server: broker.url, clientID: `${connection}-1` };
    const topics = { topic: { prefix: 'plant' }, qos: 1 };
    const raw = { version: 2, client, message: topics, connection, publish: { availability: true } };
    const seen = await MosquittoSubscriber.start(broker.plain, 'plant/#');
    child = spawn(process.execPath, [program, JSON.stringify(raw)], { stdio: ['ignore', 'inherit', 'inherit'] });
    await expect.poll(() => seen.messages.some(({ payload }) => payload.toString() === 'alive')).toBe(true);
    child.kill('SIGKILL');
    await expect.poll(() => seen.messages.at(-1)?.payload.toString()).toBe('offline');
    await seen.stop();
    const late = await MosquittoSubscriber.start(broker.plain, 'plant/#');
    await late.waitFor(Object.keys(kept).length);
    await late.stop();
    const retained = late.messages.map(({ topic, payload }) => [topic, payload.toString()]);
    expect(Object.fromEntries(retained)).toEqual(kept);
    for (const topic of Object.keys(kept)) await mosquittoPublish(broker.plain, topic, '', { retained: true });
  });
});
