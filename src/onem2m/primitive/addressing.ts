import { DeviceError, ErrorCode } from '../../base/errors';
import { show } from '../../base/show';

/**
 * Addresses of resources (TS-0001 9.3.1), structured by names or unstructured by ids alike:
 *
 * | scope | in a primitive | in an HTTP path (TS-0009 6.2.2.1) |
 * |---|---|---|
 * | cse-relative | `cse-in/ae/cnt`, `cnt42`, `-/ae` | `/cse-in/ae/cnt` |
 * | sp-relative | `/id-in/cse-in/ae` | `/~/id-in/cse-in/ae` |
 * | absolute | `//sp.example/id-in/cse-in/ae` | `/_/sp.example/id-in/cse-in/ae` |
 *
 * Pure: also runs in the editor.
 */
export interface Address {
  readonly scope: 'cse-relative' | 'sp-relative' | 'absolute';
  /** With its slashes: `//sp.example`; only in absolute ones. */
  readonly spID?: string;
  /** With its slash: `/id-in`; absent only in CSE-relative ones. */
  readonly cseID?: string;
  /** Without a leading slash; empty for the CSE itself. */
  readonly path: string;
}

/** What is wrong with an address, in words; undefined where nothing is. Empty text is no address. */
export function addressProblem(text: string): string | undefined {
  if (text === '') return 'is empty';
  if (/\p{Cc}/u.test(text)) return 'contains a control character';
  if (/[#+?]/.test(text)) return 'contains one of the characters # + ?, which cannot be part of an address';
  const rest = text.replace(/^\/{1,2}/, '');
  if (rest === '') return 'names no CSE';
  if (rest.startsWith('/')) return 'begins with more than two slashes';
  const segments = rest.split('/');
  if (segments.includes('')) return 'contains an empty name: two slashes in a row, or one at the end';
  if (segments.some((segment) => segment === '.' || segment === '..')) return 'contains a name that is . or ..';
  if (segments[0] === '~' || segments[0] === '_') return 'begins with ~ or _, which only HTTP paths do';
  if (text.startsWith('//') && segments.length < 2) return 'names a service provider but no CSE: //provider/cse/...';
  return undefined;
}

/** Throws a DeviceError BAD_VALUE that names the address and says what is wrong with it. */
export function parseAddress(text: string): Address {
  const problem = addressProblem(text);
  if (problem !== undefined) throw new DeviceError(ErrorCode.BAD_VALUE, `the address ${show(text)} ${problem}`);
  if (text.startsWith('//')) {
    const [spID = '', cseID = '', ...rest] = text.slice(2).split('/');
    return { scope: 'absolute', spID: `//${spID}`, cseID: `/${cseID}`, path: rest.join('/') };
  }
  if (text.startsWith('/')) {
    const [cseID = '', ...rest] = text.slice(1).split('/');
    return { scope: 'sp-relative', cseID: `/${cseID}`, path: rest.join('/') };
  }
  return { scope: 'cse-relative', path: text };
}

/** The reverse of `parseAddress`. */
export function formatAddress({ spID = '', cseID = '', path }: Omit<Address, 'scope'>): string {
  const cse = `${spID}${cseID}`;
  return cse === '' || path === '' ? `${cse}${path}` : `${cse}/${path}`;
}

/** The path of an HTTP request to this address, percent-encoded. The address is not checked. */
export function toHttpPath(to: string): string {
  const path = to.startsWith('//') ? `/_/${to.slice(2)}` : to.startsWith('/') ? `/~${to}` : `/${to}`;
  return path.split('/').map(encodeSegment).join('/');
}

/** The address of an HTTP path, the reverse of `toHttpPath`; slashes at the end are cut off. Broken percent-encoding stays as it is. */
export function fromHttpPath(path: string): string {
  const plain = path.split('/').map(decodeSegment).join('/');
  return fromHttpForm(trimEnd(plain).replace(/^\//, ''));
}

/** `base` with names below it: `join('cse-in/ae', 'cnt', 'la')`. Empty parts and slashes at the seams are left out. */
export function join(base: string, ...parts: readonly string[]): string {
  const names = parts.map((part) => trimEnd(part.replace(/^\/+/, ''))).filter((part) => part !== '');
  const start = trimEnd(base);
  return start === '' ? names.join('/') : [start, ...names].join('/');
}

/** The last name of an address: `cnt` of `cse-in/ae/cnt`. */
export const lastSegment = (address: string): string => trimEnd(address).split('/').at(-1) ?? '';

/** An address without its last name; empty where there is none above. */
export const parentOf = (address: string): string => {
  const end = trimEnd(address);
  return trimEnd(end.slice(0, Math.max(0, end.lastIndexOf('/'))));
};

/** Targets that need not be looked at again: a flow names the same few over and over. */
const MOST_KNOWN = 1000;

/** Where targets of a flow begin. */
export interface TargetBase {
  /** Name of the CSEBase: `onem2m`. */
  readonly base: string;
  /** Resource name of the AE. */
  readonly aeName: string;
}

/**
 * Turns the targets of a flow into addresses, as `Requester.resolve` (ae/requester.ts) says. Throws a DeviceError BAD_VALUE that
 * says what is wrong with the target.
 */
export function targetResolver({ base, aeName }: TargetBase): (target: string) => string {
  const ae = join(base, aeName);
  const known = new Map<string, string>();
  const resolve = (target: string): string => {
    const text = target.trim();
    if (text === '') return ae;
    // One slash at the end is a habit of paths; more, or one alone, is a mistake that is told.
    const address = fromHttpForm(text.length > 1 ? text.replace(/([^/])\/$/, '$1') : text);
    parseAddress(address);
    const first = address.split('/')[0];
    return address.startsWith('/') || first === base || first === '-' ? address : join(ae, address);
  };
  return (target) => {
    const found = known.get(target);
    if (found !== undefined) return found;
    const address = resolve(target);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(target, address);
    return address;
  };
}

/** `~/cse/...` and `_/sp/...` (also with a slash in front) as addresses. */
function fromHttpForm(path: string): string {
  const [, mark, rest] = /^\/?([~_])\/(.*)$/s.exec(path) ?? [];
  if (mark === undefined || rest === undefined) return path;
  return mark === '~' ? `/${rest}` : `//${rest}`;
}

const trimEnd = (path: string): string => path.replace(/\/+$/, '');

/** As encodeURIComponent, but leaves what a path may hold (RFC 3986 3.3): `:` and `@` are common in addresses. */
const encodeSegment = (segment: string): string =>
  encodeURIComponent(segment.replace(/\p{Surrogate}/gu, '\ufffd')).replace(/%(?:3A|40|24|26|2C|3B|3D)/g, (code) =>
    decodeURIComponent(code),
  );

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
