import { once } from 'node:events';
import { createServer } from 'node:net';
import { Aedes } from 'aedes';

/**
 * An MQTT 3.1 / 3.1.1 broker inside this process, on a free loopback port, so that the demo needs nothing installed.
 * Everything is kept in memory.
 */
export async function startBroker() {
  const broker = await Aedes.createBroker();
  const server = createServer(broker.handle);
  // The demo measures nothing, but a value should be seen when it changes, not 40 ms later.
  server.on('connection', (socket) => socket.setNoDelay(true));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `tcp://127.0.0.1:${server.address().port}`,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      await new Promise((resolve) => broker.close(resolve));
      await closed;
    },
  };
}
