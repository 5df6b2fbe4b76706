import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describeProblems } from '../../../../src/base/fields/fields.ts';
import { systemClock } from '../../../../src/base/ports.ts';
import type { __Name__Property } from '../../../../src/drivers/__name__/config.ts';
import { __camel__Kind } from '../../../../src/drivers/__name__/index.ts';
import { describeDriverContract } from '../../../support/device/driver-contract.ts';
import { MemoryLog } from '../../../support/fakes/fake-clock.ts';
import { surroundingsOf } from '../../../support/fakes/surroundings.ts';

/** TODO: answers as the device does, better by a program that somebody else wrote. */
class Peer {
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((socket) => {
    this.sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
  });
  port = 0;

  async start(): Promise<this> {
    await once(this.server.listen(this.port, '127.0.0.1'), 'listening');
    this.port = (this.server.address() as AddressInfo).port;
    return this;
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server.close(), 'close');
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

const PROPERTIES = [
  { name: 'temperature', type: 'float', visitor: { address: 'T' } },
  { name: 'setpoint', type: 'float', visitor: { address: 'S' } },
];

/** The properties, and a driver for them, by the rules that the node has. */
function make(port: number) {
  const parsed = __camel__Kind.parse(
    { protocol: { endpoint: `127.0.0.1:${port}` }, parameters: { timeout: '600ms' }, properties: PROPERTIES },
    {},
  );
  if (!parsed.ok) throw new Error(describeProblems(parsed.problems));
  const surroundings = surroundingsOf({ clock: systemClock, log: new MemoryLog(), random: Math.random });
  return { driver: __camel__Kind.createDriver(parsed.value, surroundings), properties: parsed.value.properties };
}

describeDriverContract<__Name__Property>('__name__', async () => {
  const peer = await new Peer().start();
  const gone = await new Peer().start();
  await gone.stop();
  const { driver, properties } = make(peer.port);
  const setpoint = properties[1];
  return {
    driver,
    readable: properties,
    expected: [21.5, 20],
    ...(setpoint === undefined ? {} : { writes: [{ property: setpoint, value: 23.5 }] }),
    unreachable: () => make(gone.port).driver,
    stopPeer: () => peer.stop(),
    startPeer: async () => {
      await peer.start();
    },
    // TODO: bad, badWrite, silencePeer and resumePeer: without them six tests are left out, and say so
    dispose: () => peer.stop(),
  };
});
