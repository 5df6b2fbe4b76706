import { memberOf } from '../../base/records';
import { DeviceError } from '../../base/errors';
import type { ResponsePrimitive } from './primitives';
import { CODES_OF_HTTP_STATUS, STATUS_CODES, type StatusCode } from './status-code-table';

/** How much of what a CSE says about an error is passed on, in characters. */
const MAX_DEBUG_TEXT = 300;

/** Codes after which the same request may succeed later (docs/facts/onem2m.md#response-status-codes). */
const RETRYABLE: ReadonlySet<number> = new Set([4008, 5000, 5103, 5107]);

/** The codes that mean "accepted, the result comes later". */
const ACCEPTED: ReadonlySet<number> = new Set([1000, 1001, 1002]);

export const statusCode = (rsc: number): StatusCode | undefined => STATUS_CODES[rsc];

/** Made once: each result of a request has one. */
const TEXTS: ReadonlyMap<number, string> = new Map(
  Object.entries(STATUS_CODES).map(([rsc, { name }]) => [
    Number(rsc),
    name === 'OK' ? name : name.toLowerCase().replaceAll('_', ' '),
  ]),
);

/** The code's name in words: `created`, `originator has no privilege`; of an unknown code its class. */
export function rscText(rsc: number): string {
  return TEXTS.get(rsc) ?? `${classOf(rsc)} ${rsc}`;
}

/** 1000 to 2999: not a refusal. */
export const isSuccess = (rsc: number): boolean => rsc >= 1000 && rsc < 3000;

export const isAccepted = (rsc: number): boolean => ACCEPTED.has(rsc);

export const isRetryable = (rsc: number): boolean => RETRYABLE.has(rsc);

/** The HTTP status that a code travels with (TS-0009 6.3.2). */
export function httpStatusOf(rsc: number): number {
  const known = STATUS_CODES[rsc]?.http;
  if (known !== undefined) return known;
  if (rsc < 2000) return 202;
  if (rsc < 3000) return 200;
  return rsc >= 5000 && rsc < 6000 ? 500 : 400;
}

/** The code of an answer that names none: that of its HTTP status. */
export function rscOfHttpStatus(status: number): number {
  const known = CODES_OF_HTTP_STATUS[status];
  if (known !== undefined) return known;
  if (status >= 200 && status < 300) return 2000;
  return status >= 400 && status < 500 ? 4000 : 5000;
}

/**
 * A DeviceError `ONEM2M_<rsc>` where the answer is a refusal. `context` says what was asked for (`CREATE of cse-in/ae`) and comes first.
 * The message holds what the CSE says itself (`m2m:dbg`), shortened.
 */
export function refusalOf(response: Pick<ResponsePrimitive, 'rsc' | 'pc'>, context?: string): DeviceError | undefined {
  const { rsc } = response;
  if (isSuccess(rsc)) return undefined;
  const { words, advice } = STATUS_CODES[rsc] ?? {};
  const debugText = debugTextOf(response.pc);
  const message = [
    context === undefined ? undefined : `${context}:`,
    `refused with ${rsc} (${rscText(rsc)})`,
    words === undefined ? undefined : `- ${words}`,
    debugText === undefined ? undefined : `- the CSE says: ${debugText}`,
  ];
  return new DeviceError(
    `ONEM2M_${rsc}`,
    message.filter((part) => part !== undefined).join(' '),
    advice === undefined ? {} : { advice },
  );
}

/** Throws what `refusalOf` answers. */
export function throwIfRefused(response: Pick<ResponsePrimitive, 'rsc' | 'pc'>, context?: string): void {
  const refusal = refusalOf(response, context);
  if (refusal !== undefined) throw refusal;
}

/** What the CSE says about an error, on one line; undefined where it says nothing. */
export function debugTextOf(pc: unknown): string | undefined {
  const text = typeof pc === 'string' && !pc.startsWith('<') ? pc : (memberOf(pc, 'm2m:dbg') ?? memberOf(pc, 'dbg'));
  if (typeof text !== 'string') return undefined;
  const line = text
    .slice(0, 4 * MAX_DEBUG_TEXT)
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  if (line === '') return undefined;
  return line.length > MAX_DEBUG_TEXT ? `${line.slice(0, MAX_DEBUG_TEXT)}...` : line;
}

function classOf(rsc: number): string {
  if (rsc >= 1000 && rsc < 2000) return 'accepted with code';
  if (rsc >= 2000 && rsc < 3000) return 'successful with code';
  if (rsc >= 4000 && rsc < 5000) return 'request error';
  if (rsc >= 5000 && rsc < 6000) return 'error of the receiver';
  return rsc >= 6000 && rsc < 7000 ? 'network error' : 'unknown status';
}
