import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UnitHealth } from '../../../../src/drivers/modbus/sharing/unit-health.ts';
import type { ModbusDriver } from '../../../../src/drivers/modbus/driver.ts';
import { FakeClock } from '../../../support/fakes/fake-clock.ts';
import { configOf, driverFor, never, property, realPorts } from '../../../support/modbus/modbus-device.ts';
import { frame, ModbusServer } from '../../../support/modbus/modbus-server.ts';

const level = property('level', 0);

describe('the words of a Modbus error', () => {
  let server: ModbusServer;
  let driver: ModbusDriver;

  beforeEach(async () => {
    server = await new ModbusServer().start();
    driver = driverFor(configOf(server.endpoint, [level], { responseTimeout: '100ms' }, { timeout: '1s' }));
    await driver.connect(never());
  });
  afterEach(async () => {
    await driver.close();
    await server.stop();
  });
  const failure = (): Promise<{ code: string; message: string; advice?: string }> =>
    driver.read([level], never()).then(
      ([reading]) => reading!.error!,
      (error: unknown) => error as never,
    );

  it('say that an answer of another transaction came', async () => {
    server.handler = ({ transactionId, unit, socket }) => socket.write(frame(transactionId + 7, unit, [3, 2, 0, 9]));
    expect(await failure()).toMatchObject({
      code: 'TIMEOUT',
      message: 'read of holding registers 0 of unit 1: within 100ms only an answer with another transaction id came',
      advice: expect.stringContaining('gateway'),
    });
  });

  it('say that an answer of another unit came', async () => {
    server.handler = ({ transactionId, unit, socket }) => socket.write(frame(transactionId, unit + 1, [3, 2, 0, 9]));
    expect((await failure()).message).toMatch(/wrong answer: it came from unit 2$/);
  });

  it('keep the first cause, which "not connected" hid', async () => {
    const lost = once(driver.events, 'lost');
    server.handler = ({ socket }) => socket.write(Buffer.alloc(300, 0xa5));
    const [reason] = (await Promise.all([lost, failure()]))[0] as [{ message: string }];
    expect(reason.message).toContain('not Modbus/TCP');
    expect(await failure()).toMatchObject({ code: 'LINK_LOST', message: reason.message });
  });

  it('say what a reset is, and what it may come from', async () => {
    const lost = once(driver.events, 'lost');
    server.handler = ({ socket }) => socket.resetAndDestroy();
    await failure();
    expect((await lost)[0]).toMatchObject({
      code: 'LINK_LOST',
      message: `${server.endpoint}: the device reset the connection (ECONNRESET)`,
      advice: expect.stringMatching(/restarted|one client/),
    });
  });

  it('hold no number of their own: what repeats is one error', async () => {
    const texts = new Set<string>();
    driver.events.on('lost', ({ message }) => texts.add(message));
    for (const byte of [0x41, 0xa5, 0xff]) {
      server.handler = ({ socket }) => socket.write(Buffer.alloc(300, byte));
      await failure();
      server.handler = undefined;
      await driver.connect(never());
    }
    expect([...texts]).toEqual([`${server.endpoint}: the device sent something that is not Modbus/TCP`]);

    const wrong = new Set<string>();
    for (const pdu of [
      [5, 0, 0, 0, 0],
      [6, 0, 0, 0, 0],
      [0x84, 2],
    ]) {
      server.handler = ({ transactionId, unit, socket }) => socket.write(frame(transactionId, unit, pdu));
      wrong.add((await failure()).message);
    }
    for (const pdu of [
      [3, 0],
      [3, 4, 0, 9, 0, 9],
      [3, 8, 0, 9],
      [3, 9, 0, 9],
    ]) {
      server.handler = ({ transactionId, unit, socket }) => socket.write(frame(transactionId, unit, pdu));
      wrong.add((await failure()).message);
    }
    expect([...wrong]).toEqual([
      'read of holding registers 0 of unit 1: wrong answer: it is for another function',
      'read of holding registers 0 of unit 1: wrong answer: it has not the 2 bytes asked for',
      'read of holding registers 0 of unit 1: wrong answer: it has another number of bytes than it says',
    ]);

    const unit = new UnitHealth(9);
    const refusals = new Set<string | undefined>();
    for (let count = 0; count < 6; count++) {
      unit.unanswered(1000);
      if (count > 0) for (const now of [1100, 1850]) refusals.add(unit.refusal(now)?.message);
    }
    expect([...refusals]).toEqual(['unit 9 did not answer several times in a row; it is tried again in a while']);
  });

  it('are the same in each attempt to reach a unit, also where another one of its line takes all the time', async () => {
    const clock = new FakeClock();
    server.handler = () => undefined;
    const line = [1, 2].map((workerID) => {
      const config = configOf(server.endpoint, [level], { workerID, responseTimeout: '900ms' }, { timeout: '1s' });
      return driverFor(config, { ...realPorts, clock });
    });
    const attempt = async (...which: readonly number[]): Promise<unknown[]> => {
      const reasons: string[] = [];
      for (const [place, index] of which.entries()) {
        const before = server.requests.length;
        void line[index]!.connect(never()).catch((error: unknown) => reasons.push((error as Error).message));
        if (place === 0) await expect.poll(() => server.requests.length).toBe(before + 1); // the other one waits behind it
      }
      await clock.advance(999);
      expect(reasons).toHaveLength(which.length); // and not when the engine's time is up, which has no reason to tell
      await clock.advance(2000); // what was sent late is over, too
      return reasons;
    };
    const usual = [1, 2].map((unit) => `read of holding registers 0 of unit ${unit}: no answer within 900ms`);
    expect(await attempt(0)).toEqual([usual[0]]);
    expect(await attempt(1)).toEqual([usual[1]]);
    for (const order of [
      [0, 1],
      [1, 0],
    ])
      expect((await attempt(...order)).sort()).toEqual(usual);
    await Promise.all(line.map((one) => one.close()));
    expect(clock.pending).toEqual([]);
  });

  it('have whole milliseconds where a third of the timeout is the time for an answer', () => {
    expect(configOf('plc', [], {}, { timeout: '1s' }).responseTimeoutMs).toBe(333);
  });
});
