import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer, type TLSSocket } from 'node:tls';
import type { AddressInfo } from 'node:net';
import type { NodeAPI } from 'node-red';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { withTlsNode } from '../../../../src/node-red/mqtt/tls-node.ts';
import { beside, deploy, errorOf, useNodeRed } from '../../../support/node-red/node-red-helper.ts';
import { TestAuthority, type KeyPair } from '../../../support/system/certificates.ts';

const require = createRequire(import.meta.url);
// That of Node-RED itself.
beside((RED) => (require('@node-red/nodes/core/network/05-tls.js') as (RED: NodeAPI) => void)(RED));
useNodeRed();

let authority: TestAuthority;
let server: KeyPair;
let client: KeyPair;
const endings: (() => unknown)[] = [];
beforeAll(() => {
  authority = new TestAuthority();
  server = authority.issue('broker.example', { altNames: 'DNS:broker.example' });
  client = authority.issue('gateway');
});
afterAll(() => authority.remove());
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

it('takes certificates, server name and ALPN from a TLS configuration of Node-RED', async () => {
  const tls = createServer({
    ...{ cert: server.cert, key: server.key, ca: authority.ca, requestCert: true, rejectUnauthorized: true },
    ALPNProtocols: ['mqtt'],
  });
  await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve));
  const accepted = once(tls, 'secureConnection');
  tls.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => undefined);
    endings.push(
      () => socket.destroy(),
      () => new Promise((resolve) => tls.close(resolve)),
    );
  });
  const url = `mqtts://127.0.0.1:${(tls.address() as AddressInfo).port}`;
  await deploy(
    [
      { id: 'own', type: 'tls-config', servername: 'broker.example', alpnprotocol: 'mqtt', verifyservercert: true },
      { id: 'ext', type: 'mqtt-extension', client: { server: url }, message: { topic: { prefix: 'p' } }, tls: 'own' },
      { id: 'device', type: 'dummy-device', z: 'f', name: 'd', mqtt: 'ext' },
    ],
    { own: { certdata: client.cert, keydata: client.key, cadata: authority.ca } },
  );
  const [socket] = (await accepted) as [TLSSocket];
  expect(socket.getPeerCertificate().subject.CN).toBe('gateway');
  expect(socket.alpnProtocol).toBe('mqtt');
});

it('says that there is none', async () => {
  await deploy([
    {
      id: 'ext',
      type: 'mqtt-extension',
      client: { server: 'mqtts://a' },
      message: { topic: { prefix: 'p' } },
      tls: 'x',
    },
    { id: 'device', type: 'dummy-device', z: 'f', name: 'd', mqtt: 'ext' },
  ]);
  expect((await errorOf('caught')).message).toMatch(/^tls: is no TLS configuration that is deployed/);
});

it('leaves other credentials as they are, and goes before own certificates', () => {
  const node = {
    addTLSOptions: (options: Record<string, unknown>) =>
      Object.assign(options, { pfx: Buffer.from('p12'), passphrase: 'pw', rejectUnauthorized: false }),
  };
  const RED = { nodes: { getNode: () => node } } as unknown as NodeAPI;
  const own = { username: 'u', caFilePEM: 'ca', certFilePEM: 'cert', keyFilePEM: 'key' };
  expect(withTlsNode(RED, { tls: 'x', client: { server: 's', tlsConfig: { minVersion: 'TLSv1.3' } } }, own)).toEqual({
    config: { tls: 'x', client: { server: 's', tlsConfig: { minVersion: 'TLSv1.3', insecureSkipVerify: true } } },
    credentials: { username: 'u', pfxFile: Buffer.from('p12').toString('base64'), passphrase: 'pw' },
    problems: [],
  });
});
