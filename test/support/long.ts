/** `npm run test:long` runs drills whole; any other run does a tenth of them. */
export const isLong = process.env['DEVICELINK_LONG'] === '1';

/**
 * How much of a drill this run does, where `whole` is all of it.
 *
 * @param least what a drill needs to show anything at all
 */
export const scaled = (whole: number, least = 1): number => (isLong ? whole : Math.max(least, Math.ceil(whole / 10)));
