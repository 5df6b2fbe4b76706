/** What differs from one time to the next though the trouble is the same: the first that fits is taken. */
const PASSING = [
  /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?/, // a point in time
  /\b[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b/, // an id
  /\b\d+([.,]\d+)?\s?(ms|s|min|h|milliseconds?|seconds?|minutes?|hours?|bytes?|times?|attempts?)\b/, // a duration, a size, a count
  /(?<=[\da-z\]]):\d{4,5}\b/, // a port
  /(?<=[a-z]_?(transport|channel|socket|session|client|request|token)_?)\d+\b/, // the name a library gives to its next one
  /(?<=^\D{0,3})\d+(?=\D{0,3}$)/, // nothing but a number
  /(?<=\()\d+(?=\))/, // a number that explains a word
];

const ANY_PASSING = new RegExp(PASSING.map(({ source }) => source).join('|'), 'gi');

/**
 * The text of an error without what differs from one time to the next (points in time, durations, counts, ports, running
 * numbers of a library): two texts of one kind tell of the same trouble. What says where the trouble is (a register, a
 * property, a topic) stays.
 */
export const problemKind = (text: string): string => text.replace(ANY_PASSING, '#');
