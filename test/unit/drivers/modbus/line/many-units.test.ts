import { describe, expect, it } from 'vitest';
import { LeasePool } from '../../../../../src/base/lease-pool.ts';
import { Device } from '../../../../../src/device/engine/device.ts';
import { ModbusDriver } from '../../../../../src/drivers/modbus/driver.ts';
import { modbusKind } from '../../../../../src/drivers/modbus/index.ts';
import { Transport } from '../../../../../src/drivers/modbus/sharing/transport.ts';
import { FakeClock } from '../../../../support/fakes/fake-clock.ts';
import { fakeLineRoute, rtuBytes } from '../../../../support/modbus/fake-line.ts';
import { property, realPorts } from '../../../../support/modbus/modbus-device.ts';

const BAUD = 19_200;
const BITS = 11;
/** A unit needs so long for an answer, beyond the time that the bytes take. */
const THINKING_MS = 10;
const INTERVAL_MS = 10_000;
const MINUTES = 10;

const onLine = (bytes: number): number => (bytes * BITS * 1000) / BAUD;

describe('32 units on one line, of which 8 are dead', () => {
  it('are read at their interval, but for the dead ones, which are found when they come back', async () => {
    const clock = new FakeClock();
    const dead = new Set([3, 7, 11, 15, 19, 23, 27, 31]);
    let [asked, askedDead, revived] = [0, 0, 0];
    const route = fakeLineRoute(clock, (unit, pdu) => {
      asked++;
      if (dead.has(unit) && unit !== revived) {
        askedDead++;
        return [];
      }
      const quantity = pdu.readUInt16BE(3);
      const words = Array.from({ length: quantity * 2 }, (_, index) => (index % 2 === 0 ? unit : 7));
      const answer = rtuBytes(unit, [pdu.readUInt8(0), quantity * 2, ...words]);
      return [[onLine(8) + THINKING_MS + onLine(answer.length), answer]];
    });
    const pool = new LeasePool<Transport>({ close: (transport) => transport.close() });
    const lease = () => pool.acquire('line', () => new Transport({ ...route, settings: '19200 8E1 rtu' }, clock));
    const syncs = new Map<number, number[]>();
    const devices = Array.from({ length: 32 }, (_, index) => {
      const unit = index + 1;
      const properties = [0, 1, 2, 3, 40].map((offset) => property(`p${offset}`, offset));
      const protocol = { rtu: { endpoint: '/dev/ttyUSB0', workerID: unit } };
      const parameters = { syncInterval: `${INTERVAL_MS}ms`, timeout: '10s' };
      const parsed = modbusKind.parse({ parameters, protocol, properties }, {});
      if (!parsed.ok) throw new Error('must parse');
      const ports = { ...realPorts, clock };
      const driver = new ModbusDriver(parsed.value, ports, lease);
      const identity = { uid: `u${unit}`, name: `d${unit}`, namespace: 'n', protocol: 'modbus' };
      const device = new Device({ identity, config: parsed.value, driver, ports });
      const times: number[] = [];
      syncs.set(unit, times);
      device.events.on('sync', () => times.push(clock.now()));
      device.start();
      return device;
    });

    await clock.advance(60_000); // all have been found, or found dead
    const [begun, askedBefore, deadBefore] = [clock.now(), asked, askedDead];
    await clock.advance(MINUTES * 60_000);
    for (const [unit, times] of syncs) {
      const since = times.filter((time) => time >= begun);
      if (dead.has(unit)) {
        expect(since).toEqual([]);
        continue;
      }
      const mean = (since.at(-1)! - since[0]!) / (since.length - 1);
      expect(Math.abs(mean - INTERVAL_MS) / INTERVAL_MS).toBeLessThan(0.1);
      const gaps = since.slice(1).map((time, index) => time - since[index]!);
      expect(Math.max(...gaps)).toBeLessThan(1.25 * INTERVAL_MS);
    }
    // The dead ones take a tenth of the line at most: one second each time.
    expect(askedDead - deadBefore).toBeLessThanOrEqual((MINUTES * 60_000) / 10_000 + 1);
    expect(askedDead - deadBefore).toBeGreaterThan(MINUTES * 2);
    expect(asked - askedBefore).toBeGreaterThan(24 * MINUTES * 5);
    expect(route.lines.map(({ collisions }) => collisions)).toEqual([0]);

    revived = 15;
    const wait = clock.now();
    while (syncs.get(15)!.length === 0 && clock.now() - wait < 20 * 60_000) await clock.advance(1000);
    expect(clock.now() - wait).toBeLessThan(10 * 60_000);
    await Promise.all([...devices.map((device) => device.close()), clock.advance(5000)]);
    expect(clock.pending).toEqual([]);
  }, 120_000);
});
