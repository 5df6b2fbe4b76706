import { DeviceError, ErrorCode } from '../../../base/errors';

/** How one logs in over HTTP or a WebSocket handshake: a bearer token, or user and password. Never in a message. */
export interface HttpAccount {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
}

/** The Authorization header (RFC 7617, RFC 6750), or nothing. Throws CONFIG for a token that no header can hold. */
export function authorization({ username, password, token }: HttpAccount): { Authorization?: string } {
  if (token !== undefined && token !== '') {
    if (!/^[\x21-\x7e]+$/.test(token)) {
      throw new DeviceError(ErrorCode.CONFIG, 'the bearer token holds characters that a header cannot carry');
    }
    return { Authorization: `Bearer ${token}` };
  }
  if (username === undefined || username === '') return {};
  return { Authorization: `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}` };
}
