import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import ModbusRTU from 'modbus-serial';
import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../../../src/base/errors.ts';
import { decodeAnswer, encodeRequest, MAX_PDU_LENGTH } from '../../../../../src/drivers/modbus/pdu/codec.ts';
import { ModbusExceptionError } from '../../../../../src/drivers/modbus/pdu/exceptions.ts';
import {
  answerLength,
  isReadRequest,
  quantityOf,
  type ModbusRequest,
} from '../../../../../src/drivers/modbus/pdu/request.ts';
import { ModbusServer } from '../../../../support/modbus/modbus-server.ts';

const UNIT = 1;
const NOTHING = new Uint8Array();

const word = fc.integer({ min: 0, max: 65_535 });
/** Low enough for the longest request to end below 65,536. */
const offset = fc.integer({ min: 0, max: 60_000 });

const read = fc
  .constantFrom<1 | 2 | 3 | 4>(1, 2, 3, 4)
  .chain((code) =>
    fc.record({ function: fc.constant(code), offset, quantity: fc.integer({ min: 1, max: code <= 2 ? 2000 : 125 }) }),
  );
const coils = fc.array(fc.boolean(), { minLength: 1, maxLength: 1968 }).chain((states) =>
  fc.record({
    function: fc.constant(15 as const),
    offset,
    quantity: fc.constant(states.length),
    bits: fc.constant(
      Uint8Array.from({ length: Math.ceil(states.length / 8) }, (_, index) =>
        states.slice(index * 8, index * 8 + 8).reduce((byte, state, bit) => byte | (Number(state) << bit), 0),
      ),
    ),
  }),
);
const registers = fc
  .array(word, { minLength: 1, maxLength: 123 })
  .map((values) => Uint8Array.from(values.flatMap((value) => [value >> 8, value & 0xff])));
const write = fc.oneof(
  fc.record({ function: fc.constant(5 as const), offset, state: fc.boolean() }),
  fc.record({ function: fc.constant(6 as const), offset, register: word }),
  coils,
  fc.record({ function: fc.constant(16 as const), offset, registers }),
  fc.record({ function: fc.constant(22 as const), offset, andMask: word, orMask: word }),
);
const anyRequest: fc.Arbitrary<ModbusRequest> = fc.oneof(read, write);

/** What modbus-serial puts between unit and CRC of an RTU frame: an encoder that nobody here wrote. */
class Capture extends EventEmitter {
  isOpen = true;
  pdu = Buffer.alloc(0);
  open(callback: () => void): void {
    callback();
  }
  write(rtu: Buffer): void {
    this.pdu = Buffer.from(rtu.subarray(1, -2));
  }
}
function pduOfModbusSerial(request: ModbusRequest): Buffer {
  const port = new Capture();
  const client = new ModbusRTU(port);
  client.open();
  const ignore = (): void => undefined;
  const at = request.offset;
  switch (request.function) {
    case 1:
    case 2:
    case 3:
    case 4: {
      const { function: code, quantity } = request;
      client[`writeFC${code}`](UNIT, at, quantity, ignore);
      break;
    }
    case 5:
      client.writeFC5(UNIT, at, request.state, ignore);
      break;
    case 6:
      client.writeFC6(UNIT, at, request.register, ignore);
      break;
    case 15: {
      const { quantity, bits } = request;
      const states = Array.from({ length: quantity }, (_, index) => ((bits[index >> 3]! >> (index & 7)) & 1) === 1);
      client.writeFC15(UNIT, at, states, ignore);
      break;
    }
    case 16: {
      const bytes = Buffer.from(request.registers);
      const values = Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readUInt16BE(index * 2));
      client.writeFC16(UNIT, at, values, ignore);
      break;
    }
    case 22:
      client.writeFC22(UNIT, at, request.andMask, request.orMask, ignore);
      break;
  }
  return port.pdu;
}

/** What a well-behaved server answers to the PDU of `request`. */
const answerOf = (server: ModbusServer, request: ModbusRequest): Buffer => {
  const pdu = encodeRequest(request);
  const [code, from, second] = [pdu.readUInt8(0), pdu.readUInt16BE(1), pdu.readUInt16BE(3)];
  return server.reply({
    transactionId: 1,
    unit: UNIT,
    function: code,
    offset: from,
    second,
    pdu,
    socket: undefined as never,
  });
};

/** The answer's data, or the error. */
const decode = (request: ModbusRequest, pdu: Uint8Array): Uint8Array | DeviceError => {
  try {
    return decodeAnswer(UNIT, request, pdu);
  } catch (error) {
    if (error instanceof DeviceError) return error;
    throw error;
  }
};

const server = new ModbusServer();
for (let at = 0; at < 65_536; at++) {
  server.registers[at] = (at * 40_503) & 0xffff;
  server.coils[at] = (at * 40_503) & 1;
}
/** A request and the right answer to it. */
const exchange = anyRequest.map((request) => ({ request, answer: answerOf(server, request) }));

describe('a request', () => {
  it('is encoded as modbus-serial encodes it', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        expect(encodeRequest(request)).toEqual(pduOfModbusSerial(request));
      }),
    );
  });

  it('fits into one PDU', () => {
    fc.assert(fc.property(anyRequest, (request) => encodeRequest(request).length <= MAX_PDU_LENGTH));
  });

  it.each<[string, ModbusRequest]>([
    ['an offset too large', { function: 3, offset: 65_536, quantity: 1 }],
    ['a negative offset', { function: 6, offset: -1, register: 0 }],
    ['a value too large', { function: 6, offset: 0, register: 65_536 }],
    ['a negative mask', { function: 22, offset: 0, andMask: -1, orMask: 0 }],
    ['124 registers', { function: 16, offset: 0, registers: new Uint8Array(248) }],
    ['1977 coils', { function: 15, offset: 0, quantity: 1977, bits: new Uint8Array(248) }],
  ])('with %s is not encoded', (_, request) => {
    expect(() => encodeRequest(request)).toThrow(RangeError);
  });
});

describe('an answer', () => {
  it('gives what the device has, and what was written', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const bytes = decodeAnswer(UNIT, request, answerOf(server, request));
        if (!isReadRequest(request)) {
          expect(bytes).toEqual(NOTHING);
          const isBit = request.function === 5 || request.function === 15;
          const again: ModbusRequest = {
            function: isBit ? 1 : 3,
            offset: request.offset,
            quantity: quantityOf(request),
          };
          const there = Buffer.from(decodeAnswer(UNIT, again, answerOf(server, again)));
          if (request.function === 5) expect(there).toEqual(Buffer.of(Number(request.state)));
          if (request.function === 6) expect(there.readUInt16BE()).toBe(request.register);
          if (request.function === 15) expect(there).toEqual(Buffer.from(request.bits));
          if (request.function === 16) expect(there).toEqual(Buffer.from(request.registers));
          return;
        }
        expect(bytes).toHaveLength(answerLength(request));
        for (let index = 0; index < request.quantity; index++) {
          const at = request.offset + index;
          if (request.function <= 2) expect((bytes[index >> 3]! >> (index & 7)) & 1).toBe(server.coils[at]);
          else expect(bytes[index * 2]! * 256 + bytes[index * 2 + 1]!).toBe(server.registers[at]);
        }
      }),
    );
  });

  it('that is cut off is an error, wherever the cut is', () => {
    fc.assert(
      fc.property(exchange, fc.nat(), ({ request, answer }, cut) => {
        const pdu = answer.subarray(0, cut % answer.length);
        expect(decode(request, pdu)).toMatchObject({
          code: 'BAD_RESPONSE',
          message: expect.stringContaining('wrong answer'),
        });
      }),
    );
  });

  it('that is too long is an error', () => {
    fc.assert(
      fc.property(exchange, fc.uint8Array({ minLength: 1 }), ({ request, answer }, more) => {
        expect(decode(request, Buffer.concat([answer, more]))).toMatchObject({ code: 'BAD_RESPONSE' });
      }),
    );
  });

  it('of another function is an error', () => {
    fc.assert(
      fc.property(exchange, fc.integer({ min: 0, max: 255 }), ({ request, answer }, code) => {
        fc.pre((code & 0x7f) !== request.function);
        const pdu = Buffer.from(answer);
        pdu.writeUInt8(code, 0);
        expect(decode(request, pdu)).toMatchObject({
          code: 'BAD_RESPONSE',
          message: expect.stringContaining(`for function ${code}`),
        });
      }),
    );
  });

  it('whose byte count is a lie is an error', () => {
    fc.assert(
      fc.property(read, fc.integer({ min: 0, max: 255 }), (request, count) => {
        const pdu = Buffer.from(answerOf(server, request));
        fc.pre(pdu.readUInt8(1) !== count);
        pdu.writeUInt8(count, 1);
        expect(decode(request, pdu)).toMatchObject({ code: 'BAD_RESPONSE' });
      }),
    );
  });

  it('that confirms another write is an error', () => {
    fc.assert(
      fc.property(write, fc.nat(), fc.integer({ min: 1, max: 255 }), (request, place, change) => {
        const pdu = Buffer.from(answerOf(server, request));
        // A device that says neither on nor off to "off" has not said "on".
        const at = 1 + (place % (request.function === 5 ? 2 : pdu.length - 1));
        pdu.writeUInt8(pdu.readUInt8(at) ^ change, at);
        expect(decode(request, pdu)).toMatchObject({
          code: 'BAD_RESPONSE',
          message: expect.stringContaining('confirmed another write'),
        });
      }),
    );
    const confirmed = Buffer.from([5, 0, 0, 0xff, 0]);
    expect(decode({ function: 5, offset: 0, state: false }, confirmed)).toMatchObject({ code: 'BAD_RESPONSE' });
    expect(decode({ function: 5, offset: 0, state: true }, confirmed)).toEqual(NOTHING);
  });

  it('that is an exception is told with its code, whatever comes behind it', () => {
    fc.assert(
      fc.property(anyRequest, fc.integer({ min: 0, max: 255 }), fc.uint8Array(), (request, exception, more) => {
        const error = decode(request, Uint8Array.of(request.function | 0x80, exception, ...more));
        expect(error).toBeInstanceOf(ModbusExceptionError);
        expect(error).toMatchObject({ exception, code: `MODBUS_EXCEPTION_${exception}` });
      }),
    );
    expect(decode({ function: 3, offset: 0, quantity: 1 }, Uint8Array.of(0x83))).toMatchObject({
      code: 'BAD_RESPONSE',
    });
  });

  it('of any bytes is an error or exactly as long as was asked for', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 260 }),
      fc
        .tuple(anyRequest, fc.uint8Array({ maxLength: 8 }))
        .map(([request, rest]) => Uint8Array.of(request.function, ...rest)),
    );
    fc.assert(
      fc.property(anyRequest, bytes, (request, pdu) => {
        const result = decode(request, pdu);
        if (result instanceof DeviceError) expect(result.code).toMatch(/^(BAD_RESPONSE|MODBUS_EXCEPTION_\d+)$/);
        else expect(result).toHaveLength(isReadRequest(request) ? answerLength(request) : 0);
      }),
    );
  });
});
