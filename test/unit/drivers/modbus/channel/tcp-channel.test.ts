import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Channel } from '../../../../../src/drivers/modbus/channel/channel.ts';
import { openTcpChannel } from '../../../../../src/drivers/modbus/channel/tcp-channel.ts';
import { countHandles, expectNoNewHandles, type HandleCount } from '../../../../support/system/active-handles.ts';
import { never } from '../../../../support/modbus/modbus-device.ts';

describe('a TCP channel', () => {
  let handles: HandleCount;
  let server: Server;
  let peer: Socket;
  let channel: Channel;
  let heard: string[];

  beforeEach(async () => {
    handles = countHandles();
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    channel = await openTcpChannel({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }, never());
    heard = [];
    channel.events.on('data', (bytes) => heard.push(bytes.toString()));
    channel.events.on('closed', ({ code, message }) => heard.push(`${code} ${message}`));
    [peer] = (await accepted) as [Socket];
    peer.on('error', () => undefined);
  });
  afterEach(async () => {
    await channel.close();
    peer.destroy();
    server.close();
    await expectNoNewHandles(handles);
  });

  it('carries bytes both ways', async () => {
    expect(channel.name).toBe(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    const come = once(peer, 'data');
    await new Promise<void>((taken) => channel.write(Buffer.from('request'), () => taken()));
    expect(String((await come)[0])).toBe('request');
    peer.write('answer');
    await expect.poll(() => heard).toEqual(['answer']);
  });

  it.each([
    ['closes', 'closed the connection', () => peer.end()],
    ['resets', 'ECONNRESET', () => peer.resetAndDestroy()],
  ])('tells once when the peer %s the connection', async (_, words, act) => {
    act();
    await once(channel.events, 'closed');
    expect(channel.isOpen).toBe(false);
    await channel.close();
    expect(heard).toEqual([expect.stringMatching(new RegExp(`^LINK_LOST ${channel.name}: .*${words}`))]);
  });

  it('is silent once it was closed, and refuses what is written then', async () => {
    peer.write('late');
    await channel.close();
    const refusal = await new Promise((taken) => channel.write(Buffer.from('x'), taken));
    expect(refusal).toMatchObject({ code: 'LINK_LOST' });
    await new Promise((closed) => peer.once('close', closed));
    expect(heard).toEqual([]);
  });
});
