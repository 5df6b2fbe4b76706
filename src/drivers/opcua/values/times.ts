/**
 * The range of OPC UA's DateTime (part 6, 5.2.2.5). Pure: also runs in the editor.
 */

/** Zero, and all below it: no time. */
const FIRST = Date.UTC(1601, 0, 1);
/** What is not below it means that it never comes; the greatest Int64 would be the year 30828. */
const LAST = Date.UTC(9999, 11, 31, 23, 59, 59);
const DAY_AFTER = Date.UTC(10_000, 0, 1);
/** The greatest Int64 as a time: node-opcua reads what is negative as greater ones. */
const GREATEST = 910_692_730_085_477;

/** A time of the server as part 6 means it. */
export function timeFrom(date: Date): Date {
  const ms = date.getTime();
  if (!(ms > FIRST && ms <= GREATEST)) return new Date(FIRST);
  return ms < LAST ? date : new Date(LAST);
}

/** When something was, ms since the epoch; undefined for a timestamp that is no time. */
export function instantOf(timestamp: Date | null | undefined): number | undefined {
  const ms = timestamp === null || timestamp === undefined ? NaN : timestamp.getTime();
  return ms > FIRST && ms < LAST ? ms : undefined;
}

export const isSendable = (date: Date): boolean => date.getTime() >= FIRST && date.getTime() < DAY_AFTER;
