/**
 * Durations in Go notation, as the specification writes them: `250ms`, `15s`, `1h30m`, `1h15m30.9s`, `0`.
 * Grammar and canonical form: Go's time.ParseDuration and Duration.String. Pure: also runs in the editor.
 */

const UNIT_NS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3, // U+00B5 micro sign
  μs: 1e3, // U+03BC Greek letter mu
  ms: 1e6,
  s: 1e9,
  m: 6e10,
  h: 3.6e12,
};

const WHOLE = /^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;

/** What a timer can hold (2^31 - 1 ms, nearly 25 days): longer delays fire at once in Node.js. */
export const MAX_TIMER_MS = 2_147_483_647;

export type DurationResult =
  { readonly ok: true; readonly ms: number } | { readonly ok: false; readonly message: string };

/** Milliseconds (with a fraction down to whole nanoseconds) of a non-negative duration, or what is wrong with the text. */
export function parseDuration(text: unknown): DurationResult {
  if (typeof text !== 'string') {
    const shown = typeof text === 'number' ? `, not the number ${text}` : '';
    return { ok: false, message: `must be a duration as text, such as "30s" or "1h30m"${shown}` };
  }
  const trimmed = text.trim();
  if (trimmed === '0') return { ok: true, ms: 0 };
  if (trimmed.startsWith('-')) return { ok: false, message: `must not be negative, got "${text}"` };
  if (/^\d+(\.\d*)?$/.test(trimmed))
    return { ok: false, message: `needs a unit, such as "${trimmed}s", got "${text}"` };
  const unsigned = trimmed.startsWith('+') ? trimmed.slice(1) : trimmed;
  if (!WHOLE.test(unsigned)) {
    return { ok: false, message: `must be a duration such as "250ms", "15s" or "1h30m", got "${text}"` };
  }
  let ns = 0;
  for (const [, amount, unit] of unsigned.matchAll(PART)) ns += Number(amount) * (UNIT_NS[unit ?? ''] ?? 0);
  const ms = Math.round(ns) / 1e6;
  if (ms > MAX_TIMER_MS)
    return { ok: false, message: `must be at most ${formatDuration(MAX_TIMER_MS)}, got "${text}"` };
  return { ok: true, ms };
}

/** Canonical Go form: `0s`, `250ms`, `1.5s`, `10m0s`, `1h0m0s`. `ms` must be finite and not negative. */
export function formatDuration(ms: number): string {
  const ns = Math.round(ms * 1e6);
  if (ns === 0) return '0s';
  if (ns < 1e3) return `${ns}ns`;
  if (ns < 1e6) return `${ns / 1e3}µs`;
  if (ns < 1e9) return `${ns / 1e6}ms`;
  const hours = Math.floor(ns / 3.6e12);
  const minutes = Math.floor((ns % 3.6e12) / 6e10);
  const seconds = decimal((ns % 6e10) / 1e9);
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}

/** Up to nine decimals, never an exponent. */
const decimal = (value: number): string => value.toFixed(9).replace(/\.?0+$/, '');
