import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { once } from 'node:events';
import { systemClock, type Ports } from '../../../src/base/ports';
import { MqttExtension } from '../../../src/mqtt/extension/extension';
import type { DeviceTopic } from '../../../src/mqtt/extension/device-topic';
import { MemoryLog } from '../../support/fakes/fake-clock';
import { Mosquitto, mosquittoAvailable } from '../../support/mqtt/mosquitto';
import { mosquittoPublish, MosquittoSubscriber } from '../../support/mqtt/mosquitto-clients';
import { extensionConfig, identity } from '../../support/mqtt/mqtt-extension';

describe.skipIf(!mosquittoAvailable())('an MQTT extension and mosquitto', () => {
  let broker: Mosquitto;
  const extensions: MqttExtension[] = [];
  const links: DeviceTopic[] = [];
  const witnesses: MosquittoSubscriber[] = [];

  beforeEach(async () => {
    broker = await Mosquitto.start();
  });
  afterEach(async () => {
    await Promise.all(links.splice(0).map((link) => link.detach()));
    await Promise.all(extensions.splice(0).map((extension) => extension.close()));
    await Promise.all(witnesses.splice(0).map((witness) => witness.stop()));
    await broker.remove();
  });

  const start = (raw: Record<string, unknown> = {}, log = new MemoryLog()): MqttExtension => {
    const client = { server: broker.url, ...(raw['client'] as object | undefined) };
    const ports: Ports = { clock: systemClock, log, random: () => 0 };
    const config = extensionConfig({ message: { topic: { prefix: 'plant' } }, ...raw, client });
    const extension = new MqttExtension(config, ports);
    extensions.push(extension);
    return extension;
  };

  const attach = async (extension: MqttExtension, number: number, message = {}): Promise<DeviceTopic> => {
    const link = extension.attach({ device: identity(number), message });
    links.push(link);
    if (!link.isConnected) await once(link.events, 'connected');
    return link;
  };

  const witness = async (filter: string): Promise<MosquittoSubscriber> => {
    const subscriber = await MosquittoSubscriber.start(broker.plain, filter);
    witnesses.push(subscriber);
    return subscriber;
  };

  /** Client ids of the connections that the broker has accepted, but for its own tools. */
  const clients = (): string[] =>
    [...broker.output.matchAll(/New client connected from \S+ as (octopus-\S+|gateway\S*) /g)].map(([, id]) => id!);

  it('shares one connection, with all QoS levels, retained and per-device topics', async () => {
    const seen = await witness('plant/#');
    const extension = start();
    const one = await attach(extension, 1);
    const two = await attach(extension, 2, { qos: 2, retained: true });
    await one.publish({ n: 1 });
    await one.publish('23.5', { suffix: 'temperature', qos: 1 });
    await two.publish(Buffer.from([0, 255]));
    expect((await seen.waitFor(3)).map(({ topic, payload, qos }) => [topic, payload.toString('latin1'), qos])).toEqual([
      ['plant/default/device-1', '{"n":1}', 0],
      ['plant/default/device-1/temperature', '23.5', 1],
      ['plant/default/device-2', '\0\xff', 2],
    ]);
    const late = await witness('plant/#');
    expect(await late.waitFor(1)).toMatchObject([{ topic: 'plant/default/device-2', retained: true }]);
    await expect.poll(clients).toEqual(['octopus-9e8efcb04b7945e7a4c43349562292e3']);
  });

  it('opens with the first user, closes with the last, and opens again', async () => {
    const extension = start();
    const one = await attach(extension, 1);
    const two = await attach(extension, 2);
    expect(extension.status()).toMatchObject({ connected: true, message: { topicName: 'plant/:namespace/:name' } });
    expect(extension.status()).not.toHaveProperty('lastError');
    await one.detach();
    expect(two.isConnected).toBe(true);
    await two.detach();
    expect(extension.status().connected).toBe(false);
    const again = await attach(extension, 1);
    await again.publish('back', { qos: 1 });
    await expect.poll(clients).toHaveLength(2);
  });

  it('gives each device a connection of its own where dedicated', async () => {
    const extension = start({ connection: 'dedicated', client: { clientID: 'gateway', protocolVersion: 3 } });
    const users = await Promise.all([1, 2].map((number) => attach(extension, number)));
    await expect.poll(() => new Set(clients()).size).toBe(2);
    for (const id of clients()) expect(id).toMatch(/^gateway-[0-9a-f]{15}$/);
    await Promise.all(users.map((link) => link.publish('x', { qos: 2 })));
    expect(extension.status()).toMatchObject({ connected: true, sent: 2 });
  });

  it('gives each device the client id that access lists of the broker name', async () => {
    const extension = start({ version: 2, connection: 'dedicated', client: { clientID: 'gateway-:name' } });
    await Promise.all([1, 2].map((number) => attach(extension, number)));
    await expect.poll(() => [...clients()].sort()).toEqual(['gateway-device-1', 'gateway-device-2']);
  });

  /** A client that takes over the id makes the broker cut off the one before without DISCONNECT: a loss. */
  const takeOver = (clientId: string): Promise<void> =>
    mosquittoPublish(broker.plain, 'x', 'x', { args: ['-i', clientId] });

  it('has its will sent under the prefix (shared), with the bytes of its Base64', async () => {
    const will = { payloadEncode: 'base64', payloadContent: 'AP8=', qos: 1, retained: true };
    const seen = await witness('plant/#');
    const link = await attach(start({ client: { will, autoReconnect: false } }), 1);
    await takeOver(link.status().client.clientID);
    expect(await seen.waitFor(1)).toMatchObject([{ topic: 'plant/$will', payload: Buffer.from([0, 255]), qos: 1 }]);
    expect(link.status().client.will?.topicName).toBe('plant/$will');
  });

  it('has each device of its own will sent (dedicated)', async () => {
    const seen = await witness('plant/#');
    const will = { payloadContent: 'offline' };
    const extension = start({ connection: 'dedicated', client: { will, autoReconnect: false } });
    const users = await Promise.all([1, 2].map((number) => attach(extension, number)));
    await takeOver(users[1]!.status().client.clientID);
    const [message] = await seen.waitFor(1);
    expect(message).toMatchObject({ topic: 'plant/default/device-2/$will', payload: Buffer.from('offline') });
    expect(users.map((link) => link.isConnected)).toEqual([true, false]);
  });

  it('tells at what the topics of all devices begin with whether the shared connection is there', async () => {
    const seen = await witness('plant/$availability');
    const extension = start({ publish: { availability: true } });
    await Promise.all([1, 2].map((number) => attach(extension, number)));
    await seen.waitFor(1);
    await extension.close();
    const told = (await seen.waitFor(2)).map(({ payload }) => payload.toString());
    expect(told).toEqual(['online', 'offline']);
  });

  it('sends no will when it closes in order', async () => {
    const seen = await witness('#');
    const extension = start({ client: { will: { payloadContent: 'offline' } } });
    await attach(extension, 1);
    await extension.close();
    await mosquittoPublish(broker.plain, 'end', '');
    expect((await seen.waitFor(1)).map(({ topic }) => topic)).toEqual(['end']);
  });

  it('speaks Base64 both ways, and survives what is not', async () => {
    const seen = await witness('plant/default/device-1/out');
    const link = await attach(start({ message: { topic: { prefix: 'plant' }, payloadEncode: 'base64' } }), 1);
    const problem = once(link.events, 'problem');
    const commands: string[] = [];
    const done = new Promise<void>((resolve) => {
      void link.subscribe(
        'in',
        ({ payload }) => {
          if (commands.push(payload.toString()) === 2) resolve();
        },
        { qos: 1 },
      );
    });
    await mosquittoPublish(broker.plain, `${link.topic}/in`, 'dGVzdGVk', { retained: true });
    await mosquittoPublish(broker.plain, `${link.topic}/in`, '%%%');
    await mosquittoPublish(broker.plain, `${link.topic}/in`, 'Z29sYW5nICt-CiA');
    await done;
    expect(commands).toEqual(['tested', 'golang +~\n ']);
    expect(await problem).toMatchObject([{ code: 'BAD_VALUE' }]);
    await link.publish({ a: 1n }, { suffix: 'out' });
    const [message] = await seen.waitFor(1);
    expect(message!.payload.toString()).toBe(Buffer.from('{"a":1}').toString('base64'));
  });

  it('ends the subscriptions of a device that leaves others behind', async () => {
    const extension = start();
    const [one, two] = [await attach(extension, 1), await attach(extension, 2)];
    const seen: string[] = [];
    await one.subscribe('set', () => seen.push('one'), { qos: 1 });
    const arrived = new Promise<void>((resolve) => {
      void two.subscribe('set', () => {
        seen.push('two');
        resolve();
      });
    });
    await one.detach();
    expect(broker.output).toMatch(/UNSUBSCRIBE[^]*plant\/default\/device-1\/set/);
    await mosquittoPublish(broker.plain, 'plant/default/device-1/set', 'x');
    await mosquittoPublish(broker.plain, 'plant/default/device-2/set', 'x');
    await arrived;
    expect(seen).toEqual(['two']);
  });

  it('two devices with one static topic both get what comes for it', async () => {
    const extension = start({ message: { topic: { name: 'all' } } });
    const seen: number[] = [];
    const users = [await attach(extension, 1), await attach(extension, 2)];
    await Promise.all(users.map((link, index) => link.subscribe('set', () => seen.push(index), { qos: 1 })));
    await mosquittoPublish(broker.plain, 'all/set', 'x');
    await expect.poll(() => seen.toSorted()).toEqual([0, 1]);
  });

  it('refuses topics that would make the broker hang up, and goes on', async () => {
    const seen = await witness('plant/#');
    const link = await attach(start(), 1);
    await expect(link.publish('x', { suffix: 'a/+', qos: 1 })).rejects.toMatchObject({ code: 'MQTT_BAD_TOPIC' });
    await expect(link.publish('x', { suffix: 'a\0' })).rejects.toMatchObject({ code: 'MQTT_BAD_TOPIC' });
    await expect(link.subscribe('a#', () => undefined)).rejects.toMatchObject({ code: 'MQTT_BAD_TOPIC' });
    await expect(link.publish(undefined)).rejects.toMatchObject({ code: 'BAD_VALUE' });
    await link.publish('fine', { qos: 1 });
    expect(await seen.waitFor(1)).toMatchObject([{ payload: Buffer.from('fine') }]);
    expect(link.isConnected).toBe(true);
  });

  it('reports sent, received, queued and the reason of a loss, never the password', async () => {
    const client = { server: broker.url, httpHeaders: { Authorization: ['hunter2'] }, maxReconnectInterval: '1s' };
    const config = extensionConfig(
      { client, message: { topic: { name: 'a' } } },
      { username: 'u', password: 'hunter2' },
    );
    const extension = new MqttExtension(config, { clock: systemClock, log: new MemoryLog(), random: () => 0 });
    extensions.push(extension);
    const link = await attach(extension, 1);
    const arrived = new Promise(
      (resolve) => void link.subscribe('in', resolve, { qos: 1 }).then(() => link.publish('x', { suffix: 'in' })),
    );
    await arrived;
    const up = link.status();
    expect(up).toMatchObject({ connected: true, sent: 1, received: 1, queued: 0, client: { configBasicAuth: true } });
    expect(Date.now() - Date.parse(up.connectedSince!)).toBeLessThan(10_000);
    const lost = once(link.events, 'disconnected');
    await broker.stop();
    await lost;
    const pending = link.publish('later', { qos: 1 });
    expect(link.status()).toMatchObject({ connected: false, queued: 1, lastError: { code: expect.any(String) } });
    expect(JSON.stringify([up, link.status()])).not.toContain('hunter2');
    await broker.start();
    await pending;
    expect(link.status()).toMatchObject({ connected: true, sent: 2, queued: 0 });
  });

  it('gets what came while it was away, where the session is persistent', async () => {
    const raw = { client: { cleanSession: false } };
    const before = start(raw);
    await (await attach(before, 1)).subscribe('set', () => undefined, { qos: 1 });
    await before.close();
    await mosquittoPublish(broker.plain, 'plant/default/device-1/set', 'stored');
    const link = start(raw).attach({ device: identity(1) });
    links.push(link);
    const stored = new Promise((resolve, reject) => {
      link.subscribe('set', ({ payload }) => resolve(payload.toString()), { qos: 1 }).catch(reject);
    });
    expect(await stored).toBe('stored');
  });

  it('settles everything when it closes while the broker is away', async () => {
    const extension = start();
    const link = await attach(extension, 1);
    const lost = once(link.events, 'disconnected');
    await broker.kill();
    await lost;
    const outcome = link.publish('x', { qos: 2 }).catch((error: unknown) => error);
    const subscribed = link.subscribe('set', () => undefined).catch((error: unknown) => error);
    const before = Date.now();
    await extension.close();
    expect(Date.now() - before).toBeLessThan(5000);
    expect(await outcome).toMatchObject({ code: 'CLOSED' });
    expect(await subscribed).toMatchObject({ code: 'CLOSED' });
  });
});
