import { once } from 'node:events';
import helper from 'node-red-node-test-helper';
import { afterEach, describe, expect, it } from 'vitest';
import { isExtensionNode, type ExtensionNode } from '../../../src/node-red/common/mqtt-users.ts';
import { admin, deploy, useNodeRed } from '../../support/node-red/node-red-helper.ts';
import { ProgrammableBroker } from '../../support/mqtt/programmable-broker.ts';

useNodeRed();

let brokers: ProgrammableBroker[] = [];
afterEach(async () => {
  for (const broker of brokers) await broker.stop();
  brokers = [];
});

const AE = { clientId: 'A::Cae', label: 'sensor-ae' };

async function extensionNode(raw: object): Promise<ExtensionNode> {
  await deploy([{ id: 'ext', type: 'mqtt-extension', message: { topic: { prefix: 'p' } }, ...raw }]);
  const node: unknown = helper.getNode('ext');
  if (!isExtensionNode(node)) throw new Error('no extension');
  return node;
}

describe('the broker of an mqtt-extension', () => {
  it('is shared with a node that chooses its topics itself', async () => {
    const broker = await ProgrammableBroker.start();
    brokers.push(broker);
    const node = await extensionNode({ client: { server: broker.url, clientID: 'plant' } });
    const share = node.openConnection(AE);
    share.open();
    await once(share.events, 'connected');
    await share.publish('/oneM2M/req/Cae/in-cse/json', '{}', { qos: 1, retained: false, waitTimeoutMs: 0 });
    expect(broker.clients[0]?.connect.clientId).toBe('plant');
    expect(broker.packets('publish')).toMatchObject([{ topic: '/oneM2M/req/Cae/in-cse/json', qos: 1 }]);
    const status = await admin().get('/devicelink/mqtt-extensions/ext/status').expect(200);
    expect(status.body).toMatchObject({ connected: true, sent: 1 });
    await share.close();
    await broker.until(() => broker.openSockets === 0);
  });

  it('gives each its own connection where it is dedicated', async () => {
    const broker = await ProgrammableBroker.start();
    brokers.push(broker);
    const node = await extensionNode({ client: { server: broker.url }, connection: 'dedicated' });
    const share = node.openConnection(AE);
    share.open();
    await once(share.events, 'connected');
    expect(broker.clients[0]?.connect.clientId).toBe('A::Cae');
    expect(() => node.openConnection({ ...AE, label: 'other' })).toThrow(/^mqtt: the client id "A::Cae" of other/);
    await share.close();
  });

  it('cannot be had of one that is misconfigured', async () => {
    const node = await extensionNode({ name: 'plant', client: { server: 'localhost' } });
    expect(() => node.openConnection(AE)).toThrow('mqtt: the MQTT extension "plant" is misconfigured');
  });
});
