import { DeviceError, ErrorCode } from '../../../base/errors';
import { headerOf, headerText, type HttpHeaders } from '../../../net/http/headers';
import { fromHttpPath, toHttpPath } from '../../primitive/addressing';
import { fromQuery, toQuery } from '../../resource/filter-criteria';
import {
  OPERATIONS,
  type OperationCode,
  type RequestPrimitive,
  type ResponsePrimitive,
  type ResponseType,
} from '../../primitive/primitives';
import { httpStatusOf, rscOfHttpStatus } from '../../primitive/status-codes';
import type { Serialization } from '../../primitive/codec';
import {
  addParameters,
  fromHeaders,
  REQUEST_HEADERS,
  REQUEST_PARAMETERS,
  RESPONSE_HEADERS,
  RESPONSE_TARGETS_HEADER,
  takeParameters,
  toHeaders,
} from './fields';

export type HttpMethod = 'POST' | 'GET' | 'PUT' | 'DELETE';

/** A request as HTTP carries it; what becomes its body is still a value. */
export interface HttpRequestMessage {
  readonly method: HttpMethod;
  /** Path and query, percent-encoded, from the root of the CSE on. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** `pc`; undefined where there is no body. */
  readonly content?: unknown;
}

export interface HttpResponseMessage {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly content?: unknown;
}

const METHODS: Readonly<Record<OperationCode, HttpMethod>> = {
  [OPERATIONS.create]: 'POST',
  [OPERATIONS.retrieve]: 'GET',
  [OPERATIONS.update]: 'PUT',
  [OPERATIONS.delete]: 'DELETE',
  [OPERATIONS.notify]: 'POST',
};

const OPERATION_OF_METHOD: Readonly<Record<string, OperationCode>> = {
  GET: OPERATIONS.retrieve,
  PUT: OPERATIONS.update,
  DELETE: OPERATIONS.delete,
};

/** Members of a request that have a place in HTTP. */
const CARRIED: ReadonlySet<string> = new Set([
  ...[...REQUEST_HEADERS, ...REQUEST_PARAMETERS].map(({ member }) => member),
  ...['op', 'to', 'ty', 'pc', 'fc', 'rt'],
]);

/** Names one or several attributes that a partial RETRIEVE asks for: query parameter, and member of `pc`. */
const ATTRIBUTES = 'atrl';
const ATTRIBUTE_LIST = 'm2m:atrl';

/**
 * A request primitive as an HTTP request (TS-0009 6.2). Throws BAD_VALUE where HTTP cannot carry it: a member without a header
 * or parameter, text that no header can hold, a CREATE without `ty`. Members that are null or undefined count as absent.
 */
export function toHttpRequest(request: RequestPrimitive, serialization: Serialization): HttpRequestMessage {
  for (const [member, value] of Object.entries(request)) {
    if (value === undefined || value === null || CARRIED.has(member)) continue;
    throw badValue(`"${member}" cannot be sent over HTTP, which has no header or parameter for it`);
  }
  const { op, rt } = request;
  const ty = typeof request.ty === 'number' ? request.ty : undefined;
  // Only the type in the header makes a POST a CREATE.
  if (op === OPERATIONS.create && ty === undefined) throw badValue('"ty" is missing: a CREATE needs a resource type');
  if (op !== OPERATIONS.create && ty !== undefined) throw badValue('"ty" belongs to CREATE alone; leave it out here');
  const attributes = op === OPERATIONS.retrieve ? attributeList(request.pc) : undefined;
  const content = attributes === undefined ? (request.pc ?? undefined) : undefined;

  const headers = toHeaders(REQUEST_HEADERS, request);
  if (rt?.nu) headers[RESPONSE_TARGETS_HEADER] = responseTargets(rt.nu);
  headers.Accept = ACCEPTED[serialization];
  if (content !== undefined || op === OPERATIONS.create) {
    headers['Content-Type'] = `application/${serialization}${ty === undefined ? '' : `;ty=${ty}`}`;
  }
  const path = toHttpPath(request.to) + queryOf(request, attributes);
  return { method: METHODS[op], path, headers, ...(content === undefined ? {} : { content }) };
}

/** An HTTP request as a request primitive. `url`: path and query, from the root of the CSE on. Throws BAD_VALUE. */
export function fromHttpRequest(
  { method, url, headers }: { readonly method: string; readonly url: string; readonly headers: HttpHeaders },
  content?: unknown,
): RequestPrimitive {
  const [path = '', search = ''] = splitOnce(url, '?');
  const ty = resourceTypeOf(headerOf(headers, 'content-type'));
  const op =
    method === 'POST' ? (ty === undefined ? OPERATIONS.notify : OPERATIONS.create) : OPERATION_OF_METHOD[method];
  if (op === undefined) throw badValue(`the method ${method} is none of oneM2M`);
  const query = new URLSearchParams(search);
  const attributes = op === OPERATIONS.retrieve ? takeAttributes(query) : [];
  const rt = takeResponseType(query, headers);
  const parameters = takeParameters(query, REQUEST_PARAMETERS);
  const fc = fromQuery(query);
  const pc = attributes.length > 0 ? { [ATTRIBUTE_LIST]: attributes } : content;
  return {
    op,
    to: fromHttpPath(path),
    rqi: '',
    ...fromHeaders(REQUEST_HEADERS, headers),
    ...(op === OPERATIONS.create && ty !== undefined ? { ty } : {}),
    ...rt,
    ...parameters,
    ...(Object.keys(fc).length === 0 ? {} : { fc }),
    ...(pc === undefined ? {} : { pc }),
  };
}

/** A response primitive as an HTTP response. Members without a header (`to` among them) stay behind. Throws BAD_VALUE. */
export function toHttpResponse(response: ResponsePrimitive, serialization: Serialization): HttpResponseMessage {
  const content = response.pc ?? undefined;
  const headers = toHeaders(RESPONSE_HEADERS, response);
  if (content !== undefined) headers['Content-Type'] = `application/${serialization}`;
  return { status: httpStatusOf(response.rsc), headers, ...(content === undefined ? {} : { content }) };
}

/**
 * An HTTP response as a response primitive. Without X-M2M-RSC the status code is that of the HTTP status; without X-M2M-RI it
 * answers `rqi`, because HTTP answers on the connection of the request.
 */
export function fromHttpResponse(
  { status, headers }: { readonly status: number; readonly headers: HttpHeaders },
  rqi: string,
  content?: unknown,
): ResponsePrimitive {
  const members = fromHeaders(RESPONSE_HEADERS, headers);
  const rsc = typeof members.rsc === 'number' ? members.rsc : rscOfHttpStatus(status);
  const given = members.rqi;
  const answered = typeof given === 'string' && given !== '' ? given : rqi;
  return { ...members, rqi: answered, rsc, ...(content === undefined ? {} : { pc: content }) };
}

/** How a body is to be read: `other` for what is no oneM2M content, undefined where the header is missing. */
export function contentSerialization(contentType: string | undefined): Serialization | 'other' | undefined {
  if (contentType === undefined || contentType === '') return undefined;
  const [, name] = /^\s*application\/(?:vnd\.onem2m-[a-z]+\+)?(json|cbor)\s*(?:;|$)/i.exec(contentType) ?? [];
  if (name === undefined) return 'other';
  return name.toLowerCase() === 'cbor' ? 'cbor' : 'json';
}

const ACCEPTED: Readonly<Record<Serialization, string>> = {
  json: 'application/json, application/vnd.onem2m-res+json',
  cbor: 'application/cbor, application/vnd.onem2m-res+cbor',
};

function queryOf(request: RequestPrimitive, attributes: readonly string[] | undefined): string {
  const query = new URLSearchParams();
  if (typeof request.rt?.rtv === 'number') query.append('rt', String(request.rt.rtv));
  addParameters(query, REQUEST_PARAMETERS, request);
  if (request.fc) for (const [name, value] of toQuery(request.fc)) query.append(name, value);
  // Names are joined by a plus sign (TS-0009 6.2.2.2), which is what a space is written as.
  if (attributes) query.append(ATTRIBUTES, attributes.join(' '));
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

function takeAttributes(query: URLSearchParams): readonly string[] {
  const names = query.getAll(ATTRIBUTES).flatMap((text) => text.split(/[ +]/));
  query.delete(ATTRIBUTES);
  return names.filter((name) => name !== '');
}

function takeResponseType(query: URLSearchParams, headers: HttpHeaders): { readonly rt?: ResponseType } {
  const [value] = query.getAll('rt');
  query.delete('rt');
  const targets = headerOf(headers, RESPONSE_TARGETS_HEADER);
  const nu = targets === undefined ? undefined : targets === '' ? [] : targets.split('&');
  if (value === undefined && nu === undefined) return {};
  // Targets alone make no response type; blocking is what a request is without one.
  const rtv = value === undefined ? 3 : Number(value);
  if (!isResponseTypeValue(rtv)) throw badValue('"rt" must be 1, 2, 3, 4 or 5');
  return { rt: nu === undefined ? { rtv } : { rtv, nu } };
}

const isResponseTypeValue = (rtv: number): rtv is 1 | 2 | 3 | 4 | 5 => [1, 2, 3, 4, 5].includes(rtv);

function responseTargets(targets: readonly string[]): string {
  if (targets.some((target) => target.includes('&') || target === '')) {
    throw badValue('"rt.nu" cannot be sent over HTTP: an address must neither be empty nor contain "&"');
  }
  return headerText('rt.nu', targets.join('&'));
}

/** The names in `{ "m2m:atrl": [...] }`, if `pc` is just that. */
function attributeList(pc: unknown): readonly string[] | undefined {
  if (typeof pc !== 'object' || pc === null || Object.keys(pc).length !== 1) return undefined;
  const names: unknown = (pc as Record<string, unknown>)[ATTRIBUTE_LIST];
  if (!Array.isArray(names) || names.length === 0) return undefined;
  const texts = names.filter((name): name is string => typeof name === 'string' && /^[^\s+]+$/.test(name));
  return texts.length === names.length ? texts : undefined;
}

function resourceTypeOf(contentType: string | undefined): number | undefined {
  const [, value] = /;\s*ty\s*=\s*"?([^\s;"]*)/i.exec(contentType ?? '') ?? [];
  if (value === undefined) return undefined;
  if (!/^\d{1,9}$/.test(value)) throw badValue('the "ty" of Content-Type must be the number of a resource type');
  return Number(value);
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

const badValue = (message: string): DeviceError => new DeviceError(ErrorCode.BAD_VALUE, message);
