import { describe, expect, it } from 'vitest';
import type { Checked } from '../../../../src/base/fields/problems.ts';
import type { Property } from '../../../../src/device/property.ts';
import { parseCommand } from '../../../../src/node-red/device/command.ts';

function parseProperty(raw: unknown, field: string): Checked<Property> {
  const { name } = raw as { name?: string };
  if (name === undefined) return { ok: false, problems: [{ field: `${field}.name`, message: 'is required' }] };
  return { ok: true, value: { name, accessMode: 'ReadWrite' } };
}
const parse = (msg: Record<string, unknown>) => parseCommand(msg, parseProperty);
const adHoc: Property = { name: 'x', accessMode: 'ReadWrite' };

function circular(): object {
  const one: Record<string, unknown> = {};
  one['self'] = one;
  return one;
}

describe('parseCommand', () => {
  it('understands the actions of the kind of device, and names them where it expects one', () => {
    const own = ['browse', 'call'];
    expect(parseCommand({ action: 'call', payload: 3 }, parseProperty, own)).toEqual({
      action: 'perform',
      name: 'call',
    });
    expect(() => parseCommand({ action: 'dance' }, parseProperty, own)).toThrow(
      'msg.action must be one of write, read, connect, disconnect, browse, call, got "dance"',
    );
    expect(() => parse({ action: 'call' })).toThrow(/must be one of write, read, connect, disconnect, got "call"/);
  });

  it.each<[Record<string, unknown>, unknown]>([
    [{ payload: { a: 1, b: NaN } }, { action: 'write', values: { a: 1, b: NaN }, adHoc: [] }],
    [
      { action: 'write', payload: { a: 1n } },
      { action: 'write', values: { a: 1n }, adHoc: [] },
    ],
    [
      { payload: { x: 1 }, properties: [{ name: 'x' }] },
      { action: 'write', values: { x: 1 }, adHoc: [adHoc] },
    ],
    [{ action: 'read' }, { action: 'read', adHoc: [] }],
    [
      { action: 'read', payload: [] },
      { action: 'read', adHoc: [] },
    ],
    [
      { action: 'read', payload: '' },
      { action: 'read', adHoc: [] },
    ],
    [
      { action: 'read', payload: ['a', 'b', 'a'] },
      { action: 'read', names: ['a', 'b'], adHoc: [] },
    ],
    [
      { action: 'read', payload: 'a' },
      { action: 'read', names: ['a'], adHoc: [] },
    ],
    [
      { action: 'read', properties: [{ name: 'x' }] },
      { action: 'read', names: ['x'], adHoc: [adHoc] },
    ],
    [{ action: 'connect', payload: 17 }, { action: 'connect' }],
    [{ action: 'disconnect' }, { action: 'disconnect' }],
  ])('understands message %$', (msg, command) => {
    expect(parse(msg)).toEqual(command);
  });

  it.each([
    [{}, /msg\.payload must be an object .* or msg\.action one of write, read, connect, disconnect/],
    [{ payload: 17 }, /msg\.payload must be an object/],
    [{ payload: Buffer.from('x') }, /msg\.payload must be an object/],
    [{ action: 'explode' }, /msg\.action must be one of write, read, connect, disconnect, got "explode"/],
    [{ action: 7 }, /msg\.action must be .* got 7/],
    [{ action: 'write', payload: [1] }, /msg\.payload must be an object .* got \[1\]/],
    [{ action: 'write', payload: new Date(0) }, /msg\.payload must be an object/],
    [{ action: 'write', payload: [1n] }, /msg\.payload must be an object/],
    [{ action: 'read', payload: circular() }, /list of property names/],
    [{ payload: {} }, /names no property/],
    [{ action: 'read', payload: 5 }, /msg\.payload must be a list of property names .* got 5/],
    [{ action: 'read', payload: ['a', 5] }, /list of property names/],
    [{ action: 'read', properties: {} }, /msg\.properties must be a list/],
    [{ action: 'read', properties: [{ name: 'x' }, {}] }, /msg\.properties\[1\]\.name: is required/],
    [{ action: 'read', properties: [{ name: 'x' }, { name: 'x' }] }, /msg\.properties defines "x" twice/],
  ])('refuses message %$', (msg, text) => {
    expect(() => parse(msg)).toThrow(
      expect.objectContaining({ code: 'BAD_MESSAGE', message: expect.stringMatching(text) }),
    );
  });
});
