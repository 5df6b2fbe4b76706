import fc from 'fast-check';
import { generate, type Packet } from 'mqtt-packet';
import { describe, expect, it } from 'vitest';
import {
  InboundFilter,
  otherProtocol,
  refusal,
  type OversizePublish,
} from '../../../../src/mqtt/connection/link/inbound-filter';

const LIMIT = 100;

/** What goes on of a stream that comes in pieces of these lengths, and what was thrown away. */
function filtered(bytes: Buffer, cuts: readonly number[]): { passed: Buffer; thrown: OversizePublish[] } {
  const thrown: OversizePublish[] = [];
  const filter = new InboundFilter(LIMIT, (publish) => thrown.push(publish));
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const pieces = [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length));
  return { passed: Buffer.concat(pieces.flatMap((piece) => filter.take(piece))), thrown };
}

const topic = fc.stringMatching(/^[a-zé/]{1,60}$/);
const packet: fc.Arbitrary<Packet> = fc.oneof(
  fc.record({
    cmd: fc.constant('publish' as const),
    topic,
    qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
    messageId: fc.integer({ min: 1, max: 65_535 }),
    retain: fc.boolean(),
    dup: fc.constant(false),
    payload: fc
      .oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 60, max: 20_000 }))
      .map((size) => 'x'.repeat(size)),
  }),
  fc.record({ cmd: fc.constant('puback' as const), messageId: fc.integer({ min: 1, max: 65_535 }) }),
  fc.constant({ cmd: 'pingresp' as const }),
);

describe('the filter of what a broker sends', () => {
  it('lets through every packet but PUBLISHes over the limit, in whatever pieces they come', () => {
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 30 }), (packets, cuts) => {
        const encoded = packets.map((one) => ({ one, bytes: generate(one) }));
        const isLarge = ({ one, bytes }: (typeof encoded)[number]): boolean =>
          one.cmd === 'publish' && bytes.length > LIMIT;
        const { passed, thrown } = filtered(Buffer.concat(encoded.map(({ bytes }) => bytes)), cuts);
        const small = encoded.filter((each) => !isLarge(each)).map(({ bytes }) => bytes);
        expect(passed.equals(Buffer.concat(small))).toBe(true);
        const expected = encoded.filter(isLarge).map(({ one, bytes }) => {
          if (one.cmd !== 'publish') throw new Error('only these');
          const { topic: name, qos, messageId } = one;
          return { topic: name, qos, packetId: qos > 0 ? messageId : undefined, packetSize: bytes.length };
        });
        expect(thrown).toEqual(expected);
      }),
    );
  });

  it('lets through what is no MQTT, for the parser to complain', () => {
    const nonsense = Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]);
    expect(filtered(nonsense, [1, 2, 3, 7]).passed).toEqual(nonsense);
  });

  it('acknowledges what was thrown away, with MQTT 5 saying why', () => {
    expect([refusal(1, 258, 4), refusal(2, 258, 4), refusal(1, 258, 5), refusal(2, 258, 5)]).toEqual([
      Buffer.from([0x40, 2, 1, 2]),
      Buffer.from([0x50, 2, 1, 2]),
      Buffer.from([0x40, 3, 1, 2, 0x97]),
      Buffer.from([0x50, 3, 1, 2, 0x97]),
    ]);
  });
});

describe('what else may speak at a port', () => {
  it.each([
    ['TLS', Buffer.from([0x15, 3, 1, 0, 2, 2, 70])],
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request')],
    ['SSH', Buffer.from('SSH-2.0-OpenSSH')],
    [undefined, Buffer.from([0x20, 2, 0, 0])],
    [undefined, Buffer.alloc(0)],
  ])('%s', (expected, bytes) => expect(otherProtocol(bytes)).toBe(expected));
});
