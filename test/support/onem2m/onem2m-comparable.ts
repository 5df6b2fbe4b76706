/**
 * Makes recordings of two runs comparable. All that is taken out stands here, and why:
 *
 * - times, and how long something took: they differ from run to run;
 * - ids that the CSE or a client draws (`ri`, `rqi`, the AE-ID): numbered in the order of their first appearance instead, so that the
 *   same id still has to be in the same places;
 * - `to`, `fr`, `ot` and `drt` of a response as it came (`raw`): TS-0009 has no header for them, or leaves them to the CSE. Only there: what
 *   a message says of itself stays.
 */
const TIMES: ReadonlySet<string> = new Set(['ct', 'lt', 'et', 'ot', 'expiresAt', 'durationMs']);
const IDS: ReadonlySet<string> = new Set(['ri', 'pi', 'rqi', 'aei', 'originator', 'subscription', 'mid']);
const ENVELOPE: ReadonlySet<string> = new Set(['to', 'fr', 'ot', 'drt']);

/** Drawn ids end like this; names in the scenario are shorter. */
const DRAWN = /[\w-]{10,}$/;
/** In the words of the CSE: ids of resources, as the stand-in forms them. */
const IN_TEXT = /\b(?:acp|cin|cnt|fcnt|grp|pch|req|sub|ts|tsi)[0-9A-Za-z]{10}\b/g;

/** `given`: ids that look drawn, but are part of the scenario. */
export function comparable(recording: unknown, given: readonly string[] = []): unknown {
  const steady = withoutTimes(recording);
  const ids = new Map<string, string>();
  for (const id of drawnIds(steady)) if (!given.includes(id) && !ids.has(id)) ids.set(id, `<id ${ids.size + 1}>`);
  // Longer ones first: one id may be the end of another.
  return numbered(
    steady,
    [...ids].sort(([one], [other]) => other.length - one.length),
  );
}

/** The order of members is no part of what a flow sees either. */
function withoutTimes(value: unknown): unknown {
  if (Array.isArray(value)) return (value as unknown[]).map(withoutTimes);
  if (value instanceof Uint8Array) return { [value.constructor.name]: Buffer.from(value).toString('hex') };
  if (value instanceof Date) return { Date: value.toISOString() };
  if (!isObject(value)) return value;
  const members = Object.entries(value).map(([name, member]): [string, unknown] => {
    if (TIMES.has(name) && member !== undefined) return [name, '<time>'];
    return [name, withoutTimes(name === 'raw' && isObject(member) ? withoutEnvelope(member) : member)];
  });
  return Object.fromEntries(members.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

const withoutEnvelope = (raw: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(raw).filter(([name]) => !ENVELOPE.has(name)));

function* drawnIds(value: unknown, name = ''): Generator<string> {
  if (Array.isArray(value)) for (const item of value as unknown[]) yield* drawnIds(item, name);
  else if (isObject(value)) for (const [each, member] of Object.entries(value)) yield* drawnIds(member, each);
  else if (typeof value === 'string') {
    const [id] = IDS.has(name) ? (DRAWN.exec(value) ?? []) : [];
    if (id !== undefined) yield id;
    yield* value.match(IN_TEXT) ?? [];
  }
}

function numbered(value: unknown, ids: readonly (readonly [string, string])[]): unknown {
  if (typeof value === 'string') return ids.reduce((text, [id, number]) => text.replaceAll(id, number), value);
  if (Array.isArray(value)) return (value as unknown[]).map((item) => numbered(item, ids));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, numbered(member, ids)]));
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
