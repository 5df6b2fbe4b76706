import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { TestAe } from '../../../support/onem2m/onem2m-ae.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** The port of somebody who accepts connections and never says a word. */
async function startSilence(): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

it.each([
  ['mqtt', 'auto', /did not answer|no answer/],
  ['ws', 'mqtt', /did not answer|no answer/],
  ['ws', 'websocket', /did not answer/],
])(
  'an AE is not just connecting where %s (%s) is never answered: it says so after its timeout',
  async (scheme, binding, words) => {
    const port = await startSilence();
    const endpoint = `${scheme}://127.0.0.1:${port}#in-cse-1`;
    const ae = TestAe.create({ name: 'app', properties: { endpoint, binding, timeout: '300ms' } });
    cleanUps.push(() => ae.close());
    ae.entity.start();
    await expect.poll(() => ae.entity.snapshot().state, { timeout: 5000 }).toBe('unhealthy');
    expect(ae.entity.snapshot().lastError).toMatchObject({ message: expect.stringMatching(words) });
    expect(ae.entity.snapshot().lastError?.message).toContain(String(port));
  },
);
