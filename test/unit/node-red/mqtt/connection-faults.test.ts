import { afterEach, describe, expect, it, vi } from 'vitest';
import { CONNECTION_FAULTS } from '../../../support/mqtt/faults/connection-faults.ts';
import {
  admin,
  deploy,
  messages,
  messageWhere,
  useNodeRed,
  type Message,
} from '../../../support/node-red/node-red-helper.ts';

useNodeRed();

let stop = (): Promise<void> => Promise.resolve();
afterEach(() => stop());

/** Enough to see that the second and the third time are not told again. */
const ATTEMPTS = 3;

/** Of trouble that comes and goes. */
const TOLD = 2;

const ofExtension = (kind: 'error' | 'status', list: readonly Message[]): Message[] =>
  list.filter((msg) => (msg[kind]?.source as { id?: string } | undefined)?.id === 'ext');

describe('a broker that cannot be reached: badge, status and Catch say it, once each', () => {
  it.each(CONNECTION_FAULTS)('$name', async ({ start, client, code, says, comesAndGoes = false }) => {
    const peer = await start();
    stop = peer.stop;
    const server = peer.url;
    const device = { id: 'device', type: 'dummy-device', z: 'f', name: 'd', mqtt: 'ext' };
    await deploy(
      [
        {
          ...{ id: 'ext', type: 'mqtt-extension', message: { topic: { prefix: 'p' } } },
          client: { server, maxReconnectInterval: '0s', ...client },
        },
        device,
      ],
      peer.ca === undefined || code === 'TLS_UNKNOWN_CA' ? {} : { ext: { caFilePEM: peer.ca } },
    );
    const caught = await messageWhere('caught', (msg) => ofExtension('error', [msg]).length > 0);
    expect(caught.error?.code).toBe(code);
    expect(caught.error?.message).toMatch(says);
    await vi.waitFor(() => expect(peer.attempts()).toBeGreaterThanOrEqual(ATTEMPTS), { timeout: 10_000 });
    const badge = await messageWhere('states', (msg) => ofExtension('status', [msg])[0]?.status?.state === 'unhealthy');
    expect(badge.status).toMatchObject({ fill: 'red', shape: 'ring', code });
    const status = await admin().get('/devicelink/mqtt-extensions/ext/status').expect(200);
    if (!comesAndGoes) expect(status.body.lastError).toMatchObject({ code });
    const told = ofExtension('error', messages('caught')).map(({ error }) => error?.message);
    // The third time in a row it says what may be behind it.
    const texts = told.filter((text) => text?.includes('again and again') !== true);
    expect(texts.length).toBeLessThanOrEqual(comesAndGoes ? TOLD : 1);
    expect(told.length - texts.length).toBeLessThanOrEqual(1);
  });
});
