import { isPlainRecord } from '../../../base/records';
import { decodeContent } from '../../resource/content-codec';
import { resourceType, unwrap } from '../../resource/resource-types';
import { rscText } from '../../primitive/status-codes';
import type { AeResult, ResultInfo } from '../model/messages';
import type { Exchange } from '../../exchange/requester';

/** `msg.onem2m` of a result, with what some operations say beyond `ResultInfo`. */
export interface OperationInfo extends ResultInfo {
  /** How the content was written, where the payload is one. */
  readonly cnf?: string;
  /** discover: how many requests it took, and whether that is all there is; `notice` says in words what is missing and why. */
  readonly pages?: number;
  readonly complete?: boolean;
  readonly notice?: string;
  /** fanout, resolve, sequence: how many of them failed. */
  readonly failed?: number;
}

export interface OperationResult extends AeResult {
  readonly onem2m: OperationInfo;
}

/** What an answer holds, for a flow. */
export interface Decoded {
  readonly payload: unknown;
  readonly ty?: number;
  readonly cnf?: string;
}

const TYPES_OF_CONTENT: ReadonlySet<string> = new Set(['m2m:cin', 'm2m:tsi']);

export function resultInfo({ request, response, durationMs }: Exchange, op: string, ty?: number): OperationInfo {
  const rvi = response.rvi ?? request.rvi;
  return {
    op,
    to: request.to,
    ...(ty === undefined ? {} : { ty }),
    rsc: response.rsc,
    rscText: rscText(response.rsc),
    rqi: request.rqi,
    ...(typeof rvi === 'string' ? { rvi } : {}),
    durationMs,
    raw: response,
  };
}

/** The answer as a flow gets it. `content`: of a contentInstance the decoded content, not the representation. */
export function decodeAnswer(exchange: Exchange, op: string, { content }: { content: boolean }): OperationResult {
  const { payload, ty, cnf } = decode(exchange.response.pc, { content });
  return {
    payload,
    onem2m: { ...resultInfo(exchange, op, ty ?? exchange.request.ty), ...(cnf === undefined ? {} : { cnf }) },
  };
}

/**
 * The content of an answer: the representation without its wrapper, children in it as they are (rcn 4, 8); an address (rcn 2);
 * `{ address, representation }` (rcn 3); what the CSE says (`m2m:dbg`); null where there is none.
 */
export function decode(pc: unknown, { content }: { content: boolean }): Decoded {
  if (!isPlainRecord(pc)) return { payload: pc ?? null };
  if (Object.keys(pc).length === 0) return { payload: null };
  for (const name of ['m2m:uri', 'm2m:dbg']) {
    if (Object.keys(pc).length === 1 && name in pc) return { payload: pc[name] };
  }
  if (isPlainRecord(pc['m2m:rce'])) return decodeWithAddress(pc['m2m:rce'], content);
  const unwrapped = unwrap(pc);
  if (unwrapped === undefined) return { payload: pc };
  const { wrapper, representation } = unwrapped;
  if (!isPlainRecord(representation)) return { payload: representation };
  const ty = typeIn(representation) ?? resourceType(wrapper)?.ty;
  return {
    ...(content ? contentOf(wrapper, representation) : { payload: representation }),
    ...(ty === undefined ? {} : { ty }),
  };
}

/** rcn 3: `{ "cin": { ... }, "uri": "cse-in/..." }`, the inner name with or without `m2m:`. */
function decodeWithAddress(given: Readonly<Record<string, unknown>>, content: boolean): Decoded {
  const { uri, ...rest } = given;
  const [[name, inner] = ['', undefined]] = Object.entries(rest);
  const wrapper = name.includes(':') ? name : `m2m:${name}`;
  const { payload, ...more } = decode(isPlainRecord(inner) ? { [wrapper]: inner } : inner, { content });
  return { payload: { address: uri, representation: payload }, ...more };
}

/** The decoded content where there is one. */
function contentOf(wrapper: string, representation: Readonly<Record<string, unknown>>): Omit<Decoded, 'ty'> {
  const { con, cnf } = representation;
  if (!TYPES_OF_CONTENT.has(wrapper) || con === undefined) return { payload: representation };
  const format = typeof cnf === 'string' ? cnf : undefined;
  return { payload: decodeContent(con, format), ...(format === undefined ? {} : { cnf: format }) };
}

const typeIn = ({ ty }: Readonly<Record<string, unknown>>): number | undefined =>
  typeof ty === 'number' ? ty : undefined;
