import type { ConnectionOptions } from '../../../src/mqtt/client/connection-options';
import { parseServerUrl } from '../../../src/mqtt/client/server-url';
import { systemClock, type Ports } from '../../../src/base/ports';

/** Connection options as the extension would make them, for the broker at `url`; `changes` go over the defaults. */
export function connectionOptions(url: string, changes: Partial<ConnectionOptions> = {}): ConnectionOptions {
  const server = parseServerUrl(url);
  if (!server.ok) throw new Error(`${url} ${server.message}`);
  return {
    server: server.value,
    protocolVersion: 4,
    clientId: `test-${String(Math.random()).slice(2, 12)}`,
    cleanSession: true,
    resumeSubs: false,
    connectTimeoutMs: 5000,
    keepAliveMs: 30_000,
    pingTimeoutMs: 10_000,
    order: true,
    writeTimeoutMs: 10_000,
    autoReconnect: true,
    maxReconnectIntervalMs: 50,
    messageChannelDepth: 100,
    maximumPacketSize: 16_777_216,
    httpHeaders: {},
    ...changes,
  };
}

/** The real clock, and a log that says nothing. */
export const realPorts: Ports = {
  clock: systemClock,
  log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  random: Math.random,
};
