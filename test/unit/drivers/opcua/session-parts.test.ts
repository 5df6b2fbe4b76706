import { describe, expect, it } from 'vitest';
import type { ClientSession } from 'node-opcua-client';
import { DEFAULT_LIMIT, readServerInfo } from '../../../../src/drivers/opcua/session/session-info';
import { KeepAlive } from '../../../../src/drivers/opcua/session/session-keep-alive';
import { sessionKey, type SessionOptions } from '../../../../src/drivers/opcua/session/session-options';
import { FakeClock } from '../../../support/fakes/fake-clock';

const OPTIONS: SessionOptions = {
  endpoint: 'opc.tcp://plc:4840',
  securityPolicy: 'auto',
  securityMode: 'auto',
  identity: { type: 'user', username: 'op', password: 'hunter2' },
  pkiDirectory: '/pki',
  applicationName: 'DeviceLink',
  timeoutMs: 10_000,
};

describe('sessionKey', () => {
  it('is the same for the same session, whatever the time-out', () => {
    expect(sessionKey({ ...OPTIONS, timeoutMs: 1 })).toBe(sessionKey(OPTIONS));
  });

  it('differs in everything that makes a session, and never holds the password', () => {
    const variants: Partial<SessionOptions>[] = [
      {},
      { endpoint: 'opc.tcp://plc:4841' },
      { securityPolicy: 'None' },
      { securityMode: 'Sign' },
      { identity: { type: 'anonymous' } },
      { identity: { type: 'user', username: 'op', password: 'other' } },
      { identity: { type: 'user', username: 'ophunter', password: '2' } },
      { identity: { type: 'certificate', cert: 'op', key: 'hunter2' } },
      { pkiDirectory: '/elsewhere' },
      { applicationName: 'Other' },
    ];
    const keys = variants.map((variant) => sessionKey({ ...OPTIONS, ...variant }));
    expect(new Set(keys).size).toBe(variants.length);
    expect(keys.join()).not.toContain('hunter2');
  });
});

/** Answers reads from `values`; a node that is not there is bad. Refuses more nodes than `limit`. */
function serverWith(
  values: Record<string, unknown>,
  limit = Infinity,
): { session: Pick<ClientSession, 'read'>; sizes: number[] } {
  const sizes: number[] = [];
  const read = (nodes: { nodeId: string }[]): Promise<unknown> => {
    sizes.push(nodes.length);
    if (nodes.length > limit) return Promise.reject(new Error('BadTooManyOperations'));
    const answers = nodes.map(({ nodeId }) => ({
      statusCode: { isGood: () => nodeId in values },
      value: { value: values[nodeId] },
    }));
    return Promise.resolve(answers);
  };
  return { session: { read } as unknown as Pick<ClientSession, 'read'>, sizes };
}

describe('readServerInfo', () => {
  it('takes limits and namespaces, and a default for 0, nonsense and nothing', async () => {
    const { session } = serverWith({
      'i=2255': ['ua', 'urn:x'],
      'i=11705': 100,
      'i=11707': 0,
      'i=11714': 'x',
      'i=11710': 5e9,
    });
    const info = await readServerInfo(session);
    expect(info.namespaces).toEqual(['ua', 'urn:x']);
    expect(info.operationLimits).toMatchObject({
      maxNodesPerRead: 100,
      maxNodesPerWrite: DEFAULT_LIMIT,
      maxMonitoredItemsPerCall: DEFAULT_LIMIT,
      maxNodesPerBrowse: DEFAULT_LIMIT,
      maxNodesPerMethodCall: DEFAULT_LIMIT,
    });
  });

  it('keeps to the limit while it reads the limits', async () => {
    const { session, sizes } = serverWith({ 'i=11705': 2 }, 2);
    expect((await readServerInfo(session)).operationLimits.maxNodesPerRead).toBe(2);
    expect(Math.max(...sizes)).toBe(2);
  });
});

describe('KeepAlive', () => {
  it('asks every 5 s until it is stopped, and tells a failure once', async () => {
    const clock = new FakeClock();
    let asked = 0;
    let fail = false;
    const failures: string[] = [];
    const read = (): Promise<unknown> => {
      asked += 1;
      return fail ? Promise.reject(new Error('Transaction has timed out')) : Promise.resolve({});
    };
    const keepAlive = new KeepAlive({ read } as unknown as Pick<ClientSession, 'read'>, clock, (e) =>
      failures.push(e.code),
    );
    for (let round = 1; round <= 3; round += 1) {
      await clock.advance(5000);
      expect(asked).toBe(round);
    }
    fail = true;
    await clock.advance(5000);
    expect(failures).toEqual(['TIMEOUT']);
    await clock.advance(60_000);
    expect(asked).toBe(4);
    keepAlive.stop();
    expect(clock.pending).toEqual([]);
  });
});
