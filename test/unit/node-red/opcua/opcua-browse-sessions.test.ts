import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { BrowseSessions } from '../../../../src/node-red/opcua/browse-sessions.ts';
import type { SessionLease, SessionOptions, UaSession } from '../../../../src/drivers/opcua/session/session-pool.ts';
import { FakeClock } from '../../../support/fakes/fake-clock.ts';

const never = new AbortController().signal;
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

function setup() {
  const clock = new FakeClock();
  const open: string[] = [];
  const acquire = ({ endpoint }: SessionOptions): SessionLease => {
    open.push(endpoint);
    return {
      events: new EventEmitter(),
      ready: () =>
        endpoint === 'opc.tcp://dead' ? Promise.reject(new Error('dead')) : Promise.resolve({} as UaSession),
      release: () => {
        open.splice(open.indexOf(endpoint), 1);
        return Promise.resolve();
      },
    };
  };
  const sessions = new BrowseSessions({ clock, random: () => 0, log: silent }, acquire);
  const look = (endpoint: string, result: () => Promise<unknown> = () => Promise.resolve(1)) =>
    sessions.use({ ...OPTIONS, endpoint }, never, result);
  return { clock, open, sessions, look };
}

const OPTIONS: Omit<SessionOptions, 'endpoint'> = {
  securityPolicy: 'auto',
  securityMode: 'auto',
  identity: { type: 'anonymous' },
  pkiDirectory: '/nowhere',
  applicationName: 'DeviceLink',
  timeoutMs: 1000,
};

describe('BrowseSessions', () => {
  it('keeps one session for a minute after the last look', async () => {
    const { clock, open, look } = setup();
    await look('opc.tcp://a');
    await clock.advance(59_000);
    await look('opc.tcp://a');
    await clock.advance(59_000);
    expect(open).toEqual(['opc.tcp://a']);
    await clock.advance(1000);
    expect(open).toEqual([]);
  });

  it('does not keep one that failed', async () => {
    const { open, look } = setup();
    await expect(look('opc.tcp://dead')).rejects.toThrow('dead');
    await expect(look('opc.tcp://a', () => Promise.reject(new Error('no such node')))).rejects.toThrow('no such node');
    expect(open).toEqual([]);
  });

  it('keeps at most four, and lets the oldest go', async () => {
    const { open, look } = setup();
    for (const name of ['a', 'b', 'c', 'd', 'e']) await look(`opc.tcp://${name}`);
    expect(open).toEqual(['opc.tcp://b', 'opc.tcp://c', 'opc.tcp://d', 'opc.tcp://e']);
  });

  it('closes all at once', async () => {
    const { open, sessions, look } = setup();
    await look('opc.tcp://a');
    await look('opc.tcp://b');
    await sessions.close();
    expect(open).toEqual([]);
  });
});
