import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModbusDriver } from '../../../../src/drivers/modbus/driver.ts';
import { mbap } from '../../../../src/drivers/modbus/framing/mbap.ts';
import { FakeClock } from '../../../support/fakes/fake-clock.ts';
import { configOf, driverFor, never, property, realPorts } from '../../../support/modbus/modbus-device.ts';
import { frame, ModbusServer, type ServerRequest } from '../../../support/modbus/modbus-server.ts';

/** The time allowed for an answer. It passes only when a test lets it, so that no busy machine can be taken for a silent device. */
const RESPONSE_MS = 150;

/** What a server that misbehaves may cause: a bad reading, a lost link; never a wrong value, never a request for ever. */
describe('faults of a server', () => {
  const a = property('a', 0);
  const far = property('far', 500);
  let server: ModbusServer;
  let driver: ModbusDriver;
  let lost: string[];
  let clock: FakeClock;
  /** Bytes that have come to the driver on its latest connection. */
  let arrived: number;

  beforeEach(async () => {
    clock = new FakeClock();
    const createDecoder = mbap.createDecoder.bind(mbap);
    vi.spyOn(mbap, 'createDecoder').mockImplementation(() => {
      const decoder = createDecoder();
      const push = decoder.push.bind(decoder);
      arrived = 0;
      decoder.push = (chunk) => {
        arrived += chunk.length;
        return push(chunk);
      };
      return decoder;
    });
    server = await new ModbusServer().start();
    server.registers[0] = 7;
    server.registers[500] = 8;
    driver = await connected();
  });
  afterEach(async () => {
    await driver.close();
    await server.stop();
    vi.restoreAllMocks();
  });

  async function connected(tcp: Record<string, unknown> = {}): Promise<ModbusDriver> {
    const made = driverFor(configOf(server.endpoint, [a, far], { responseTimeout: `${RESPONSE_MS}ms`, ...tcp }), {
      ...realPorts,
      clock,
    });
    lost = [];
    made.events.on('lost', ({ message }) => lost.push(message));
    await made.connect(never());
    server.requests.length = 0;
    return made;
  }

  /** Spoils the next answer only. */
  function spoilNext(spoil: (request: ServerRequest, good: Buffer) => void): void {
    server.handler = (request) => {
      server.handler = undefined;
      spoil(request, server.reply(request));
    };
  }

  /** Lets the time for an answer pass, once `bytes` more than `before` have come. */
  async function timeUp(before: number, bytes: number): Promise<void> {
    await expect.poll(() => arrived).toBe(before + bytes);
    await clock.advance(RESPONSE_MS);
  }

  const read = (...properties: (typeof a)[]) => driver.read(properties, never());
  const value = async (): Promise<unknown> => (await read(a))[0]?.value;

  it('puts an answer together that comes byte by byte', async () => {
    spoilNext(({ transactionId, unit, socket }, good) => {
      const bytes = [...frame(transactionId, unit, good)];
      const next = (): void => {
        const byte = bytes.shift();
        if (byte !== undefined) socket.write(Buffer.of(byte), () => setImmediate(next));
      };
      next();
    });
    expect(await value()).toBe(7);
  });

  it('takes an answer of another unit for an error', async () => {
    spoilNext(({ transactionId, unit, socket }, good) => socket.write(frame(transactionId, unit + 1, good)));
    expect((await read(a))[0]).toMatchObject({ quality: 'bad', value: undefined, error: { code: 'BAD_RESPONSE' } });
    expect(await value()).toBe(7);
  });

  it('takes an exception of another unit for an error of its own kind', async () => {
    spoilNext(({ transactionId, unit, socket }) => socket.write(frame(transactionId, unit + 1, [0x83, 2])));
    expect((await read(a))[0]?.error?.code).toBe('BAD_RESPONSE');
  });

  it.each<[string, number[]]>([
    ['of another function', [4, 2, 0, 9]],
    ['with too few registers', [3, 0]],
    ['with too many registers', [3, 4, 0, 9, 0, 9]],
    ['with a byte count that is a lie', [3, 4, 0, 9]],
    ['with a byte count too low', [3, 0, 0, 9]],
    ['cut off after the function', [3]],
  ])('takes an answer %s for an error', async (_, pdu) => {
    spoilNext(({ transactionId, unit, socket }) => socket.write(frame(transactionId, unit, pdu)));
    expect((await read(a))[0]).toMatchObject({ quality: 'bad', value: undefined, error: { code: 'BAD_RESPONSE' } });
    expect(await value()).toBe(7);
    expect(lost).toEqual([]);
  });

  it('does not take the answer of another transaction, and drops a late one', async () => {
    spoilNext(({ transactionId, unit, socket }) => socket.write(frame(transactionId + 100, unit, [3, 2, 0, 9])));
    const before = arrived;
    const unanswered = expect(value()).rejects.toMatchObject({ code: 'TIMEOUT' });
    await timeUp(before, frame(0, 1, [3, 2, 0, 9]).length);
    await unanswered;
    expect(await value()).toBe(7);

    let late: () => void = () => undefined;
    spoilNext(({ transactionId, unit, socket }) => {
      late = () => socket.write(frame(transactionId, unit, [3, 2, 0, 9]));
    });
    server.registers[0] = 11;
    // The second is sent when the time for the first is up, and its answer shows that the server has had the first.
    const both = read(a, far);
    await clock.advance(RESPONSE_MS);
    const [reading, other] = await both;
    expect([reading?.error?.code, other?.value]).toEqual(['TIMEOUT', 8]);
    late();
    for (let round = 0; round < 300; round++) expect(await value()).toBe(11);
    expect(lost).toEqual([]);
  });

  it('fails at once and not at the timeout when the peer closes', async () => {
    spoilNext(({ socket }) => socket.end());
    const before = clock.now();
    await expect(value()).rejects.toMatchObject({ code: 'LINK_LOST', message: expect.stringContaining('closed') });
    expect(clock.now()).toBe(before);
    expect(clock.pending).toEqual([]);
    expect(lost).toHaveLength(1);
  });

  it('gives the connection up when it carries something else than Modbus/TCP', async () => {
    spoilNext(({ socket }) => socket.write(Buffer.alloc(300, 0xa5)));
    await expect(value()).rejects.toMatchObject({ code: 'LINK_LOST' });
    expect(lost).toEqual([expect.stringContaining('not Modbus/TCP')]);
    await driver.connect(never());
    expect(await value()).toBe(7);
    expect(server.accepted).toBe(2);
  });

  it('gives the connection up when half an answer is stuck in it', async () => {
    const half = frame(0, 1, [3, 2, 0, 7]).subarray(0, -1);
    spoilNext(({ transactionId, unit, socket }, good) =>
      socket.write(frame(transactionId, unit, good).subarray(0, -1)),
    );
    const before = arrived;
    const unanswered = expect(value()).rejects.toMatchObject({ code: 'TIMEOUT' });
    await timeUp(before, half.length);
    await unanswered;
    expect(lost).toEqual([expect.stringContaining('broke off')]);
    await driver.connect(never());
    expect(await value()).toBe(7);
  });

  it('sorts out answers that come in another order than the requests', async () => {
    await driver.close();
    driver = await connected({ pipelining: 2 });
    const held: (() => void)[] = [];
    server.handler = (request, answer) => {
      held.push(() => answer(server.reply(request)));
      if (held.length === 2) held.reverse().forEach((release) => release());
    };
    expect((await read(a, far)).map((reading) => reading.value)).toEqual([7, 8]);
  });

  it('does not take the confirmation of another write for its own', async () => {
    spoilNext(({ transactionId, unit, socket }, good) => {
      const wrong = Buffer.from(good);
      wrong.writeUInt16BE(6, 3);
      socket.write(frame(transactionId, unit, wrong));
    });
    const [result] = await driver.write([{ property: a, value: 5 }], never());
    expect(result?.error?.code).toBe('BAD_RESPONSE');
  });

  it.each([
    [1, /does not support/],
    [2, /has no such register/],
    [3, /refuses the value or the quantity/],
    [4, /internal error/],
    [6, /busy/],
    [11, /behind the gateway/],
    [99, /does not define/],
  ])('says exception %i in words', async (exception, words) => {
    server.handler = (request, answer) => answer(Buffer.from([request.function | 0x80, exception]));
    const reading = read(a);
    for (const pauseMs of exception === 6 ? [100, 200] : []) {
      await expect.poll(() => clock.pending).toContain(pauseMs); // it is asked again
      await clock.advance(pauseMs);
    }
    const error = (await reading)[0]?.error;
    expect(error?.code).toBe(`MODBUS_EXCEPTION_${exception}`);
    expect(error?.message).toMatch(/^read of holding registers? 0 of unit 1: /);
    expect(error?.message).toMatch(words);
  });

  it('breaks a dead connection off when nothing answers any more, and connects anew', async () => {
    server.handler = () => undefined;
    const unanswered = async (attempt: Promise<unknown>, code: string | RegExp): Promise<void> => {
      const before = server.requests.length;
      const outcome = expect(attempt).rejects.toMatchObject({ code: expect.stringMatching(code) });
      await expect.poll(() => server.requests.length).toBe(before + 1);
      await clock.advance(RESPONSE_MS);
      await outcome;
    };
    await unanswered(value(), 'TIMEOUT');
    expect(lost).toEqual([]);
    await unanswered(value(), 'TIMEOUT');
    expect(lost).toEqual([expect.stringContaining('nothing answers')]);
    await unanswered(driver.connect(never()), /TIMEOUT|LINK_LOST/);
    server.handler = undefined;
    await driver.connect(never());
    expect(await value()).toBe(7);
  });
});
