import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../../src/base/errors';
import { isTransient, toOpcUaError } from '../../../../src/drivers/opcua/library/status-codes';

describe('toOpcUaError', () => {
  it('names a status, says it in words and keeps the context', () => {
    const error = toOpcUaError({ name: 'BadNotWritable' }, 'write speed');
    expect(error.code).toBe('OPCUA_BadNotWritable');
    expect(error.message).toBe('write speed: the server does not allow this to be written (BadNotWritable)');
    expect(error.advice).toContain('ReadOnly');
  });

  it('leaves info bits out of the code', () => {
    expect(toOpcUaError({ name: 'BadOutOfRange#HighLimit' }, 'x').code).toBe('OPCUA_BadOutOfRange');
  });

  it("falls back on the specification's description", () => {
    const error = toOpcUaError({ name: 'BadEventFilterInvalid', description: 'The event filter is not valid.' }, 'x');
    expect(error.message).toBe('x: The event filter is not valid (BadEventFilterInvalid)');
  });

  it('finds the status in the response, the property or the text of an error', () => {
    const inResponse = Object.assign(new Error('serviceResult'), {
      response: { responseHeader: { serviceResult: { name: 'BadUserAccessDenied' } } },
    });
    const asProperty = Object.assign(new Error('rejected'), { statusCode: { name: 'BadSecurityChecksFailed' } });
    const inText = new Error(' serviceResult = BadTooManySessions (0x80560000)');
    expect([inResponse, asProperty, inText].map((error) => toOpcUaError(error, 'x').code)).toEqual([
      'OPCUA_BadUserAccessDenied',
      'OPCUA_BadSecurityChecksFailed',
      'OPCUA_BadTooManySessions',
    ]);
  });

  it.each([
    ['connect ECONNREFUSED 127.0.0.1:4840', 'CONNECT_FAILED'],
    ['getaddrinfo ENOTFOUND plc', 'CONNECT_FAILED'],
    ['Transaction has timed out ( timeout = 500 ms )', 'TIMEOUT'],
    ['Connection Break', 'LINK_LOST'],
    ['BadSessionIdInvalid (0x80250000)', 'LINK_LOST'],
    ['BadTimeout (0x800a0000)', 'TIMEOUT'],
  ])('%s -> %s', (text, code) => {
    expect(toOpcUaError(new Error(text), 'x').code).toBe(code);
  });

  it('says of a request that is refused that the service may be lacking, but not of the session itself', () => {
    const fault = (request: string) =>
      Object.assign(new Error('serviceResult'), {
        request: { schema: { name: request } },
        response: { responseHeader: { serviceResult: { name: 'BadUserAccessDenied' } } },
      });
    expect(toOpcUaError(fault('BrowseNextRequest'), 'x').message).toBe(
      'x: this user may not do that on the server, or the server does not have this service (BadUserAccessDenied)',
    );
    expect(toOpcUaError(fault('ActivateSessionRequest'), 'x').message).toBe(
      'x: this user may not do that on the server (BadUserAccessDenied)',
    );
  });

  it.each([
    [
      'ClientTCP_transport2: socket has been disconnected by third party',
      'ClientTCP_transport17: socket has been disconnected by third party',
    ],
    [
      'The connection may have been rejected by server,\n Err = (x 1)',
      'The connection may have been rejected by server,\n Err = (x 2)',
    ],
    [
      'ERROR in waiting for data on socket(timeout was = 5000 ms)',
      'ERROR in waiting for data on socket(timeout was = 300 ms)',
    ],
    [
      'Transaction has timed out ( timeout = 500 ms , request = 7)',
      'Transaction has timed out ( timeout = 600 ms , request = 8)',
    ],
    ['connect ECONNREFUSED 127.0.0.1:4840', 'connect ECONNREFUSED 127.0.0.1:50123'],
    ['something odd: Thing12 at 0x80ab, 17 of 20', 'something odd: Thing13 at 0x80ac, 18 of 20'],
  ])('tells the same problem in the same words: %s', (one, other) => {
    const [first, second] = [one, other].map((text) => toOpcUaError(new Error(text), 'x'));
    expect(first?.message).toBe(second?.message);
    expect(first?.message).not.toMatch(/\d|ClientTCP|third party/);
  });

  it('takes a bad certificate in an answer of the server for the one of this side', () => {
    const cause = Object.assign(new Error('serviceResult'), {
      request: { schema: { name: 'CreateSessionRequest' } },
      response: { responseHeader: { serviceResult: { name: 'BadCertificateUntrusted' } } },
    });
    expect(toOpcUaError(cause, 'x').message).toBe('x: the server does not trust this client (BadCertificateUntrusted)');
    expect(toOpcUaError({ name: 'BadCertificateUntrusted' }, 'x').message).toContain('the certificate of the server');
  });

  it('leaves a DeviceError alone and survives anything else', () => {
    const own = new DeviceError('CONFIG', 'as it was');
    expect(toOpcUaError(own, 'x')).toBe(own);
    for (const junk of [undefined, null, 42, 'text', {}]) expect(toOpcUaError(junk, 'x')).toBeInstanceOf(DeviceError);
  });
});

describe('isTransient', () => {
  it.each(['LINK_LOST', 'TIMEOUT', 'CONNECT_FAILED', 'OPCUA_BadTooManySessions', 'OPCUA_BadServerHalted'])(
    '%s: yes',
    (code) => {
      expect(isTransient(new DeviceError(code, ''))).toBe(true);
    },
  );

  it.each(['CONFIG', 'OPCUA_BadIdentityTokenRejected', 'OPCUA_BadUserAccessDenied', 'OPCUA_BadCertificateUntrusted'])(
    '%s: no, nobody must be locked out by trying again and again',
    (code) => {
      expect(isTransient(new DeviceError(code, ''))).toBe(false);
    },
  );
});
