import { describe, expect, it } from 'vitest';
import { ConnectionBench } from '../../../support/mqtt/connection-bench';
import {
  ACK_FAULTS,
  CountingBroker,
  type CountingOptions,
  type Figures,
} from '../../../support/mqtt/faults/counting-broker';
import { scaled } from '../../../support/long';

const bench = new ConnectionBench();
const COUNT = scaled(5000, 300);

interface Run {
  readonly figures: Figures;
  /** Outcomes of the promises, counted. */
  readonly told: Readonly<Record<string, number>>;
  readonly counting: CountingBroker;
}

async function run(qos: 0 | 1 | 2, cleanSession: boolean, options: CountingOptions): Promise<Run> {
  const counting = await CountingBroker.start(options);
  bench.afterwards(() => counting.broker.stop());
  const connection = bench.createConnection(counting.broker.url, {
    clientId: 'publisher',
    cleanSession,
    messageChannelDepth: COUNT,
    maxReconnectIntervalMs: 0,
    protocolVersion: qos === 1 ? 5 : 4,
  });
  connection.open();
  const told: Record<string, number> = {};
  const outcomes = Array.from({ length: COUNT }, async (_none, index) => {
    const settings = { qos, retained: false, waitTimeoutMs: 0 };
    const word = await connection.publish('plant/count', String(index), settings).then(
      () => 'through',
      (error: unknown) => (error as { code: string }).code,
    );
    told[word] = (told[word] ?? 0) + 1;
  });
  await Promise.all(outcomes);
  await connection.close();
  return { figures: counting.figures(COUNT), told, counting };
}

const print = (what: string, qos: number, { figures }: Run): void => {
  const { sent, delivered, lost, duplicated } = figures;
  console.log(`QoS ${qos}, ${what}: sent ${sent}, delivered ${delivered}, lost ${lost}, duplicated ${duplicated}`);
};

describe('a broker that treats its acknowledgements badly', () => {
  it.each(ACK_FAULTS.flatMap((make) => ([0, 1, 2] as const).map((qos) => ({ name: make().name, make, qos }))))(
    '$name: QoS $qos',
    async ({ name, make, qos }) => {
      const result = await run(qos, false, { acks: make() });
      print(name, qos, result);
      expect(result.told).toEqual({ through: COUNT });
      expect(result.figures.lost).toBe(0);
      if (qos === 2) expect(result.figures.duplicated).toBe(0);
    },
  );
});

describe('a broker that ends the connection after each 97 packets', () => {
  it.each([
    [1, false],
    [1, true],
    [2, false],
  ] as const)('loses nothing at QoS %i, cleanSession %s', async (qos, cleanSession) => {
    const result = await run(qos, cleanSession, { cutEvery: 97 });
    print(`cut, cleanSession ${cleanSession}`, qos, result);
    expect(result.told).toEqual({ through: COUNT });
    expect(result.figures.lost).toBe(0);
    expect(result.counting.cuts).toBeGreaterThan(1);
    if (qos === 2) expect(result.figures.duplicated).toBe(0);
  });

  it('may deliver QoS 2 twice with cleanSession, where the protocol ends, but loses nothing', async () => {
    const result = await run(2, true, { cutEvery: 97 });
    print('cut, cleanSession true', 2, result);
    expect(result.told).toEqual({ through: COUNT });
    expect(result.figures.lost).toBe(0);
    // At most what was on its way at each cut.
    expect(result.figures.duplicated).toBeLessThanOrEqual(result.counting.cuts * 97);
  });

  it('settles each QoS 0 message, once', async () => {
    const result = await run(0, true, { cutEvery: 97 });
    print('cut, cleanSession true', 0, result);
    expect((result.told['through'] ?? 0) + (result.told['MQTT_DROPPED'] ?? 0)).toBe(COUNT);
    expect(result.figures.duplicated).toBe(0);
  });
});

describe('a broker that lies about the session', () => {
  it.each([
    ['always present', 1],
    ['always present', 2],
    ['never present', 1],
    ['never present', 2],
  ] as const)('%s: nothing is lost at QoS %i', async (says, qos) => {
    const result = await run(qos, false, { cutEvery: 97, says });
    print(`session ${says}`, qos, result);
    expect(result.told).toEqual({ through: COUNT });
    expect(result.figures.lost).toBe(0);
  });

  it('a session although a clean one was asked for is not used', async () => {
    const result = await run(1, true, { cutEvery: 97, says: 'always present' });
    expect(result.figures.lost).toBe(0);
  });
});
