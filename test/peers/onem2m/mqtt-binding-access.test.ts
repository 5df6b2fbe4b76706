import { pemReferences, readPemFiles } from '../../../src/net/pem-files';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'mqtt';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { DeviceError } from '../../../src/base/errors';
import type { MqttBinding } from '../../../src/onem2m/binding/mqtt/mqtt';
import { connectionOptionsOf } from '../../../src/onem2m/binding/mqtt/own-connection';
import { parseEndpoint } from '../../../src/onem2m/binding/endpoint';
import { TestAuthority } from '../../support/system/certificates';
import { mosquittoAvailable, type Mosquitto } from '../../support/mqtt/mosquitto';
import { OneM2MBench } from '../../support/onem2m/onem2m-mqtt-bench';

const DYNAMIC_SECURITY = [
  '/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so',
  '/usr/lib/aarch64-linux-gnu/mosquitto_dynamic_security.so',
].find((path) => existsSync(path));

const bench = new OneM2MBench();
afterEach(() => bench.clear());

async function lossOf({ events }: MqttBinding): Promise<DeviceError> {
  const [error] = (await once(events, 'down')) as [DeviceError];
  return error;
}

/** Whether the broker has a session of this client, as it says itself in CONNACK. */
async function hasSession(broker: Mosquitto, clientId: string): Promise<boolean> {
  const witness = connect(broker.url, { clientId, clean: false, reconnectPeriod: 0 });
  const isPresent = await new Promise<boolean>((resolve, reject) => {
    witness.once('connect', ({ sessionPresent }) => resolve(sessionPresent)).once('error', reject);
  });
  await witness.endAsync();
  return isPresent;
}

const filesOf = (credentials: object) => readPemFiles(pemReferences(credentials));

describe.skipIf(!mosquittoAvailable())('who may talk to mosquitto', () => {
  const authority = new TestAuthority();
  const stranger = new TestAuthority('Another CA');
  const server = authority.issue('localhost', { altNames: 'DNS:localhost' });
  const client = authority.issue('Cae');
  afterAll(() => {
    authority.remove();
    stranger.remove();
  });

  const url = (broker: Mosquitto): string => broker.url.replace('127.0.0.1', 'localhost');
  const pair = { certFilePEM: client.cert, keyFilePEM: `file:${client.keyFile}` };

  it.each(['tls', 'wss'] as const)('over %s: who has the certificate', async (listener) => {
    const broker = await bench.startBroker({ listener, server, clientCaFile: authority.caFile });
    await bench.startCse(broker);
    const credentials = { caFilePEM: `file:${authority.caFile}`, ...pair };
    const { seen, send } = await bench.createUp(url(broker), {}, { credentials, readFile: await filesOf(credentials) });
    await send();
    await expect.poll(() => seen.responses).toHaveLength(1);

    const without = bench.create(url(broker), {}, { clientId: 'A::Cx', credentials: { caFilePEM: authority.ca } });
    expect(await lossOf(without.binding)).toMatchObject({ code: 'TLS_CLIENT_CERTIFICATE' });
  });

  it('not whose CA is another, or is not given', async () => {
    const broker = await bench.startBroker({ listener: 'tls', server });
    for (const credentials of [{ caFilePEM: stranger.ca }, {}]) {
      const { binding } = bench.create(url(broker), {}, { credentials });
      const error = await lossOf(binding);
      expect(error).toMatchObject({
        code: 'TLS_UNKNOWN_CA',
        advice: expect.stringMatching(/CA certificate/) as string,
      });
      await binding.close();
    }
  });

  it.each([
    ['mqtt://plant:p%40ss@', {}],
    ['mqtt://other:wrong@', { username: 'plant', password: 'p@ss' }],
  ])('who has the password: %s with %j', async (start, credentials) => {
    const broker = await bench.startBroker({ users: { plant: 'p@ss' } });
    const address = broker.url.replace('mqtt://', start);
    const { binding } = await bench.createUp(address, {}, { credentials });
    expect(binding.isUp).toBe(true);
  });

  it('not who has another password, which no message shows', async () => {
    const broker = await bench.startBroker({ users: { plant: 'p@ss' } });
    const { binding } = bench.create(broker.url.replace('mqtt://', 'mqtt://plant:hunter2@'));
    const error = await lossOf(binding);
    expect(error.message).toMatch(/user name or password|not authori[sz]ed/i);
    expect(`${error.message} ${error.advice ?? ''}`).not.toContain('hunter2');
  });

  it.skipIf(DYNAMIC_SECURITY === undefined)('not who may not hear the answers: the topic is named', async () => {
    const acl = (acltype: string, topic: string, allow: boolean) => ({ acltype, topic, priority: 1, allow });
    const rights = {
      defaultACLAccess: { publishClientSend: true, publishClientReceive: true, subscribe: true, unsubscribe: true },
      anonymousGroup: 'all',
      roles: [
        {
          rolename: 'deaf',
          acls: [acl('subscribePattern', '/oneM2M/resp/#', false), acl('subscribePattern', 'Cae/json', false)],
        },
      ],
      groups: [{ groupname: 'all', roles: [{ rolename: 'deaf', priority: 1 }], clients: [] }],
      clients: [],
    };
    const file = join(authority.directory, 'rights.json');
    writeFileSync(file, JSON.stringify(rights));
    const lines = [`plugin ${DYNAMIC_SECURITY ?? ''}`, `plugin_opt_config_file ${file}`];
    const broker = await bench.startBroker({ lines });
    const { binding, seen, send } = await bench.createUp(broker.url);
    await expect(send()).rejects.toMatchObject({
      code: 'MQTT_SUBSCRIBE_REFUSED',
      message: expect.stringContaining('/oneM2M/resp/Cae/#') as string,
    });
    await binding.listen('Cae');
    expect(seen.problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('/oneM2M/resp/Cae/#'),
      expect.stringContaining('Cae/json'),
    ]);
  });
});

describe.skipIf(!mosquittoAvailable())('leaving mosquitto', () => {
  it('keeps the session for notifications that come meanwhile', async () => {
    const broker = await bench.startBroker();
    const cse = await bench.startCse(broker);
    const { binding } = await bench.createUp(broker.url, {}, { cleanSession: false });
    await binding.listen('Cae');
    await binding.close();
    await cse.publish({ topic: '/oneM2M/req/in-cse/Cae/json', payload: Buffer.from('{"op":5,"rqi":"n1","to":"Cae"}') });
    const again = bench.create(broker.url, {}, { cleanSession: false });
    await again.binding.listen('Cae');
    await expect.poll(() => again.seen.requests.map(({ request: { rqi } }) => rqi)).toEqual(['n1']);
    await again.binding.close();
    expect(await hasSession(broker, 'A::Cae')).toBe(true);
  });

  it('cleanly leaves nothing behind (TS-0010 6.3)', async () => {
    const broker = await bench.startBroker();
    const { binding, send } = await bench.createUp(broker.url, {}, { cleanSession: false });
    await binding.listen('Cae');
    await send();
    await binding.close({ forget: true });
    expect(await hasSession(broker, 'A::Cae')).toBe(false);
  });

  it('settles although the broker is gone', async () => {
    const broker = await bench.startBroker();
    const { binding } = await bench.createUp(broker.url, {}, { cleanSession: false });
    await broker.kill();
    await expect.poll(() => binding.isUp).toBe(false);
    await binding.close({ forget: true });
  });
});

describe('connectionOptionsOf', () => {
  const options = (text: string, credentials: Record<string, string>, clientId = 'A::Cae') => {
    const endpoint = parseEndpoint(text);
    if (!endpoint.ok) throw new Error(endpoint.message);
    return connectionOptionsOf(endpoint.value, { clientId, credentials, cleanSession: true });
  };

  it('takes what it is not told from the contract, but is never away for long', () => {
    expect(options('mqtt://broker#in', {})).toMatchObject({
      protocolVersion: 0,
      resumeSubs: true,
      keepAliveMs: 30_000,
      maxReconnectIntervalMs: 60_000,
      messageChannelDepth: 1000,
    });
    expect(options('mqtt://broker', {})).not.toHaveProperty('tls');
    expect(options('mqtts://broker', {}).tls).toEqual({ insecureSkipVerify: false });
  });

  it.each([
    ['http://cse', {}, 'A::Cae', /^endpoint: must be that of a broker, got http:\/\/cse:80/],
    ['mqtt://broker', { password: 'hunter2' }, 'A::Cae', /^username: is required/],
    ['mqtts://broker', { caFilePEM: 'hunter2' }, 'A::Cae', /caFilePEM.*is not PEM/],
    ['mqtt://broker', {}, '', /client id must not be empty/],
  ] as const)('refuses %s with %j', (text, credentials, clientId, message) => {
    const attempt = (): unknown => options(text, credentials, clientId);
    expect(attempt).toThrow(
      expect.objectContaining({ code: 'CONFIG', message: expect.stringMatching(message) as string }),
    );
    expect(attempt).not.toThrow(/hunter2/);
  });
});
