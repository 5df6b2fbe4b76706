import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { parseAeConfig } from '../../../../src/onem2m/ae/parse/parse-config.ts';
import {
  createBindings,
  type AeBindings,
  type BindingSurroundings,
} from '../../../../src/onem2m/ae/create-bindings.ts';
import { TestAuthority } from '../../../support/system/certificates.ts';
import { fakePorts } from '../../../support/fakes/fake-clock.ts';

let made: AeBindings | undefined;

afterEach(async () => {
  await made?.sender.close();
  await made?.receiver?.close();
});

function create(raw: Record<string, unknown>, more: Partial<BindingSurroundings> = {}): AeBindings {
  const parsed = parseAeConfig({ ae: { name: 'app' }, ...raw });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  made = createBindings(parsed.value, { credentials: {}, ports: fakePorts(), uid: 'abc', ...more });
  return made;
}

describe('the point of access that an AE registers', () => {
  it.each([
    [{ endpoint: 'mqtt://broker#cse' }, ['mqtt://broker:1883']],
    [{ endpoint: 'mqtts://[::1]:8884#cse' }, ['mqtts://[::1]:8884']],
    [{ endpoint: 'ws://broker:9001/mqtt#cse' }, ['mqtt://broker:1883']],
    [{ endpoint: 'mqtt://broker#cse', ae: { name: 'app', pointOfAccess: 'mqtt://outside:1' } }, ['mqtt://outside:1']],
    [{ endpoint: 'http://cse:8080' }, []],
    [{ endpoint: 'ws://cse:8180', binding: 'websocket' }, ['ws://default']],
    [{ endpoint: 'http://cse:8080', notify: 'mqtt://broker#cse' }, ['mqtt://broker:1883']],
    [{ endpoint: 'mqtt://broker#cse', notify: 'http://127.0.0.1:7777/in' }, ['http://127.0.0.1:7777/in']],
  ])('of %j is %j', (raw, expected) => {
    const { sender, receiver } = create(raw);
    expect((receiver ?? sender).pointOfAccess).toEqual(expected);
  });

  it('is that of the extension where one is used', () => {
    const server = { transport: 'tls', host: 'plant', port: 8883, text: 'mqtts://plant' } as const;
    const broker = { server, events: new EventEmitter(), isConnected: false, close: () => Promise.resolve() };
    const openConnection = (() => broker) as unknown as NonNullable<BindingSurroundings['openConnection']>;
    expect(create({ endpoint: '#cse', mqtt: 'id' }, { openConnection }).sender.pointOfAccess).toEqual([
      'mqtts://plant:8883',
    ]);
  });
});

describe('what cannot be made', () => {
  it('is said by field', () => {
    expect(() => create({ endpoint: 'http://cse', notify: 'http://0.0.0.0:7777' })).toThrow(
      /^ae\.pointOfAccess: is required/,
    );
    expect(() => create({ endpoint: 'http://cse', notify: 'https://127.0.0.1:7777' })).toThrow(
      /^certFilePEM, keyFilePEM: are required to listen at https:\/\/127\.0\.0\.1:7777/,
    );
    expect(() => create({ endpoint: 'mqtts://b#cse' }, { credentials: { caFilePEM: 'nonsense' } })).toThrow(
      /^caFilePEM: /,
    );
  });

  it('listens with the certificate of the credentials where notify is https', () => {
    const authority = new TestAuthority();
    const server = authority.issue('127.0.0.1');
    authority.remove();
    const credentials = { certFilePEM: server.cert, keyFilePEM: server.key };
    const { receiver } = create({ endpoint: 'http://cse', notify: 'https://127.0.0.1:7777' }, { credentials });
    expect(receiver?.pointOfAccess).toEqual(['https://127.0.0.1:7777']);
  });
});
