import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A TCP port of the loopback interface that nobody listens on at this moment.
 * For servers that cannot listen on port 0 and tell which one they got (Node-RED, modbus-serial).
 */
export async function freePort() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
