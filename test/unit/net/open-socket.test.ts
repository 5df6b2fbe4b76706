import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSocket } from '../../../src/net/open-socket';
import { countHandles, expectNoNewHandles } from '../../support/system/active-handles';
import { freePort } from '../../support/system/free-port';

describe('openSocket', () => {
  const never = (): AbortSignal => new AbortController().signal;
  let server: Server;
  let port: number;

  beforeEach(async () => {
    server = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  afterEach(async () => {
    server.close();
    if (server.listening) await once(server, 'close');
  });

  it("gives a connected socket that is the caller's alone", async () => {
    const handles = countHandles();
    const socket = await openSocket({ host: '127.0.0.1', port }, never());
    expect(socket.eventNames()).toEqual(expect.not.arrayContaining(['connect', 'error']));
    const echo = once(socket, 'data');
    socket.write('*IDN?\n');
    expect(String((await echo)[0])).toBe('*IDN?\n');
    socket.destroy();
    await expectNoNewHandles(handles);
  });

  it('says in words why it cannot, and leaves nothing behind', async () => {
    const handles = countHandles();
    const closed = await freePort();
    await expect(openSocket({ host: '127.0.0.1', port: closed }, never())).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
      message: `cannot connect to 127.0.0.1:${closed}: connection refused: nothing listens there`,
      advice: 'Check host, port, and whether the device runs.',
    });
    await expectNoNewHandles(handles);
  });

  it('stops an attempt that is given up, with the reason', async () => {
    const handles = countHandles();
    const controller = new AbortController();
    const attempt = openSocket({ host: '127.0.0.1', port }, controller.signal);
    const reason = new Error('redeployed');
    controller.abort(reason);
    await expect(attempt).rejects.toBe(reason);
    await expectNoNewHandles(handles);
  });

  it('does not begin when it was given up before', async () => {
    const reason = new Error('redeployed');
    await expect(openSocket({ host: '127.0.0.1', port }, AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it('forgets the signal once it is connected', async () => {
    const controller = new AbortController();
    const socket = await openSocket({ host: '127.0.0.1', port }, controller.signal);
    controller.abort();
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });
});
