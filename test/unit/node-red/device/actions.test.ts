import { describe, expect, it } from 'vitest';
import { deploy, errorOf, message, messages, send, useNodeRed } from '../../../support/node-red/node-red-helper.ts';

useNodeRed();

const acting = { id: 'device', type: 'acting-device', z: 'f', name: 'actor-1', wires: [['out']] };
const sender = {
  topic: 'default/actor-1',
  device: expect.objectContaining({ name: 'actor-1', protocol: 'acting', state: 'healthy' }) as unknown,
};

/** Deployed and in service: the message of the first sync came. */
async function inService(): Promise<void> {
  await deploy([acting]);
  await message('out');
}

describe("an action of the protocol's own", () => {
  it('answers with the message that asked for it', async () => {
    await inService();
    send('device', { _msgid: 'm1', action: 'echo', payload: [1, 2n], parts: { index: 3 } });
    expect(await message('out', 1)).toMatchObject({
      _msgid: 'm1',
      action: 'echo',
      parts: { index: 3 },
      payload: { heard: [1, 2] },
      ...sender,
    });
    expect(await message('completed')).toMatchObject({ _msgid: 'm1' });
    expect(messages('caught')).toEqual([]);
  });

  it('that is refused ends in one error with the code and the advice, and no answer', async () => {
    await inService();
    send('device', { action: 'refuse' });
    expect(await errorOf('caught')).toMatchObject({ code: 'ACTING_NO', message: 'not today (try again)' });
    expect(messages('out')).toHaveLength(1);
    expect(messages('completed')).toEqual([]);
  });

  it('of another kind of device is refused, naming those there are', async () => {
    await inService();
    send('device', { action: 'browse' });
    expect(await errorOf('caught')).toMatchObject({
      code: 'BAD_MESSAGE',
      message: expect.stringContaining('connect, disconnect, echo, refuse, announce, got "browse"') as unknown,
    });
  });
});

describe('what a driver tells by itself', () => {
  it('goes out as a message of its own', async () => {
    await inService();
    send('device', { _msgid: 'm1', action: 'announce', payload: { severity: 700 } });
    const event = await message('out', 1);
    expect(event).toMatchObject({ action: 'event', payload: { severity: 700 }, ...sender });
    expect(event._msgid).not.toBe('m1');
    expect(await message('out', 2)).toMatchObject({ _msgid: 'm1', action: 'announce' });
  });

  it('that gets what cannot be read is refused as that', async () => {
    await inService();
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    send('device', { action: 'echo', payload: cyclic });
    const text = 'msg.payload must not contain itself';
    expect(await errorOf('caught')).toMatchObject({ code: 'BAD_MESSAGE', message: text });
  });
});
