import { once } from 'node:events';
import type { Packet } from 'mqtt-packet';
import { describe, expect, it, vi } from 'vitest';
import { DeviceError } from '../../../../src/base/errors';
import { PROTOCOL_LIMITS } from '../../../../src/mqtt/client/broker-limits';
import type { Connection } from '../../../../src/mqtt/connection/connection';
import { OutgoingMessage } from '../../../../src/mqtt/connection/outbox/message-queue';
import type { Wire } from '../../../../src/mqtt/connection/outbox/wire';
import { createOutbox } from '../../../support/mqtt/outbox-bench';
import type { ProgrammableBroker } from '../../../support/mqtt/programmable-broker';
import { type Behaviour } from '../../../support/mqtt/programmable-broker';
import { ConnectionBench } from '../../../support/mqtt/connection-bench';

const bench = new ConnectionBench();
const { startBroker, createConnection } = bench;

interface Sent {
  readonly outcome: Promise<string>;
  readonly withdraw: (reason?: unknown) => void;
  readonly signal: AbortSignal;
}

/** Publishes; the outcome is a word, so that many can be compared at once. */
function publish(connection: Connection, payload: string, qos: 0 | 1 | 2 = 1): Sent {
  const controller = new AbortController();
  const { signal } = controller;
  const promise = connection.publish('plant/a', payload, { qos, retained: false, waitTimeoutMs: 0, signal });
  const outcome = promise.then(
    () => 'through',
    (error: unknown) => (error instanceof DeviceError ? error.code : 'no DeviceError'),
  );
  const withdraw = (reason: unknown = new DeviceError('TIMEOUT', 'too late')): void => controller.abort(reason);
  return { outcome, withdraw, signal };
}

const payloads = (broker: ProgrammableBroker, client: number): string[] =>
  (broker.clients[client]?.packets ?? []).flatMap((packet) =>
    packet.cmd === 'publish' ? [String(packet.payload)] : [],
  );

/** Leaves `cmd` of the first connection unanswered; `sessionPresent` on the ones after it. */
const silentOn = (cmd: Packet['cmd'], sessionPresent: boolean): Behaviour => ({
  connack: (_connect, index) => ({ sessionPresent: sessionPresent && index > 0 }),
  onPacket: (packet, _client, index) => index === 0 && packet.cmd === cmd,
});

describe('withdrawing a message', () => {
  it('on its way leaves nothing that closing would wait for', async () => {
    const broker = await startBroker(silentOn('publish', false));
    const connection = createConnection(broker.url);
    connection.open();
    await once(connection.events, 'connected');
    const { outcome, withdraw } = publish(connection, 'asked');
    await broker.until(() => payloads(broker, 0).length === 1);
    withdraw();
    expect(await outcome).toBe('TIMEOUT');
    const started = Date.now();
    await connection.close();
    // It would wait two seconds for the acknowledgement.
    expect(Date.now() - started).toBeLessThan(1500);
    expect(broker.clients[0]?.packets.at(-1)?.cmd).toBe('disconnect');
  });

  it.each([0, 1, 2] as const)('takes QoS %i out of the queue and leaves the others in order', async (qos) => {
    const broker = await startBroker();
    const connection = createConnection(broker.url);
    const sent = ['a', 'b', 'c', 'd'].map((payload) => publish(connection, payload, qos));
    sent[1]?.withdraw();
    sent[3]?.withdraw();
    expect(await sent[1]?.outcome).toBe('TIMEOUT');
    expect(connection.statistics).toMatchObject({ queued: 2, dropped: 0, sent: 0 });
    connection.open();
    expect(await Promise.all(sent.map(({ outcome }) => outcome))).toEqual(['through', 'TIMEOUT', 'through', 'TIMEOUT']);
    await broker.until(() => payloads(broker, 0).length === 2);
    expect(payloads(broker, 0)).toEqual(['a', 'c']);
    expect(connection.statistics).toMatchObject({ queued: 0, dropped: 0, sent: 2 });
  });

  it('sends nothing when it comes before the message', async () => {
    const broker = await startBroker();
    const connection = createConnection(broker.url);
    connection.open();
    await once(connection.events, 'connected');
    const signal = AbortSignal.abort('no reason');
    const late = connection.publish('plant/a', 'x', { qos: 1, retained: false, waitTimeoutMs: 0, signal });
    await expect(late).rejects.toMatchObject({ code: 'CLOSED', message: 'the message was withdrawn' });
    expect(await publish(connection, 'y').outcome).toBe('through');
    expect(payloads(broker, 0)).toEqual(['y']);
  });

  it.each([
    [1, true],
    [1, false],
    [2, true],
    [2, false],
  ] as const)('in flight: QoS %i is not sent on the next connection (same session: %s)', async (qos, present) => {
    const broker = await startBroker(silentOn('publish', present));
    const connection = createConnection(broker.url, { cleanSession: false });
    connection.open();
    const sent = ['a', 'b', 'c'].map((payload) => publish(connection, payload, qos));
    await broker.until(() => payloads(broker, 0).length === 3);
    sent[1]?.withdraw();
    expect(await sent[1]?.outcome).toBe('TIMEOUT');
    broker.dropAll();
    expect(await sent[0]?.outcome).toBe('through');
    expect(await sent[2]?.outcome).toBe('through');
    expect(payloads(broker, 1)).toEqual(['a', 'c']);
    expect(connection.statistics).toMatchObject({ sent: 2, queued: 0, dropped: 0 });
  });

  it('between two connections: what was in flight is not sent again', async () => {
    const broker = await startBroker(silentOn('publish', true));
    const connection = createConnection(broker.url, { cleanSession: false });
    connection.open();
    const sent = ['a', 'b'].map((payload) => publish(connection, payload));
    await broker.until(() => payloads(broker, 0).length === 2);
    const lost = once(connection.events, 'disconnected');
    broker.dropAll();
    await lost;
    sent[0]?.withdraw();
    expect(await sent[1]?.outcome).toBe('through');
    expect(await sent[0]?.outcome).toBe('TIMEOUT');
    expect(payloads(broker, 1)).toEqual(['b']);
  });

  it('keeps the identifier of a QoS 2 message that the broker may hold until a new session', () => {
    const outbox = createOutbox();
    let last = 0;
    const wire: Wire = {
      limits: { ...PROTOCOL_LIMITS, receiveMaximum: 10, maximumPacketSize: 1000 },
      isCongested: false,
      reserveId: () => ++last,
      publish: () => undefined,
      release: () => undefined,
      ping: (answered) => answered(),
      forget: () => undefined,
    };
    outbox.attach(wire, false);
    const messages = ([2, 2, 1] as const).map((qos) => new OutgoingMessage('a', '', qos, false, () => undefined));
    for (const message of messages) outbox.add(message);
    const reason = new DeviceError('TIMEOUT', 'too late');
    expect(outbox.withdraw(messages[0]!, reason)).toBe(true);
    outbox.detach(false);
    expect(outbox.withdraw(messages[1]!, reason)).toBe(true);
    expect(outbox.withdraw(messages[2]!, reason)).toBe(true);
    expect([...outbox.packetIds()].sort()).toEqual([1, 2]);
    outbox.attach(wire, true);
    expect([...outbox.packetIds()]).toHaveLength(2);
    outbox.detach(false);
    outbox.attach(wire, false);
    expect([...outbox.packetIds()]).toEqual([]);
    expect([outbox.size, last]).toEqual([0, 3]);
  });

  it('comes too late for a QoS 2 message that the broker has', async () => {
    const broker = await startBroker(silentOn('pubrel', true));
    const connection = createConnection(broker.url, { cleanSession: false });
    connection.open();
    const sent = publish(connection, 'a', 2);
    await broker.until(() => broker.packets('pubrel').length === 1);
    sent.withdraw();
    broker.dropAll();
    expect(await sent.outcome).toBe('through');
    expect(payloads(broker, 1)).toEqual([]);
  });

  it('completes a QoS 2 message that was withdrawn before the broker said it has it', async () => {
    const broker = await startBroker({
      connack: (_connect, index) => ({ sessionPresent: index === 1 }),
      onPacket: ({ cmd }, _client, index) => index < 2 && (cmd === 'publish' || cmd === 'pubrel'),
    });
    const connection = createConnection(broker.url, { cleanSession: false });
    connection.open();
    const sent = publish(connection, 'a', 2);
    await broker.until(() => payloads(broker, 0).length === 1);
    sent.withdraw();
    expect(await sent.outcome).toBe('TIMEOUT');
    const messageId = broker.packets('publish')[0]?.messageId ?? 0;
    broker.clients[0]?.send({ cmd: 'pubrec', messageId });
    await broker.until(() => broker.packets('pubrel').length === 1);
    broker.dropAll();
    await broker.until(() => broker.packets('pubrel').length === 2);
    // The third connection is a new session, in which it must not be published afresh.
    broker.dropAll();
    expect(await publish(connection, 'b', 2).outcome).toBe('through');
    expect([payloads(broker, 1), payloads(broker, 2)].flat()).toEqual(['b']);
  });

  it('counts what was acknowledged after all as sent', async () => {
    const held: Packet[] = [];
    const broker = await startBroker({ onPacket: (packet) => packet.cmd === 'publish' && held.push(packet) > 0 });
    const connection = createConnection(broker.url);
    connection.open();
    const sent = publish(connection, 'a');
    await broker.until(() => held.length === 1);
    sent.withdraw();
    expect(await sent.outcome).toBe('TIMEOUT');
    broker.clients[0]?.send({ cmd: 'puback', messageId: held[0]?.messageId ?? 0 });
    await expect.poll(() => connection.statistics).toMatchObject({ sent: 1, queued: 0, dropped: 0 });
  });

  it('leaves no listener behind, however it ends', async () => {
    const broker = await startBroker();
    const connection = createConnection(broker.url, { messageChannelDepth: 2 });
    const added = vi.spyOn(AbortSignal.prototype, 'addEventListener');
    const removed = vi.spyOn(AbortSignal.prototype, 'removeEventListener');
    bench.afterwards(() => Promise.resolve(vi.restoreAllMocks()).then(() => undefined));
    const sent = ['a', 'b', 'full'].map((payload) => publish(connection, payload));
    sent[1]?.withdraw();
    connection.open();
    expect(await Promise.all(sent.map(({ outcome }) => outcome))).toEqual(['through', 'TIMEOUT', 'MQTT_QUEUE_FULL']);
    const listeners = (spy: typeof added | typeof removed): unknown[] =>
      sent.map(({ signal }) => spy.mock.calls.find((_call, index) => spy.mock.contexts[index] === signal)?.[1]);
    expect(listeners(added)).toHaveLength(3);
    expect(listeners(removed)).toEqual(listeners(added));
    expect(listeners(added)).not.toContain(undefined);
  });
});
