import { DeviceError, ErrorCode } from '../../base/errors';

/** How one logs in over HTTP or a WebSocket handshake: a bearer token, or user and password. Never in a message. */
export interface HttpAccount {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly token?: string | undefined;
}

/** Says under which name an account is known; undefined refuses it. Without an account: whether one may do without. */
export type Authenticate = (given: HttpAccount | undefined) => Promise<string | undefined>;

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

/** Who an Authorization header says it is, of the two kinds above; undefined for none, any other, or a broken one. */
export function readAuthorization(header: string | undefined): HttpAccount | undefined {
  const [, scheme = '', given = ''] = /^(basic|bearer) +([\x21-\x7e]+)$/i.exec(header?.trim() ?? '') ?? [];
  if (given === '') return undefined;
  if (scheme.toLowerCase() === 'bearer') return { token: given };
  const text = Buffer.from(given, 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
