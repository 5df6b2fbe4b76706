import { headerOf, type HttpHeaders } from '../../../net/http/headers';
import { contentSerialization } from './message';

/** What a server or proxy that is no CSE says by its status. */
const WORDS: Readonly<Record<number, string>> = {
  400: 'the server did not understand the request',
  401: 'the server wants a login: check user, password or token',
  403: 'the server refuses the request',
  404: 'there is no CSE at this address: check host, port and path',
  405: 'the server does not take this method here: check the path',
  407: 'a proxy wants a login',
  411: 'the server wants a length',
  413: 'the server finds the request too large',
  414: 'the server finds the address too long',
  429: 'the server wants fewer requests',
  431: 'the server finds the headers too large',
  500: 'the server failed',
  502: 'a proxy before the CSE got no proper answer from it',
  503: 'the server or a proxy before the CSE is overloaded or down',
  504: 'a proxy before the CSE got no answer from it in time',
};

/** Statuses with which a proxy or login page answers in the place of a CSE, whatever the body's type. */
const NEVER_A_CSE: ReadonlySet<number> = new Set([401, 407, 502, 503]);

/**
 * Why an HTTP answer is not that of a CSE, in words; undefined where it is one. X-M2M-RSC makes it one; without it, it must at
 * least have a body of a oneM2M type, or none. Shows nothing of the body.
 */
export function notOneM2M(status: number, headers: HttpHeaders, bodyLength: number): string | undefined {
  if (headerOf(headers, 'x-m2m-rsc') !== undefined) return undefined;
  if (status >= 300 && status < 400) return redirection(status, headerOf(headers, 'location'));
  const type = contentSerialization(headerOf(headers, 'content-type'));
  const hasName = headerOf(headers, 'x-m2m-ri') !== undefined;
  const isContent = bodyLength === 0 || type === 'json' || type === 'cbor';
  if (isContent && (hasName || !NEVER_A_CSE.has(status))) return undefined;
  const what = WORDS[status] ?? (status < 400 ? 'something else than a CSE answers here' : 'the server refuses');
  return `the answer is not one of oneM2M (HTTP ${status}${typeWords(headers)}): ${what}`;
}

function typeWords(headers: HttpHeaders): string {
  const [type] = (headerOf(headers, 'content-type') ?? '').split(';');
  return type !== undefined && /^[\w.+-]{1,40}\/[\w.+-]{1,60}$/.test(type) ? `, ${type}` : '';
}

function redirection(status: number, location: string | undefined): string {
  const target = location !== undefined && URL.canParse(location) ? new URL(location) : undefined;
  const where = target === undefined ? 'another address' : `${target.origin}${target.pathname}`.slice(0, 200);
  return `the server redirects to ${where} (HTTP ${status}), which is not followed: use that address as the endpoint`;
}
