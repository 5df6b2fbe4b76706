import { afterEach, describe, expect, it } from 'vitest';
import { Client } from '../../../src/onem2m/exchange/client.ts';
import { mosquittoAvailable } from '../../support/mqtt/mosquitto.ts';
import { realPorts } from '../../support/mqtt/mqtt-options.ts';
import { OneM2MBench } from '../../support/onem2m/onem2m-mqtt-bench.ts';

const bench = new OneM2MBench();
afterEach(() => bench.clear());

describe.skipIf(!mosquittoAvailable())('a request that is too large for the broker', () => {
  // In MQTT 3.1.1 mosquitto 2.0.11 resets the connection on such a message, without a word.
  it('says so instead of TIMEOUT, and the others go on', async () => {
    const broker = await bench.startBroker({ lines: ['max_packet_size 2000'] });
    await bench.startCse(broker);
    const { binding } = await bench.createUp(broker.url);
    const client = new Client({
      sender: binding,
      receivers: [binding],
      ports: realPorts,
      timeoutMs: 5000,
      release: '3',
      originator: () => 'Cae',
    });
    bench.onClear(() => client.close());
    client.open();
    const create = (con: string): Promise<{ response: { rsc: number } }> =>
      client.exchange({ op: 1, to: 'cse/ae/cnt', ty: 4, pc: { 'm2m:cin': { con } } });
    const words =
      /^CREATE cse\/ae\/cnt did not get through: the broker ends the connection on the message to \/oneM2M\/req\/Cae\/in-cse\/json \(QoS 1, \d+ bytes\)$/;
    await expect(create('x'.repeat(5000))).rejects.toMatchObject({
      code: 'MQTT_REFUSED',
      message: expect.stringMatching(words) as string,
    });
    expect((await create('small')).response.rsc).toBe(2000);
  });
});
