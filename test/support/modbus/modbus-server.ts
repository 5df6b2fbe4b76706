import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** One request as it came over the wire. */
export interface ServerRequest {
  readonly transactionId: number;
  readonly unit: number;
  readonly function: number;
  readonly offset: number;
  /** The second field of the PDU: a quantity, or the value of functions 5 and 6. */
  readonly second: number;
  readonly pdu: Buffer;
  readonly socket: Socket;
}

/** Answers a request in its own way, or not at all; without one the server answers from its tables. */
export type Handler = (request: ServerRequest, answer: (pdu: Buffer) => void) => void;

export const frame = (transactionId: number, unit: number, pdu: Buffer | readonly number[]): Buffer => {
  const bytes = Buffer.from(pdu);
  const header = Buffer.alloc(7);
  header.writeUInt16BE(transactionId, 0);
  header.writeUInt16BE(bytes.length + 1, 4);
  header.writeUInt8(unit, 6);
  return Buffer.concat([header, bytes]);
};

/**
 * A small Modbus/TCP server that can be made to misbehave, for fault cases. Values are proved against servers nobody here
 * wrote (test/peers/modbus). Holding and input registers share one table, coils and discrete inputs another.
 */
export class ModbusServer {
  readonly requests: ServerRequest[] = [];
  readonly registers = new Uint16Array(65_536);
  readonly coils = new Uint8Array(65_536);
  /** Offsets the device does not have. */
  readonly missing = new Set<number>();
  /** Functions it does not know. */
  readonly unknownFunctions = new Set<number>();
  /** Most registers or bits it gives at once. */
  maxQuantity = 2000;
  handler: Handler | undefined;
  /** Closes each connection right behind its first answer, as some meters and serial gateways do. */
  closesAfterAnswer = false;
  /** Ignores what comes within so many ms of a connection's begin, as inverters do for 1 to 8 s; it is lost, not late. */
  deafMs = 0;
  /** Of what comes in one piece, answers the first request only: pymodbus 3.16.1 does so. */
  answersFirstOnly = false;
  readonly sockets = new Set<Socket>();
  /** Connections accepted so far. */
  accepted = 0;
  private server: Server | undefined;
  private boundPort = 0;

  get port(): number {
    return this.boundPort;
  }

  get endpoint(): string {
    return `127.0.0.1:${this.boundPort}`;
  }

  async start(): Promise<this> {
    this.server = createServer((socket) => this.serve(socket)).listen(this.boundPort, '127.0.0.1');
    await once(this.server, 'listening');
    this.boundPort = (this.server.address() as AddressInfo).port;
    return this;
  }

  /** Breaks all connections and stops listening; `start` brings it back at the same port. */
  async stop(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** Closes all connections, as a gateway does that has heard nothing for some seconds. */
  closeConnections(how: 'FIN' | 'RST'): void {
    for (const socket of this.sockets) {
      if (how === 'FIN') socket.end();
      else socket.resetAndDestroy();
    }
  }

  private serve(socket: Socket): void {
    this.accepted++;
    const hearsFrom = Date.now() + this.deafMs;
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    let rest = Buffer.alloc(0);
    const hear = (chunk: Buffer): void => {
      if (this.deafMs > 0 && Date.now() < hearsFrom) return;
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 7 && rest.length >= 6 + rest.readUInt16BE(4)) {
        const end = 6 + rest.readUInt16BE(4);
        this.take(socket, rest.subarray(0, end));
        rest = this.answersFirstOnly ? Buffer.alloc(0) : rest.subarray(end);
      }
    };
    socket.on('data', (chunk: Buffer) => (this.answersFirstOnly ? this.gather(socket, chunk, hear) : hear(chunk)));
  }

  /** Makes one piece of what comes within a moment, as a busy receiver finds it. */
  private gather(socket: Socket, first: Buffer, hear: (piece: Buffer) => void): void {
    const pieces = [first];
    const add = (chunk: Buffer): number => pieces.push(chunk);
    const listeners = socket.listeners('data') as ((chunk: Buffer) => void)[];
    socket.removeAllListeners('data').on('data', add);
    setTimeout(() => {
      socket.off('data', add);
      for (const listener of listeners) socket.on('data', listener);
      hear(Buffer.concat(pieces));
    }, 10);
  }

  private take(socket: Socket, bytes: Buffer): void {
    const pdu = bytes.subarray(7);
    const request: ServerRequest = {
      transactionId: bytes.readUInt16BE(0),
      unit: bytes.readUInt8(6),
      function: pdu.readUInt8(0),
      offset: pdu.readUInt16BE(1),
      second: pdu.readUInt16BE(3),
      pdu,
      socket,
    };
    this.requests.push(request);
    const answer = (reply: Buffer): void => {
      if (socket.destroyed || !socket.writable) return;
      const bytes = frame(request.transactionId, request.unit, reply);
      if (this.closesAfterAnswer) socket.end(bytes);
      else socket.write(bytes);
    };
    if (this.handler !== undefined) this.handler(request, answer);
    else answer(this.reply(request));
  }

  /** What a well-behaved server answers from the tables. */
  reply({ function: code, offset, second, pdu }: ServerRequest): Buffer {
    const exception = (number: number): Buffer => Buffer.from([code | 0x80, number]);
    if (this.unknownFunctions.has(code)) return exception(1);
    const isMany = code <= 4 || code === 15 || code === 16;
    const quantity = isMany ? second : 1;
    if (quantity > this.maxQuantity) return exception(3);
    for (let at = offset; at < offset + quantity; at++) if (this.missing.has(at)) return exception(2);
    switch (code) {
      case 1:
      case 2: {
        const bits = Buffer.alloc(Math.ceil(quantity / 8));
        for (let at = 0; at < quantity; at++) bits[at >> 3]! |= this.coils[offset + at]! << (at & 7);
        return Buffer.from([code, bits.length, ...bits]);
      }
      case 3:
      case 4: {
        const words = Buffer.alloc(quantity * 2);
        for (let at = 0; at < quantity; at++) words.writeUInt16BE(this.registers[offset + at]!, at * 2);
        return Buffer.from([code, words.length, ...words]);
      }
      case 5:
        this.coils[offset] = second === 0xff00 ? 1 : 0;
        return pdu;
      case 6:
        this.registers[offset] = second;
        return pdu;
      case 15:
        for (let at = 0; at < quantity; at++) this.coils[offset + at] = (pdu[6 + (at >> 3)]! >> (at & 7)) & 1;
        return pdu.subarray(0, 5);
      case 16:
        for (let at = 0; at < quantity; at++) this.registers[offset + at] = pdu.readUInt16BE(6 + at * 2);
        return pdu.subarray(0, 5);
      case 22: {
        const and = second;
        const or = pdu.readUInt16BE(5);
        this.registers[offset] = (this.registers[offset]! & and) | (or & ~and);
        return pdu;
      }
      default:
        return exception(1);
    }
  }
}
