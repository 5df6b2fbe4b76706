import { afterAll } from 'vitest';
import { asyncuaAvailable, AsyncuaServer } from '../../support/opcua/asyncua.ts';
import { describeDriverContract } from '../../support/device/driver-contract.ts';
import { OpcUaTestBench, property } from '../../support/opcua/opcua-device.ts';

const at = (name: string): string => `nsu=${AsyncuaServer.NAMESPACE};s=${name}`;

if (asyncuaAvailable()) {
  const server = new AsyncuaServer();
  // Python takes two seconds to start: one server serves all, and is started again only after a test has stopped or frozen it.
  let isFit = false;
  afterAll(() => server.remove());

  describeDriverContract('opcua with asyncua', async () => {
    if (!isFit) {
      await server.stop();
      await server.start();
      isFit = true;
    }
    await server.set('types/String', 'grüezi');
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
      stopPeer: async () => {
        isFit = false;
        await server.stop();
      },
      startPeer: async () => {
        await server.start();
        isFit = true;
      },
      silencePeer: () => {
        isFit = false;
        server.freeze();
        return Promise.resolve();
      },
      notify: () => server.set('types/String', `changed at ${performance.now()}`),
      dispose: () => {
        bench.remove();
        return Promise.resolve();
      },
    };
  });
}
