import { describe, expect, it } from 'vitest';
import { describeProblems } from '../../../src/base/fields/fields.ts';
import { modbusKind } from '../../../src/drivers/modbus/index.ts';
import { LossyRelay } from '../../support/modbus/lossy-relay.ts';
import { driverFor, never, property } from '../../support/modbus/modbus-device.ts';
import { PymodbusLine, pymodbusVersions } from '../../support/modbus/pymodbus-line.ts';

/** The same numbers each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    // The lower bits of this generator have short periods.
    return (state >>> 8) / 2 ** 24;
  };
}

describe.each(pymodbusVersions())('UDP to pymodbus %s', (_, python) => {
  it('gives every value right, though datagrams are lost, doubled, late and out of order', async () => {
    const server = await PymodbusLine.start(python, 'udp');
    const relay = new LossyRelay(server.port, seeded(7));
    const endpoint = `127.0.0.1:${await relay.start()}`;
    const properties = Array.from({ length: 10 }, (__, index) => property(`p${index}`, index * 90));
    const protocol = { udp: { endpoint, maxGap: 0, responseTimeout: '100ms' } };
    const parsed = modbusKind.parse({ parameters: { timeout: '5s' }, protocol, properties }, {});
    if (!parsed.ok) throw new Error(describeProblems(parsed.problems));
    const driver = driverFor(parsed.value);
    try {
      await driver.connect(never());
      let good = 0;
      for (let cycle = 0; cycle < 40; cycle++) {
        const readings = await driver.read(properties, never());
        for (const [index, { quality, value }] of readings.entries()) {
          if (quality !== 'good') continue;
          good++;
          expect(value).toBe(index * 90);
        }
      }
      // A fifth of all exchanges is lost: 324 would come with one try each, 397 with three.
      expect(good).toBeGreaterThan(370);
      expect(Math.min(...Object.values(relay.counts))).toBeGreaterThan(20);
    } finally {
      await driver.close();
      relay.stop();
      await server.stop();
    }
  });

  it('says that nothing listens', async () => {
    const server = await PymodbusLine.start(python, 'udp');
    const endpoint = `127.0.0.1:${server.port}`;
    await server.stop();
    const parsed = modbusKind.parse(
      { parameters: { timeout: '1s' }, protocol: { udp: { endpoint } }, properties: [property('a', 1)] },
      {},
    );
    if (!parsed.ok) throw new Error(describeProblems(parsed.problems));
    const driver = driverFor(parsed.value);
    await expect(driver.connect(never())).rejects.toMatchObject({ code: 'LINK_LOST' });
    await driver.close();
  });
});
