import { DataType } from 'node-opcua';
import { expect, it } from 'vitest';
import { never, OpcUaTestBench, property } from '../../support/opcua/opcua-device.ts';
import { OpcUaTestServer } from '../../support/opcua/opcua-server.ts';

const TOO_LARGE = 17 * 1024 * 1024;

it('makes only that property bad whose bytes are more than a message may have', async () => {
  const server = new OpcUaTestServer({
    populate: (space) => {
      const own = space.getOwnNamespace();
      const add = (name: string, value: object): void => {
        own.addVariable({
          browseName: name,
          nodeId: `s=${name}`,
          organizedBy: space.rootFolder.objects,
          dataType: 'BaseDataType',
          value,
        });
      };
      for (let index = 0; index < 5; index += 1) add(`v${index}`, { dataType: DataType.Double, value: index });
      add('bytes', { dataType: DataType.ByteString, value: Buffer.alloc(TOO_LARGE) });
    },
  });
  const bench = new OpcUaTestBench();
  try {
    await server.start();
    const driver = bench.driver(server.endpoint);
    await driver.connect(never());
    const names = ['v0', 'v1', 'bytes', 'v2', 'v3', 'v4'];
    const readings = await driver.read(
      names.map((name) => property(name, `ns=1;s=${name}`)),
      never(),
    );
    expect(readings.map(({ value }) => value)).toEqual([0, 1, undefined, 2, 3, 4]);
    expect(readings[2]?.error?.code).toBe('OPCUA_BadTcpMessageTooLarge');
    await driver.close();
  } finally {
    await server.remove();
    bench.remove();
  }
});
