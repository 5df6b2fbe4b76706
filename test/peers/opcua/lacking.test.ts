import type { Variant } from 'node-opcua';
import { AttributeIds, DataType, type UAVariable } from 'node-opcua';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Reading } from '../../../src/device/driver.ts';
import type { OpcUaDriver } from '../../../src/drivers/opcua/driver.ts';
import { withoutAttributes } from '../../support/opcua/opcua-attributes.ts';
import { never, OpcUaTestBench, property } from '../../support/opcua/opcua-device.ts';
import { OpcUaTestServer } from '../../support/opcua/opcua-server.ts';

// gopcua 0.8.0 has no TranslateBrowsePaths, and its nodes may have no DataType; asyncua 2.1.0 says BadUserAccessDenied where
// it lacks a service.
describe('an OPC UA server that lacks something', () => {
  const bench = new OpcUaTestBench();
  const written: Variant[] = [];
  let server: OpcUaTestServer;
  let driver: OpcUaDriver;

  beforeEach(async () => {
    written.length = 0;
    server = await new OpcUaTestServer({
      populate: (space) => {
        const own = space.getOwnNamespace();
        const add = (
          name: string,
          value: object,
          dataType: Parameters<typeof own.addVariable>[0]['dataType'],
        ): UAVariable => {
          const variable = own.addVariable({
            browseName: name,
            nodeId: `s=${name}`,
            organizedBy: space.rootFolder.objects,
            minimumSamplingInterval: 50,
            dataType: dataType!,
            value,
          });
          variable.on('value_changed', (dataValue) => written.push(dataValue.value));
          return variable;
        };
        const gear = own.addEnumerationType({ browseName: 'Gear', enumeration: [{ displayName: 'Fast', value: 5 }] });
        withoutAttributes(gear, AttributeIds.DataTypeDefinition);
        const int = { dataType: DataType.Int16, value: 5 };
        add('plain', { dataType: DataType.Double, value: 1.5 }, 'Double');
        add('gear', { dataType: DataType.Int32, value: 5 }, gear);
        withoutAttributes(add('typeless', int, 'Int16'), AttributeIds.DataType);
        withoutAttributes(add('typelessAgain', int, 'Int16'), AttributeIds.DataType, AttributeIds.ValueRank);
        add('anything', int, 'BaseDataType');
      },
    }).start();
    driver = bench.driver(server.endpoint);
    await driver.connect(never());
  });
  afterEach(async () => {
    await driver.close();
    await server.remove();
  });

  const at = (name: string, more: { type?: string } = {}) => property(name, `ns=1;s=${name}`, more);
  const byPath = property('byPath', 'i=85', { visitor: { browsePath: '/1:plain' } });
  const gear = at('gear', { type: 'string' });

  describe.each([
    ['BadServiceUnsupported', /does not have this service/],
    ['BadUserAccessDenied', /may not do that on the server, or the server does not have this service/],
  ] as const)('browse paths, and says %s', (status, words) => {
    beforeEach(() => server.refuseService('TranslateBrowsePathsToNodeIds', status));

    it('is read for all but those', async () => {
      const readings = await driver.read([byPath, gear, at('plain')], never());
      expect(readings).toMatchObject([
        { quality: 'bad', error: { code: `OPCUA_${status}`, message: expect.stringMatching(words) } },
        { quality: 'good', value: '5' },
        { quality: 'good', value: 1.5 },
      ]);
    });

    it('is subscribed to and written for all but those', async () => {
      const last = new Map<string, Reading>();
      const subscription = await driver.subscribe([byPath, gear, at('plain')], (readings) => {
        for (const reading of readings) last.set(reading.name, reading);
      });
      expect([...subscription.covered]).toEqual(['gear', 'plain']);
      await expect.poll(() => [...last.values()].map(({ value }) => value)).toEqual(['5', 1.5]);
      const results = await driver.write(
        [
          { property: byPath, value: 1 },
          { property: gear, value: 7 },
          { property: at('plain'), value: 2.5 },
        ],
        never(),
      );
      expect(results.map(({ error }) => error?.code)).toEqual([`OPCUA_${status}`, undefined, undefined]);
    });
  });

  it.each([
    ['typeless', {}, 7, DataType.Int16],
    ['typelessAgain', {}, 7, DataType.Int16],
    ['anything', {}, 7, DataType.Int16],
    ['typeless', { type: 'int16' }, 8, DataType.Int16],
    ['anything', { type: 'uint32' }, 8, DataType.UInt32],
  ])(
    'a data type is written in the declared one or that of the value held: %s %j',
    async (name, more, value, dataType) => {
      expect(await driver.write([{ property: at(name, more), value }], never())).toEqual([{ name }]);
      expect(written.at(-1)).toMatchObject({ dataType, value });
      const [reading] = await driver.read([at(name, more), at('plain')], never());
      expect(reading).toMatchObject({ quality: 'good', value });
    },
  );

  it('other properties are written where a node is not there at all', async () => {
    const results = await driver.write(
      [
        { property: at('absent'), value: 1 },
        { property: at('plain'), value: 2.5 },
      ],
      never(),
    );
    expect(results.map(({ error }) => error?.code)).toEqual(['OPCUA_BadNodeIdUnknown', undefined]);
  });
});
