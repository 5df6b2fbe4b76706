import { describe, expect, it } from 'vitest';
import {
  admin,
  deploy,
  errorOf,
  message,
  messages,
  robot,
  send,
  useNodeRed,
  type Message,
} from '../../../support/node-red/node-red-helper.ts';

useNodeRed();

const device = () =>
  robot({
    properties: [
      { name: 'list', type: 'array' },
      { name: 'b', type: 'object' },
      { name: 'when', type: 'datetime' },
    ],
  });

const cyclic: unknown[] = [1];
cyclic.push(cyclic);
let deep: unknown = [];
for (let level = 0; level < 100_000; level += 1) deep = [deep];
const throwing = Object.defineProperty({}, 'list', {
  enumerable: true,
  get: () => {
    throw new Error('canary-7Qx');
  },
});

describe('a message that could poison a device', () => {
  it.each<[string, Message, string]>([
    ['a list that contains itself', { payload: { list: cyclic } }, 'msg.payload.list must not contain itself'],
    ['one that is very deep', { payload: { list: deep } }, 'msg.payload.list must not have more than 64 levels'],
    ['an object with a function', { payload: { b: { f: () => 1 } } }, 'msg.payload.b must be data, got a function'],
    [
      'what only claims to be a date',
      { payload: { when: Object.create(Date.prototype) } },
      'msg.payload.when must be plain data',
    ],
    ['members that throw', { payload: throwing }, 'the message cannot be read'],
    ['definitions that throw', { action: 'read', properties: [throwing] }, 'the message cannot be read'],
  ])('is refused as that: %s', async (_, msg, text) => {
    await deploy([device()]);
    await message('out');
    send('device', msg);
    const error = await errorOf('caught');
    expect(error).toMatchObject({ code: 'BAD_MESSAGE', message: expect.stringContaining(text) });
    expect(JSON.stringify(messages('caught')[0]?.error)).not.toMatch(/canary|\bat /);
    const { body } = await admin().get('/devicelink/devices').expect(200).expect('Content-Type', /json/);
    expect(body).toMatchObject([{ id: 'device', state: 'healthy' }]);
  });
});
