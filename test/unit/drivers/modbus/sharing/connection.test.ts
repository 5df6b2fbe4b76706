import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../../../src/base/errors.ts';
import type { Channel } from '../../../../../src/drivers/modbus/channel/channel.ts';
import type { Frame, FrameDecoder, Framing } from '../../../../../src/drivers/modbus/framing/framing.ts';
import { mbap } from '../../../../../src/drivers/modbus/framing/mbap.ts';
import { Connection } from '../../../../../src/drivers/modbus/sharing/connection.ts';
import { Job, type Sharer } from '../../../../../src/drivers/modbus/sharing/job.ts';
import { OVERDUE_MS, Scheduler } from '../../../../../src/drivers/modbus/sharing/scheduler.ts';
import { FakeClock } from '../../../../support/fakes/fake-clock.ts';
import { never } from '../../../../support/modbus/modbus-device.ts';

/** A channel whose other end is the test. */
class FakeChannel implements Channel {
  readonly name = 'fake';
  readonly events: Channel['events'] = new EventEmitter();
  readonly written: Buffer[] = [];
  isOpen = true;
  write(bytes: Uint8Array, taken?: (error?: DeviceError) => void): void {
    this.written.push(Buffer.from(bytes));
    taken?.(this.isOpen ? undefined : new DeviceError('LINK_LOST', 'gone'));
  }
  close(): void {
    this.isOpen = false;
  }
  /** Makes `bytes` come. */
  bring(...bytes: number[]): void {
    this.events.emit('data', Buffer.from(bytes));
  }
}

/** The least a framing without ids can be: unit, length of the PDU, PDU. */
const bare: Framing = {
  matching: 'in-turn',
  encode: ({ unit, pdu }) => Uint8Array.of(unit, pdu.length, ...pdu),
  createDecoder: (): FrameDecoder => {
    let rest: number[] = [];
    return {
      get isMidFrame() {
        return rest.length > 0;
      },
      get isNoisy() {
        return rest.length > 0;
      },
      push(chunk) {
        rest.push(...chunk);
        const frames: Frame[] = [];
        for (let length = rest[1]; length !== undefined && rest.length >= 2 + length; length = rest[1]) {
          const [unit = 0, , ...pdu] = rest.splice(0, 2 + length);
          frames.push({ id: 0, unit, pdu: Uint8Array.from(pdu) });
        }
        return frames;
      },
      reset() {
        rest = [];
      },
    };
  },
};

type Outcome = string | number[];

function setUp(framing: Framing) {
  const channel = new FakeChannel();
  const connection = new Connection(channel, framing);
  const outcomes: Outcome[] = [];
  const ask = (unit: number, offset = 0): (() => void) =>
    connection.send(unit, { function: 3, offset, quantity: 1 }, (error, bytes) =>
      outcomes.push(error === undefined ? [...bytes] : error.message),
    );
  return { channel, connection, outcomes, ask };
}

/** An MBAP answer of one register. */
const answer = (id: number, unit: number, value: number): number[] => [0, id, 0, 0, 0, 5, unit, 3, 2, 0, value];

describe('a connection whose answers have ids', () => {
  it('sends each request in one piece, and gives each its answer in any order', () => {
    const { channel, outcomes, ask } = setUp(mbap);
    ask(1);
    ask(2);
    expect(channel.written.map((bytes) => bytes.toString('hex'))).toEqual([
      '000100000006010300000001',
      '000200000006020300000001',
    ]);
    channel.bring(...answer(2, 2, 8), ...answer(1, 1, 7));
    expect(outcomes).toEqual([
      [0, 8],
      [0, 7],
    ]);
  });

  it('takes no answer twice, none of another unit, and none that nobody waits for', () => {
    const { channel, connection, outcomes, ask } = setUp(mbap);
    ask(1);
    channel.bring(...answer(9, 1, 9));
    expect(outcomes).toEqual([]);
    channel.bring(...answer(1, 2, 9));
    channel.bring(...answer(1, 1, 7));
    expect(outcomes).toEqual(['read of holding registers 0 of unit 1: wrong answer: it came from unit 2']);
    expect(connection.received).toBe(3);
  });

  it('does not use the id of a request that was given up, once round all of them', () => {
    const { channel, outcomes, ask } = setUp(mbap);
    ask(1)();
    for (let round = 0; round < 65_535; round++) {
      ask(1);
      const [high = 0, low = 0] = channel.written.pop() ?? [];
      channel.bring(high, ...answer(low, 1, 7).slice(1));
    }
    expect(outcomes).toHaveLength(65_535);
    ask(1);
    channel.bring(...answer(1, 1, 9));
    expect(outcomes).toHaveLength(65_535);
  });

  it('fails what is in flight when the peer goes, then tells it, once', () => {
    const { channel, connection, outcomes, ask } = setUp(mbap);
    connection.events.on('closed', ({ message }) => outcomes.push(`closed: ${message}`));
    ask(1);
    ask(2);
    channel.events.emit('closed', new DeviceError('LINK_LOST', 'fake: gone'));
    connection.destroy(new DeviceError('CLOSED', 'again'));
    expect(outcomes).toEqual(['fake: gone', 'fake: gone', 'closed: fake: gone']);
  });

  it('closes a channel that carries something else', () => {
    const { channel, outcomes, ask } = setUp(mbap);
    ask(1);
    channel.bring(...Buffer.from('HTTP/1.1 400'));
    expect(channel.isOpen).toBe(false);
    expect(outcomes).toEqual([expect.stringMatching(/^fake: .*not Modbus\/TCP/)]);
  });

  it('waits for no answer to a broadcast, but for the channel to take it', async () => {
    const { channel, connection, outcomes } = setUp(mbap);
    const request = { function: 6, offset: 1, register: 2 } as const;
    await connection.sendUnanswered(0, request);
    channel.bring(...answer(1, 0, 9));
    expect(outcomes).toEqual([]);
    channel.close();
    await expect(connection.sendUnanswered(0, request)).rejects.toMatchObject({ code: 'LINK_LOST' });
  });
});

describe('a connection whose answers come in turn', () => {
  it('bears one request in flight, whatever the devices bear, even when it is overdue', async () => {
    const { channel, connection } = setUp(bare);
    const clock = new FakeClock();
    const scheduler = new Scheduler(clock, {
      onUnanswered: () => undefined,
      mayBeDeaf: () => false,
      onWanted: () => undefined,
      onOneAtATime: () => undefined,
    });
    const sharers: Sharer[] = [1, 2].map((unit) => ({ unit, pipelining: 8 }));
    const ask = (sharer: Sharer): Promise<Uint8Array> => {
      const job = new Job(sharer, { function: 3, offset: 0, quantity: 1 }, { timeoutMs: 3000, signal: never() });
      scheduler.submit(job);
      return job.answer;
    };
    for (const sharer of sharers) scheduler.add(sharer);
    scheduler.start(connection);
    const answers = [...sharers, ...sharers].map(ask);
    const first = answers[0]!.catch((error: unknown) => (error as DeviceError).code);
    await clock.advance(OVERDUE_MS);
    expect(channel.written).toHaveLength(1);
    await clock.advance(3000 - OVERDUE_MS);
    expect(await first).toBe('TIMEOUT');
    channel.bring(2, 4, 3, 2, 0, 2);
    // What unit 1 owes would pass for the answer to its next request: something else is asked before.
    expect([...channel.written.at(-1)!]).toEqual([1, 5, 4, 0, 0, 0, 1]);
    channel.bring(1, 4, 4, 2, 0, 0);
    for (const unit of [2, 1]) channel.bring(unit, 4, 3, 2, 0, unit);
    expect(await Promise.all(answers.slice(1))).toEqual([2, 1, 2].map((unit) => Uint8Array.of(0, unit)));
    expect(channel.written.map(([unit]) => unit)).toEqual([1, 2, 1, 2, 1]);
    expect(clock.pending).toEqual([]);
  });

  it('gives a request its own answer behind half of an earlier one', () => {
    const { channel, connection, outcomes, ask } = setUp(bare);
    const giveUp = ask(1);
    channel.bring(1, 4, 3);
    expect(connection.isMidAnswer).toBe(false); // the next request drops it
    giveUp();
    ask(2);
    channel.bring(2, 4, 3, 2, 0, 7);
    expect(outcomes).toEqual([[0, 7]]);
  });

  it('waits on behind the answer of another unit or function, and knows what came instead', () => {
    const { channel, connection, outcomes, ask } = setUp(bare);
    ask(1);
    expect(connection.instead).toBeUndefined();
    channel.bring(2, 4, 3, 2, 0, 7);
    expect(connection.instead).toEqual({ kind: 'stray', unit: 2 });
    channel.bring(1, 4, 4, 2, 0, 7);
    channel.bring(1, 4, 3, 2, 0, 8);
    expect(outcomes).toEqual([[0, 8]]);
    ask(1);
    channel.bring(0);
    expect(connection.instead).toEqual({ kind: 'noise' });
  });

  it('takes the answer of another unit where that is wished', () => {
    const channel = new FakeChannel();
    const connection = new Connection(channel, bare, { manner: { isLenient: true } });
    const outcomes: number[][] = [];
    connection.send(1, { function: 3, offset: 0, quantity: 1 }, (_error, bytes) => outcomes.push([...bytes]));
    channel.bring(9, 4, 3, 2, 0, 7);
    expect(outcomes).toEqual([[0, 7]]);
  });

  it('drops a late answer, and takes the one that follows', () => {
    const { channel, connection, outcomes, ask } = setUp(bare);
    ask(1)();
    const request = { function: 3, offset: 10, quantity: 1 } as const;
    expect(connection.askBefore(1, request)).toEqual({ function: 4, offset: 10, quantity: 1 });
    connection.send(1, { function: 4, offset: 10, quantity: 1 }, (_error, bytes) => outcomes.push([...bytes]));
    channel.bring(1, 4, 3, 2, 0, 7); // late
    channel.bring(1, 4, 4, 2, 0, 8);
    expect(outcomes).toEqual([[0, 8]]);
    expect(connection.askBefore(1, request)).toBeUndefined();
  });

  it('keeps the pauses of a line: behind what has come, and longer behind a broadcast', async () => {
    const channel = new FakeChannel();
    const clock = new FakeClock();
    const connection = new Connection(channel, bare, {
      now: () => clock.now(),
      manner: { pauseMs: 2, turnaroundMs: 100 },
    });
    expect(connection.restMs).toBe(0);
    connection.send(1, { function: 3, offset: 0, quantity: 1 }, () => undefined);
    await clock.advance(5);
    channel.bring(1, 4, 3, 2, 0, 7);
    expect(connection.restMs).toBe(2);
    await clock.advance(2);
    expect(connection.restMs).toBe(0);
    await connection.sendUnanswered(0, { function: 6, offset: 0, register: 1 });
    expect(connection.restMs).toBe(100);
  });
});
