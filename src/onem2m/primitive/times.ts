/** The times of oneM2M (TS-0004 6.3.3, basic ISO 8601 in UTC). Pure: also runs in the editor. */

const BASIC = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(?:(\d\d)(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d\d:?\d\d)?$/;
const EXTENDED = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d\d:?\d\d)?$/;
const DURATION = /^P(?:(\d+)W|(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?)?)$/;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MIN_MS = Date.UTC(1000, 0);
const MAX_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * `20261122T032406,990000` of ms since 1970 UTC; without a fraction where it is 0, as some CSEs know none. Times outside of the years
 * 1000 to 9999 become the nearest that can be written.
 */
export function toTimestamp(ms: number): string {
  const bounded = Math.trunc(Math.min(MAX_MS, Math.max(MIN_MS, Number.isNaN(ms) ? 0 : ms)));
  const [date = '', fraction = ''] = new Date(bounded).toISOString().replaceAll(/[-:Z]/g, '').split('.');
  return Number(fraction) === 0 ? date : `${date},${fraction}000`;
}

/**
 * As `toTimestamp`, never with a fraction, which Mobius4 refuses in all times but those of contents (docs/facts/onem2m.md#times): the end
 * of the second that `ms` is in, or its beginning.
 */
export function toWholeSeconds(ms: number, end: 'up' | 'down'): string {
  const round = end === 'up' ? Math.ceil : Math.floor;
  return toTimestamp(round(Math.min(MAX_MS - 999, ms) / SECOND) * SECOND);
}

/**
 * Ms since 1970 of a timestamp, or undefined. Also takes what CSEs write beyond the basic form: `.` for `,`, a `Z` or an offset, the
 * extended form of ISO 8601, a date alone. What is smaller than a ms is cut off.
 */
export function fromTimestamp(text: unknown): number | undefined {
  if (typeof text !== 'string' || text.length > 40) return undefined;
  const match = BASIC.exec(text.trim()) ?? EXTENDED.exec(text.trim());
  if (match === null) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = match;
  const parts = [year, month, day, hour, minute, second].map(Number);
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = parts;
  // 24:00 and leap seconds are times of the next day or minute.
  if (y < 1 || mo < 1 || mo > 12 || d < 1 || h > 24 || mi > 59 || s > 60) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(y, mo - 1, d);
  if (date.getUTCMonth() !== mo - 1) return undefined;
  return date.getTime() + h * HOUR + mi * MINUTE + s * SECOND + milliseconds(fraction) - offset(zone);
}

/** Ms of a duration in ISO 8601 (`PT30S`, `P1DT12H`, `P2W`; no months or years), or undefined. */
export function fromIsoDuration(text: unknown): number | undefined {
  if (typeof text !== 'string' || text.length > 40) return undefined;
  const match = DURATION.exec(text.trim());
  if (match === null || /[PT]$/.test(match[0])) return undefined;
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(1)
    .map((part: string | undefined) => Number((part ?? '0').replace(',', '.')));
  return Math.round(weeks * 7 * DAY + days * DAY + hours * HOUR + minutes * MINUTE + seconds * SECOND);
}

/**
 * The moment, in ms since 1970, of a time that is absolute (a timestamp) or relative to `nowMs` (ms as number or text, `PT30S`), as in
 * `rqet`, `rset` and `oet`; undefined where it is neither.
 */
export function toMoment(time: unknown, nowMs: number): number | undefined {
  if (typeof time === 'number') return Number.isFinite(time) ? nowMs + time : undefined;
  // Eight digits may be a date; no relative time is that long.
  if (typeof time === 'string' && /^\s*[+-]?\d{1,7}\s*$/.test(time)) return nowMs + Number(time);
  const duration = fromIsoDuration(time);
  return duration === undefined ? fromTimestamp(time) : nowMs + duration;
}

const milliseconds = (fraction: string): number => Number(fraction.slice(0, 3).padEnd(3, '0'));

function offset(zone: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? [];
  const ms = Number(hours ?? 0) * HOUR + Number(minutes ?? 0) * MINUTE;
  return sign === '-' ? -ms : ms;
}
