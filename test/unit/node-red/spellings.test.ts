import helper from 'node-red-node-test-helper';
import { afterEach, describe, expect, it } from 'vitest';
import { admin, deploy, messageWhere, useNodeRed } from '../../support/node-red/node-red-helper.ts';
import { ProgrammableBroker } from '../../support/mqtt/programmable-broker.ts';

useNodeRed();

let broker: ProgrammableBroker;
afterEach(() => broker.stop());

/** As the specification's page writes them. */
const OLDER = {
  connectionTime: '5s',
  basicAuth: { username: 'joe', passsword: 'hunter2' },
  store: { type: 'memory', direcotryPrefix: '/var/lib/x' },
};

/** What a dialog saves of the same fields where nobody has chosen anything. */
const SAVED = { connectTimeout: '30s', store: { ...OLDER.store, directoryPrefix: '' } };

const warnings = (): string[] =>
  helper
    .log()
    .args.map(([line]: { msg?: unknown }[]) => String(line?.msg))
    .filter((line: string) => line.startsWith('client.'));

async function deployClient(
  client: object,
  message: object = { topic: { template: 'site/:namespace/:name' } },
): Promise<void> {
  broker = await ProgrammableBroker.start();
  await deploy([
    { id: 'ext', type: 'mqtt-extension', version: 1, client: { server: broker.url, ...client }, message },
    { id: 'device', type: 'dummy-device', z: 'f', name: 'a', namespace: 'b', mqtt: 'ext', wires: [['out'], []] },
  ]);
  await broker.until(() => broker.clients.length === 1);
}

async function connectTimeout(): Promise<unknown> {
  const { body } = (await admin().get('/devicelink/mqtt-extensions/ext/status').expect(200)) as {
    body: { client: { connectTimeout: unknown } };
  };
  return body.client.connectTimeout;
}

describe("the specification's own spellings in a deployed flow", () => {
  it.each([
    ['alone', {}],
    ['beside what a dialog saves', SAVED],
  ])('take effect, %s', async (_how, saved) => {
    await deployClient({ ...OLDER, ...saved });
    const connect = broker.clients[0]?.connect;
    expect([connect?.username, String(connect?.password)]).toEqual(['joe', 'hunter2']);
    expect(await connectTimeout()).toBe('5s');
    expect(warnings()).toEqual(['client.store.direcotryPrefix: has no effect with type memory']);
  });

  it('are told where the present name is given, too: that counts', async () => {
    await deployClient({
      ...OLDER,
      connectTimeout: '7s',
      basicAuth: { ...OLDER.basicAuth, password: 'secret' },
      store: {},
    });
    expect(String(broker.clients[0]?.connect.password)).toBe('secret');
    expect(await connectTimeout()).toBe('7s');
    expect(warnings().sort()).toEqual([
      'client.basicAuth.passsword: has no effect: it is an older name of password, which is given, too',
      'client.connectionTime: has no effect: it is an older name of connectTimeout, which is given, too',
    ]);
  });
});

describe('the status of a device', () => {
  it('has the rendered topic as topicName', async () => {
    await deployClient({});
    const { status } = await messageWhere('out', (msg) => msg.status !== undefined);
    expect(status).toMatchObject({ extension: { mqtt: { message: { topicName: 'site/b/a' } } } });
  });
});
