import { once } from 'node:events';
import { copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type TLSSocket } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DeviceError } from '../../../src/base/errors';
import { MqttExtension, parseExtension } from '../../../src/mqtt/extension/extension';
import { pemReferences, readPemFiles } from '../../../src/net/pem-files';
import { TestAuthority, type KeyPair } from '../../support/system/certificates';
import { Mosquitto, mosquittoAvailable, type MosquittoOptions } from '../../support/mqtt/mosquitto';
import { realPorts } from '../../support/mqtt/mqtt-options';

let authority: TestAuthority;
let server: KeyPair;
const endings: (() => unknown)[] = [];

beforeAll(() => {
  authority = new TestAuthority();
  server = authority.issue('broker', { altNames: 'IP:127.0.0.1' });
});
afterAll(() => authority.remove());
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function startBroker(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const broker = await Mosquitto.start({ listener: 'tls', server, ...options });
  endings.push(() => broker.remove());
  return broker;
}

const withClients = (): Promise<Mosquitto> =>
  startBroker({ clientCaFile: authority.caFile, listenerLines: ['use_identity_as_username true'] });

/** Who has logged in, in order, by the names in their certificates. */
const usersOf = (broker: Mosquitto): string[] =>
  [...broker.output.matchAll(/New client connected from .* u'([^']*)'/g)].map(([, name]) => name!);

interface Opened {
  readonly extension: MqttExtension;
  readonly problems: DeviceError[];
  readonly ends: DeviceError[];
}

async function open(url: string, credentials: Record<string, string>, tlsConfig: object = {}): Promise<Opened> {
  const client = { server: url, tlsConfig, maxReconnectInterval: '0s', clientID: 'x' };
  const given = { caFilePEM: authority.ca, ...credentials };
  const readFile = await readPemFiles(pemReferences(given));
  const environment = { readFile, extensionId: 'x', extensionUid: 'x' };
  const parsed = parseExtension({ client, message: { topic: { prefix: 'p' } } }, given, environment);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const extension = new MqttExtension(parsed.value, realPorts);
  endings.push(() => extension.close());
  const problems: DeviceError[] = [];
  const ends: DeviceError[] = [];
  extension.events.on('problem', (problem) => problems.push(problem));
  extension.events.on('disconnected', (error) => ends.push(error));
  extension.openConnection({ clientId: 'x', label: 'x' }).open();
  return { extension, problems, ends };
}

/** A pair in files that are replaced at once, as a renewal does it. */
class RotatedPair {
  private readonly directory = mkdtempSync(join(tmpdir(), 'devicelink-rotation-'));
  readonly cert = join(this.directory, 'client.crt');
  readonly key = join(this.directory, 'client.key');

  constructor(pair: KeyPair) {
    endings.push(() => rmSync(this.directory, { recursive: true, force: true }));
    this.replace(pair);
  }

  replace(pair: Partial<KeyPair>): void {
    for (const [from, to] of [
      [pair.certFile, this.cert],
      [pair.keyFile, this.key],
    ] as const) {
      if (from === undefined) continue;
      copyFileSync(from, `${to}.new`);
      renameSync(`${to}.new`, to);
    }
  }

  get credentials(): Record<string, string> {
    return { certFilePEM: `file:${this.cert}`, keyFilePEM: `file:${this.key}` };
  }
}

describe.skipIf(!mosquittoAvailable())('TLS of an MQTT extension', () => {
  it('takes a pair that was replaced with the next connection, without a restart', async () => {
    const broker = await withClients();
    const pair = new RotatedPair(authority.issue('first'));
    const { extension, problems } = await open(broker.url, pair.credentials);
    await once(extension.events, 'connected');
    pair.replace(authority.issue('second'));
    const lost = once(extension.events, 'disconnected');
    await broker.kill();
    await lost;
    await broker.start();
    await once(extension.events, 'connected');
    expect(usersOf(broker)).toEqual(['first', 'second']);
    expect(problems).toEqual([]);
  });

  it('keeps the pair before where that does not fit together, tells it, and takes the next that does', async () => {
    const broker = await withClients();
    const pair = new RotatedPair(authority.issue('first'));
    const { extension, problems } = await open(broker.url, pair.credentials);
    await once(extension.events, 'connected');
    const again = async (): Promise<void> => {
      const lost = once(extension.events, 'disconnected');
      await broker.kill();
      await lost;
      await broker.start();
      await once(extension.events, 'connected');
    };
    const second = authority.issue('second');
    pair.replace({ certFile: second.certFile });
    await again();
    expect(usersOf(broker)).toEqual(['first', 'first']);
    expect(problems.at(-1)).toMatchObject({ code: 'TLS_FILES' });
    expect(problems.at(-1)?.message).toBe(
      'the files with certificates cannot be used as they are now, and those before are kept: keyFilePEM: is the key of another certificate than certFilePEM',
    );
    rmSync(pair.key);
    await again();
    expect(problems.at(-1)?.message).toMatch(/keyFilePEM: cannot be read from the file .*ENOENT$/);
    pair.replace(second);
    await again();
    expect(usersOf(broker)).toEqual(['first', 'first', 'first', 'second']);
  });

  it('shows a certificate that came as PKCS#12, and one with an encrypted key', async () => {
    const broker = await withClients();
    const [one, two] = [authority.issue('from-pfx'), authority.issue('from-key')];
    const opened = await open(broker.url, { pfxFile: `file:${authority.pkcs12(one, 'pw')}`, passphrase: 'pw' });
    await once(opened.extension.events, 'connected');
    await opened.extension.close();
    const { createPrivateKey } = await import('node:crypto');
    const format = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'pw' } as const;
    const keyFilePEM = createPrivateKey(two.key).export(format).toString();
    const { extension } = await open(broker.url, { certFilePEM: two.cert, keyFilePEM, passphrase: 'pw' });
    await once(extension.events, 'connected');
    expect(usersOf(broker)).toEqual(['from-pfx', 'from-key']);
  });

  it('refuses a broker whose certificate was revoked', async () => {
    const crlFilePEM = authority.revoke(server);
    const broker = await startBroker();
    const { extension, ends } = await open(broker.url, { crlFilePEM });
    await once(extension.events, 'disconnected');
    expect(ends[0]).toMatchObject({ code: 'TLS_REVOKED' });
    const good = await startBroker({ server: authority.issue('other', { altNames: 'IP:127.0.0.1' }) });
    await once((await open(good.url, { crlFilePEM })).extension.events, 'connected');
  });

  it('needs the list of the authority where lists are given', async () => {
    const stranger = new TestAuthority('Stranger');
    endings.push(() => stranger.remove());
    const broker = await startBroker();
    const { extension, ends } = await open(broker.url, { crlFilePEM: stranger.revoke() });
    await once(extension.events, 'disconnected');
    expect(ends[0]?.message).toMatch(/there is no revocation list of the authority/);
  });
});

describe('what is agreed on in the TLS handshake', () => {
  const startTls = async (options: {
    ALPNProtocols?: string[];
    maxVersion?: 'TLSv1.2';
  }): Promise<[string, TLSSocket[]]> => {
    const sockets: TLSSocket[] = [];
    const tls = createServer({ cert: server.cert, key: server.key, ...options });
    tls.on('secureConnection', (socket) => sockets.push(socket.on('error', () => undefined)));
    tls.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
    endings.push(() => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => tls.close(resolve));
    });
    return [`tls://127.0.0.1:${(tls.address() as AddressInfo).port}`, sockets];
  };

  it('is the protocol that ALPN names, on port 443 as on any', async () => {
    const [url, sockets] = await startTls({ ALPNProtocols: ['http/1.1', 'mqtt'] });
    await open(url, {}, { alpnProtocols: 'x-amzn-mqtt-ca, mqtt' });
    await expect.poll(() => sockets[0]?.alpnProtocol).toBe('mqtt');
  });

  it('is none where the server speaks none of them, which is told', async () => {
    const [url] = await startTls({ ALPNProtocols: ['http/1.1'] });
    const { extension, ends } = await open(url, {}, { alpnProtocols: ['mqtt'] });
    await once(extension.events, 'disconnected');
    expect(ends[0]).toMatchObject({ code: 'TLS_FAILED' });
    expect(ends[0]?.message).toMatch(/speaks none of the protocols that ALPN names/);
  });

  it('is no older version of TLS than is wanted', async () => {
    const [url] = await startTls({ maxVersion: 'TLSv1.2' });
    const { extension, ends } = await open(url, {}, { minVersion: 'TLSv1.3' });
    await once(extension.events, 'disconnected');
    expect(ends[0]).toMatchObject({ code: 'TLS_FAILED' });
    expect(ends[0]?.message).toMatch(/version of TLS/);
  });
});
