import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DeviceError } from '../../../src/base/errors';
import { systemClock } from '../../../src/base/ports';
import { MqttExtension, parseExtension } from '../../../src/mqtt/extension/extension';
import { TestAuthority, type KeyPair } from '../../support/system/certificates';
import { MemoryLog } from '../../support/fakes/fake-clock';
import { Mosquitto, mosquittoAvailable, type MosquittoOptions } from '../../support/mqtt/mosquitto';
import { identity } from '../../support/mqtt/mqtt-extension';

describe.skipIf(!mosquittoAvailable())('an MQTT extension over every transport', () => {
  let authority: TestAuthority;
  let stranger: TestAuthority;
  let server: KeyPair;
  let client: KeyPair;
  const endings: (() => Promise<void>)[] = [];

  beforeAll(() => {
    authority = new TestAuthority();
    stranger = new TestAuthority('Stranger');
    server = authority.issue('broker', { altNames: 'DNS:broker.example,IP:127.0.0.1,IP:::1' });
    client = authority.issue('client');
  });
  afterAll(() => {
    authority.remove();
    stranger.remove();
  });
  afterEach(async () => {
    for (const end of endings.splice(0).reverse()) await end();
  });

  const broker = async (options: MosquittoOptions): Promise<Mosquitto> => {
    const started = await Mosquitto.start(options);
    endings.push(() => started.remove());
    return started;
  };

  const extension = (settings: Record<string, unknown>, credentials: Record<string, string>): MqttExtension => {
    const raw = { client: settings, message: { topic: { prefix: 'p' } } };
    const environment = { readFile: (path: string) => readFileSync(path, 'utf8'), extensionId: 'x', extensionUid: 'x' };
    const parsed = parseExtension(raw, credentials, environment);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const made = new MqttExtension(parsed.value, { clock: systemClock, log: new MemoryLog(), random: () => 0 });
    endings.push(() => made.close());
    return made;
  };

  /** Publishes and gets back what it published; rejects with the reason of a failed connect. */
  const roundTrip = async (
    settings: Record<string, unknown>,
    credentials: Record<string, string> = {},
  ): Promise<string> => {
    const link = extension(settings, credentials).attach({ device: identity(1) });
    endings.push(() => link.detach());
    const refused = once(link.events, 'disconnected').then(([error]) => Promise.reject(error as DeviceError));
    const back = new Promise<string>((resolve, reject) => {
      link.subscribe('echo', ({ payload }) => resolve(payload.toString()), { qos: 1 }).catch(reject);
      once(link.events, 'connected')
        .then(() => link.publish('hello', { suffix: 'echo', qos: 1 }))
        .catch(reject);
    });
    return Promise.race([back, refused]);
  };

  it.each([
    ['plain', '127.0.0.1', 'tcp://127.0.0.1:PORT'],
    ['plain', '::1', 'mqtt://[::1]:PORT'],
    ['ws', '127.0.0.1', 'ws://127.0.0.1:PORT'],
    ['ws', '127.0.0.1', 'ws://localhost:PORT/mqtt'],
  ] as const)('%s listener on %s: %s', async (listener, host, url) => {
    const { port } = await broker({ listener, host });
    expect(await roundTrip({ server: url.replace('PORT', String(port)) })).toBe('hello');
  });

  it('unix socket', async () => {
    const { socketPath } = await broker({ listener: 'unix' });
    expect(await roundTrip({ server: `unix://${socketPath}` })).toBe('hello');
  });

  it.each(['ssl', 'tls', 'tcps', 'mqtts', 'wss'])('%s with an authority of its own', async (scheme) => {
    const { port } = await broker({ listener: scheme === 'wss' ? 'wss' : 'tls', server });
    const url = `${scheme}://127.0.0.1:${port}`;
    expect(await roundTrip({ server: url }, { caFilePEM: authority.ca })).toBe('hello');
    await expect(roundTrip({ server: url }, { caFilePEM: stranger.ca })).rejects.toMatchObject({
      code: 'TLS_UNKNOWN_CA',
    });
    await expect(roundTrip({ server: url })).rejects.toMatchObject({ code: 'TLS_UNKNOWN_CA' });
    expect(await roundTrip({ server: url, tlsConfig: { insecureSkipVerify: true } })).toBe('hello');
  });

  it.each(['mqtts', 'wss'])('%s checks the certificate against serverName', async (scheme) => {
    const { port } = await broker({ listener: scheme === 'wss' ? 'wss' : 'tls', server });
    const url = `${scheme}://127.0.0.1:${port}`;
    const named = (serverName: string) => ({ server: url, tlsConfig: { serverName } });
    expect(await roundTrip(named('broker.example'), { caFilePEM: authority.ca })).toBe('hello');
    await expect(roundTrip(named('other.example'), { caFilePEM: authority.ca })).rejects.toMatchObject({
      code: expect.stringMatching(/^TLS_/),
    });
  });

  it('a client certificate from files, and none', async () => {
    const { port } = await broker({ listener: 'tls', server, clientCaFile: authority.caFile });
    const url = `mqtts://127.0.0.1:${port}`;
    const files = { certFilePEM: `file:${client.certFile}`, keyFilePEM: `file:${client.keyFile}` };
    expect(await roundTrip({ server: url }, { caFilePEM: `file:${authority.caFile}`, ...files })).toBe('hello');
    await expect(roundTrip({ server: url }, { caFilePEM: authority.ca })).rejects.toBeInstanceOf(Error);
  });

  it.each([3, 4, 5, 0])('protocol version %i with user name and password', async (protocolVersion) => {
    const { url } = await broker({ users: { joe: 'hunter2' } });
    const settings = { server: url, protocolVersion };
    expect(await roundTrip(settings, { username: 'joe', password: 'hunter2' })).toBe('hello');
    const refused = roundTrip(settings, { username: 'joe', password: 'hunter3' });
    await expect(refused).rejects.toMatchObject({ message: expect.not.stringContaining('hunter3') });
  });
});
