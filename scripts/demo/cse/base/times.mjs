const STAMP = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(?:,(\d{1,6}))?$/;
const DURATION = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** A point in time (ms) as `20261122T032406`, with that many digits of the second (0, 3 or 6) behind a comma. */
export function formatTime(ms, digits = 0) {
  const text = new Date(ms).toISOString().replace(/[-:]/g, '');
  return digits === 0 ? text.slice(0, 15) : `${text.slice(0, 15)},${text.slice(16, 19).padEnd(digits, '0')}`;
}

/** @returns ms, or undefined where it is no timestamp */
export function parseTime(text) {
  const match = STAMP.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second) + Number(`0.${match[7] ?? '0'}`) * 1000;
}

/** ms of `PT5S`, `1500` or 1500; undefined for anything else. */
export function parseDuration(value) {
  if (typeof value === 'number') return value;
  if (/^\d+$/.test(value)) return Number(value);
  const match = DURATION.exec(value);
  if (!match) return undefined;
  const [days, hours, minutes, seconds] = match.slice(1, 5).map((part) => Number(part ?? 0));
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

/** When something given as a timestamp or as a time from now is due; undefined for neither. */
export function parseDeadline(value, now) {
  const time = typeof value === 'string' ? parseTime(value) : undefined;
  if (time !== undefined) return time;
  const duration = parseDuration(value);
  return duration === undefined ? undefined : now + duration;
}
