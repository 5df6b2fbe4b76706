import { describe, expect, it } from 'vitest';
import { DeviceError, toDeviceError } from '../../../src/base/errors.ts';

describe('DeviceError', () => {
  it('is an Error with a code, and has cause and advice only where they are given', () => {
    const cause = new Error('ECONNREFUSED');
    const full = new DeviceError('CONNECT_FAILED', 'no server', { cause, advice: 'Start it.' });
    expect(full).toBeInstanceOf(Error);
    expect(full).toMatchObject({
      name: 'DeviceError',
      code: 'CONNECT_FAILED',
      message: 'no server',
      advice: 'Start it.',
    });
    expect(full.cause).toBe(cause);
    const bare = new DeviceError('TIMEOUT', 'no answer');
    expect(Object.hasOwn(bare, 'cause')).toBe(false);
    expect(bare.advice).toBeUndefined();
  });
});

describe('toDeviceError', () => {
  it('leaves a DeviceError as it is', () => {
    const error = new DeviceError('TIMEOUT', 'no answer');
    expect(toDeviceError(error, 'CLOSED', 'reading')).toBe(error);
  });

  it.each<[unknown, string | undefined, string]>([
    [new TypeError('x is undefined'), undefined, 'x is undefined'],
    [new TypeError('x is undefined'), 'reading', 'reading: x is undefined'],
    ['text', undefined, 'text'],
    [undefined, 'reading', 'reading: undefined'],
  ])('wraps %s (%s)', (thrown, context, message) => {
    const error = toDeviceError(thrown, 'BAD_RESPONSE', context);
    expect(error).toMatchObject({ code: 'BAD_RESPONSE', message });
    expect(error.cause).toBe(thrown);
  });
});
