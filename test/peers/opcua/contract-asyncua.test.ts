import { asyncuaAvailable, AsyncuaServer } from '../../support/asyncua.ts';
import { describeDriverContract } from '../../support/driver-contract.ts';
import { OpcUaTestBench, property } from '../../support/opcua-device.ts';

const at = (name: string): string => `nsu=${AsyncuaServer.NAMESPACE};s=${name}`;

if (asyncuaAvailable()) {
  describeDriverContract('opcua with asyncua', async () => {
    const server = await new AsyncuaServer().start();
    const bench = new OpcUaTestBench();
    const readable = [property('int64', at('types/Int64')), property('text', at('types/String'))];
    return {
      driver: bench.driver(server.endpoint, { syncInterval: '100ms', timeout: '2s' }),
      readable,
      expected: [-9007199254740993n, 'grüezi'],
      bad: property('absent', at('types/Absent')),
      writes: [
        { property: property('uint64', at('types/UInt64')), value: 18446744073709551614n },
        { property: property('matrix', at('types/Int16Array')), value: [1, 2, 3] },
      ],
      badWrite: { property: property('locked', at('machine/locked')), value: 2 },
      stopPeer: () => server.stop(),
      startPeer: async () => {
        await server.start();
      },
      silencePeer: () => {
        server.freeze();
        return Promise.resolve();
      },
      notify: () => server.set('types/String', `changed at ${performance.now()}`),
      dispose: async () => {
        await server.remove();
        bench.remove();
      },
    };
  });
}
