import { expect, it } from 'vitest';
import type { Codec } from '../../../../src/onem2m/primitive/codec';
import { decodeContent } from '../../../../src/onem2m/resource/content-codec';
import { readIncoming } from '../../../../src/onem2m/primitive/primitive-reader';
import type { Incoming } from '../../../../src/onem2m/primitive/primitives';
import { unwrap } from '../../../../src/onem2m/resource/resource-types';
import { codecOf, jsonCodec } from '../../../../src/onem2m/primitive/serialization';
import { refusalOf } from '../../../../src/onem2m/primitive/status-codes';
import { isLong } from '../../../support/long.ts';
import { ACME_CBOR, WIRE } from './wire-fixtures.ts';

/**
 * Messages of live CSEs, broken at random, must never crash what reads them. The seed is in the name of
 * the test, and `MUTATION_SEED` repeats one.
 */
const MUTATIONS = Number(process.env['MUTATIONS'] ?? (isLong ? 1_000_000 : 20_000));
const SEED = Number(process.env['MUTATION_SEED'] ?? Date.now() % 1_000_000);

/** Mulberry32: a number from 0 to below 1. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const random = randomNumbers(SEED);
const below = (limit: number): number => Math.floor(random() * limit);
const anyOf = <T>(list: readonly T[]): T => list[below(list.length)]!;

const ODD_VALUES: readonly unknown[] = [
  null,
  undefined,
  '',
  'x',
  '2000',
  0,
  -1,
  2.5,
  1e308,
  NaN,
  2n ** 70n,
  true,
  [],
  {},
  [[[]]],
  Symbol('odd'),
  () => 1,
  new Date(NaN),
  Buffer.from('odd'),
  new Map([['a', 1]]),
  Object.create(null),
  'x'.repeat(10_000),
];
const ODD_NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'op',
  'rsc',
  'rqi',
  'ri',
  'm2m:rqp',
  'm2m:rsp',
  'm2m:sgn',
  '',
];

/** One to four changes to the bytes: flipped, replaced, inserted, cut out, doubled, cut off. */
function mutatedBytes(original: Buffer): Buffer {
  let bytes = Buffer.from(original);
  for (let change = below(4); change >= 0; change -= 1) {
    const at = below(bytes.length + 1);
    const end = Math.min(bytes.length, at + below(8));
    const kinds = [
      () => Buffer.concat([bytes.subarray(0, at), Buffer.from([below(256)]), bytes.subarray(at)]),
      () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]),
      () => Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]),
      () => bytes.subarray(0, at),
      () => (at < bytes.length && (bytes[at]! ^= 1 << below(8)), bytes),
      () => (at < bytes.length && (bytes[at] = below(256)), bytes),
    ];
    bytes = Buffer.from(anyOf(kinds)());
  }
  return bytes;
}

/** One change somewhere in the tree: a value replaced, a member left out, renamed or added. */
function mutatedTree(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || below(6) === 0) return anyOf(ODD_VALUES);
  if (Array.isArray(value)) {
    const at = below(value.length);
    return value.map((item: unknown, index) => (index === at ? mutatedTree(item) : item));
  }
  const entries = Object.entries(value);
  const at = below(entries.length);
  const kind = below(8);
  const changed = entries.flatMap(([name, member], index): [string, unknown][] => {
    if (index !== at) return [[name, member]];
    if (kind === 0) return [];
    if (kind === 1) return [[anyOf(ODD_NAMES), member]];
    if (kind === 2) return [[name, { [anyOf(ODD_NAMES)]: member }]];
    return [[name, mutatedTree(member)]];
  });
  return Object.fromEntries(changed);
}

/** What whoever gets it relies on; answers the kind. */
function checked(incoming: Incoming): string {
  if (incoming.kind === 'malformed') {
    if (incoming.reason === '' || incoming.rqi === '') throw new Error('malformed without words');
    return 'malformed';
  }
  const primitive = incoming.kind === 'request' ? incoming.request : incoming.response;
  if (typeof primitive.rqi !== 'string' || Object.getPrototypeOf(primitive) !== Object.prototype)
    throw new Error('rqi');
  if (!['string', 'undefined'].includes(typeof primitive.fr)) throw new Error('fr');
  if (incoming.kind === 'request') {
    const { op, to, ty, rqi } = incoming.request;
    if (![1, 2, 3, 4, 5].includes(op) || typeof to !== 'string') throw new Error('op, to');
    if (op !== 5 && rqi === '') throw new Error('rqi of a request');
    if (ty !== undefined && !Number.isSafeInteger(ty)) throw new Error('ty');
  } else {
    const { rsc, rqi } = incoming.response;
    if (!Number.isInteger(rsc) || rsc < 1000 || rsc > 6999 || rqi === '') throw new Error('rsc, rqi');
    refusalOf(incoming.response, 'test');
  }
  const content = unwrap(primitive.pc)?.representation as { con?: unknown; cnf?: string } | undefined;
  decodeContent(content?.con, content?.cnf);
  return incoming.kind;
}

/** Undecodable bytes and unencodable trees have one kind of error each; any other is a crash. */
function outcomeOf(step: () => Incoming): string {
  let incoming: Incoming;
  try {
    incoming = step();
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === 'BAD_RESPONSE') return 'undecodable';
    if (code === 'BAD_VALUE') return 'unencodable';
    throw error;
  }
  return checked(incoming);
}

it(
  `${MUTATIONS} mutated primitives, seed ${SEED}: no crash`,
  async () => {
    const cborCodec = await codecOf('cbor');
    const trees: unknown[] = [...Object.values(WIRE).map((text): unknown => JSON.parse(text)), ACME_CBOR.primitive];
    const encoded = (codec: Codec) => trees.map((tree) => Buffer.from(codec.encode(tree)));
    const [jsonBytes, cborBytes] = [encoded(jsonCodec), encoded(cborCodec)];
    const steps = [
      () => readIncoming(jsonCodec.decode(mutatedBytes(anyOf(jsonBytes)))),
      () => readIncoming(cborCodec.decode(mutatedBytes(anyOf(cborBytes)))),
      () => readIncoming(mutatedTree(anyOf(trees))),
      () => readIncoming(jsonCodec.decode(Buffer.from(jsonCodec.encode(mutatedTree(anyOf(trees)))))),
    ];
    const outcomes: Record<string, number> = {};
    for (let count = 0; count < MUTATIONS; count += 1) {
      const outcome = outcomeOf(anyOf(steps));
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
    expect(Object.keys(outcomes).sort()).toEqual(['malformed', 'request', 'response', 'undecodable', 'unencodable']);
    expect(Object.values(outcomes).reduce((sum, number) => sum + number)).toBe(MUTATIONS);
    expect(Object.keys(Object.prototype)).toEqual([]);
    // The fixtures are as they were: what is read is a copy.
    expect(trees[0]).toEqual(JSON.parse(WIRE.acmeCreated));
  },
  60_000 + MUTATIONS,
);
