import { DataType, type UAVariable, VariantArrayType } from 'node-opcua';
import { describeDriverContract } from '../../support/device/driver-contract.ts';
import { freePort } from '../../support/system/free-port.ts';
import { OpcUaTestBench, property } from '../../support/opcua/opcua-device.ts';
import { OpcUaTestServer } from '../../support/opcua/opcua-server.ts';

describeDriverContract('opcua', async () => {
  let changing: UAVariable | undefined;
  const server = await new OpcUaTestServer({
    populate: (space) => {
      const own = space.getOwnNamespace();
      const add = (name: string, dataType: DataType, value: unknown, accessLevel = 'CurrentRead | CurrentWrite') =>
        own.addVariable({
          browseName: name,
          nodeId: `s=${name}`,
          organizedBy: space.rootFolder.objects,
          dataType: DataType[dataType],
          accessLevel,
          userAccessLevel: accessLevel,
          value: { dataType, arrayType: VariantArrayType.Scalar, value },
        });
      changing = add('temperature', DataType.Double, 23.5);
      add('count', DataType.Int64, [0xffffffff, 0xffffffff]);
      add('name', DataType.String, 'pump');
      add('setpoint', DataType.Int16, 0);
      add('valve', DataType.Boolean, false);
      add('locked', DataType.Int16, 1, 'CurrentRead');
    },
  }).start();
  const bench = new OpcUaTestBench();
  const readable = [
    property('temperature', 'ns=1;s=temperature'),
    property('count', 'ns=1;s=count'),
    property('name', 'ns=1;s=name'),
  ];
  const nobody = `opc.tcp://127.0.0.1:${await freePort()}`;
  return {
    driver: bench.driver(server.endpoint),
    readable,
    expected: [23.5, -1n, 'pump'],
    bad: property('absent', 'ns=1;s=absent'),
    writes: [
      { property: property('setpoint', 'ns=1;s=setpoint'), value: 4711 },
      { property: property('valve', 'ns=1;s=valve'), value: true },
    ],
    badWrite: { property: property('locked', 'ns=1;s=locked'), value: 2 },
    unreachable: () => bench.driver(nobody, { timeout: '2s' }),
    stopPeer: () => server.stop(),
    startPeer: async () => {
      await server.start();
    },
    notify: () => {
      changing?.setValueFromSource({ dataType: DataType.Double, value: Math.random() });
      return Promise.resolve();
    },
    dispose: async () => {
      await server.remove();
      bench.remove();
    },
  };
});
