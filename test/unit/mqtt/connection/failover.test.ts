import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { DeviceError } from '../../../../src/base/errors';
import type { ConnectionOptions } from '../../../../src/mqtt/client/connection-options';
import type { Connection } from '../../../../src/mqtt/connection/connection';
import { Failback } from '../../../../src/mqtt/connection/attempt/failback';
import { ConnectionBench, outcome, publish } from '../../../support/mqtt/connection-bench';
import { connectionOptions } from '../../../support/mqtt/mqtt-options';
import { freePort } from '../../../support/system/free-port';
import { FakeClock } from '../../../support/fakes/fake-clock';

const bench = new ConnectionBench();
const { startBroker } = bench;

function connectionTo(urls: readonly string[], changes: Partial<ConnectionOptions> = {}): Connection {
  const [first, ...others] = urls.map((url) => connectionOptions(url).server);
  return bench.createConnection(urls[0]!, { server: first!, otherServers: others, ...changes });
}

describe('several servers', () => {
  it('are tried one after the other, without a pause, and it is told once', async () => {
    const away = `tcp://127.0.0.1:${await freePort()}`;
    const refusing = await startBroker({ connack: () => ({ returnCode: 5 }) });
    const good = await startBroker();
    const connection = connectionTo([away, refusing.url, good.url], { maxReconnectIntervalMs: 60_000 });
    const problems: string[] = [];
    const ends: string[] = [];
    connection.events.on('problem', ({ code, message }) => problems.push(`${code}: ${message}`));
    connection.events.on('disconnected', ({ message }) => ends.push(message));
    connection.open();
    expect(await outcome(publish(connection, 'x'))).toBe('through');
    expect(connection.statistics.connectedTo).toBe(good.url);
    expect(connection.server.text).toBe(good.url);
    expect(ends).toEqual([]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(
      `MQTT_FAILOVER: connected to ${good.url}, as the server before it cannot be had: ${away}`,
    );
  });

  it('of which none can be had are all in the error', async () => {
    const [one, two] = [`tcp://127.0.0.1:${await freePort()}`, `tcp://127.0.0.1:${await freePort()}`] as const;
    const connection = connectionTo([one, two]);
    connection.open();
    const [error] = (await once(connection.events, 'disconnected')) as [DeviceError];
    expect(error.code).toBe('CONNECT_FAILED');
    expect(error.message).toMatch(/^none of 2 servers can be had: .*nothing listens.*; .*nothing listens/);
    expect(error.message).toContain(one);
    expect(error.message).toContain(two);
  });

  it('take over what was under way, afresh, and what is subscribed', async () => {
    const one = await startBroker({ onPacket: ({ cmd }) => cmd === 'publish' });
    const two = await startBroker();
    const connection = connectionTo([one.url, two.url], { cleanSession: false });
    connection.open();
    await connection.subscribe('plant/#', 1, () => undefined);
    const messages = ([1, 2] as const).map((qos) => outcome(publish(connection, `q${qos}`, qos)));
    await one.until(() => one.packets('publish').length === 2);
    await one.stop();
    expect(await Promise.all(messages)).toEqual(['through', 'through']);
    await two.until(() => two.packets('subscribe').length === 1);
    expect(two.packets('publish').map(({ payload, dup }) => [String(payload), dup])).toEqual([
      ['q1', false],
      ['q2', false],
    ]);
  });
});

describe('failback', () => {
  it('goes to the first again when it listens', async () => {
    const port = await freePort();
    const clock = new FakeClock();
    const { server } = connectionOptions(`tcp://127.0.0.1:${port}`);
    let went = 0;
    const failback = new Failback({ clock, server, goBack: () => went++, pauseMs: 60_000 });
    failback.start();
    await clock.advance(60_000);
    await expect.poll(() => clock.pending).toEqual([60_000]);
    const listening = await startBroker({}, port);
    await clock.advance(60_000);
    await listening.until(() => listening.connections > 0);
    await expect.poll(() => went).toBe(1);
    failback.stop();
  });

  it('of a connection is an orderly end there and a new one here', async () => {
    const port = await freePort();
    const two = await startBroker();
    const connection = connectionTo([`tcp://127.0.0.1:${port}`, two.url], { failbackPauseMs: 30 });
    connection.open();
    await once(connection.events, 'connected');
    const one = await startBroker({}, port);
    await one.until(() => one.clients.length === 1);
    await expect.poll(() => connection.statistics.connectedTo).toBe(one.url);
    await two.until(() => two.packets('disconnect').length === 1 && two.openSockets === 0);
    expect(await outcome(publish(connection, 'x'))).toBe('through');
    expect(one.packets('publish')).toHaveLength(1);
  });
});
