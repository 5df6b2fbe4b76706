import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../src/base/errors';
import { connectError, socketError, type SocketPeer } from '../../../src/net/socket-errors';

const PEER: SocketPeer = {
  noun: 'the broker',
  address: 'tcp://broker:1883',
  plainAdvice: 'Use another port.',
  silentAdvice: 'Check what speaks there.',
};

const nodeError = (code: string, message = `system text of ${code}`): Error =>
  Object.assign(new Error(message), { code });

const KNOWN = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ECONNRESET'];

describe('socket errors', () => {
  it.each([
    ['ECONNREFUSED', false, 'CONNECT_FAILED', /connection failed: nothing listens there \(ECONNREFUSED\)$/],
    ['ECONNRESET', true, 'LINK_LOST', /connection lost: the connection was reset/],
    ['ECONNRESET', false, 'CONNECT_FAILED', /connection failed: the connection was reset/],
    ['ETIMEDOUT', false, 'TIMEOUT', /the host does not answer/],
    ['CERT_HAS_EXPIRED', false, 'TLS_EXPIRED', /the broker's certificate has expired/],
    ['ERR_SSL_SOMETHING_NEW', false, 'TLS_FAILED', /system text/],
    ['ESOMETHING', true, 'LINK_LOST', /system text/],
    ['ESOMETHING', false, 'CONNECT_FAILED', /system text/],
    ['constructor', false, 'CONNECT_FAILED', /system text/],
  ])('%s of a link that was connected: %s is %s', (nodeCode, wasConnected, code, message) => {
    const error = socketError(PEER, nodeError(nodeCode), wasConnected);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(error.message).toMatch(/^tcp:\/\/broker:1883: /);
  });

  it.each(KNOWN)('%s is told by a device with the words a broker is told with', (nodeCode) => {
    const [, words] = /connection failed: (.*) \(/.exec(socketError(PEER, nodeError(nodeCode), false).message) ?? [];
    const error = connectError('the device', '10.0.0.7:502', nodeError(nodeCode));
    expect(error.code).toBe('CONNECT_FAILED');
    expect(error.message).toMatch(/^cannot connect to 10\.0\.0\.7:502: /);
    expect(error.message).toContain(words);
    expect(error.message).not.toContain('system text');
    expect(error.advice).toMatch(/^Check /);
  });

  it('has words for anything that may be thrown, without a placeholder left in them', () => {
    const thrown = fc.oneof(
      fc.constantFrom(...KNOWN, 'EPIPE', 'EPROTO', '').map((code) => nodeError(code, '')),
      fc.string().map((text) => new Error(text.replaceAll(/[{}]/g, ''))),
      fc.constantFrom(new Error(' '), new Error(' !')),
      fc.constantFrom(undefined, null, 7, 'text', {}),
    );
    fc.assert(
      fc.property(thrown, fc.boolean(), (error, wasConnected) => {
        for (const told of [socketError(PEER, error, wasConnected), connectError('the device', 'host:1', error)]) {
          expect(told).toBeInstanceOf(DeviceError);
          expect(`${told.message}${told.advice ?? ''}`).not.toMatch(/[{}]|undefined/);
          expect(told.message).toMatch(/: \S/s);
        }
      }),
    );
  });
});
