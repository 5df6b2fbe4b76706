import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Framing } from '../../../src/drivers/modbus/framing/framing.ts';
import { rtuFraming } from '../../../src/drivers/modbus/framing/rtu.ts';
import { crc16 } from '../../../src/drivers/modbus/framing/crc.ts';
import { ModbusServer, type ServerRequest } from './modbus-server.ts';

/** What comes back for a request: pieces of bytes, each after so many ms. */
export type Distort = (answer: Buffer, request: ServerRequest) => readonly (readonly [ms: number, bytes: Buffer])[];

/**
 * Units on a line behind a TCP port: what comes is RTU, and what is answered too, as a serial server hands it on; with socat it is a
 * serial port. The tables are those of a ModbusServer, one for all units. For faults; values are proved against servers nobody here
 * wrote (test/peers/modbus/serial.test.ts).
 */
export class LineServer {
  readonly tables = new ModbusServer();
  /** Only these answer; undefined: all do. */
  units: ReadonlySet<number> | undefined;
  isSilent = false;
  /** What was not answered while it was silent. */
  readonly held: (() => void)[] = [];
  distort: Distort = (answer) => [[0, answer]];
  private readonly framing: Framing = rtuFraming({ echo: false });
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private boundPort = 0;

  get connections(): number {
    return this.sockets.size;
  }

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

  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
    let rest = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (
        let length = requestLength(rest);
        length !== undefined && rest.length >= length;
        length = requestLength(rest)
      ) {
        const bytes = rest.subarray(0, length);
        rest = rest.subarray(length);
        if (crc16(bytes) === 0) this.take(socket, bytes);
      }
    });
  }

  private take(socket: Socket, bytes: Buffer): void {
    const pdu = bytes.subarray(1, -2);
    const unit = bytes.readUInt8(0);
    const [code, offset, second] = [pdu.readUInt8(0), pdu.readUInt16BE(1), pdu.readUInt16BE(3)];
    const request: ServerRequest = { transactionId: 0, unit, function: code, offset, second, pdu, socket };
    this.tables.requests.push(request);
    if (this.units?.has(unit) === false) return;
    const reply = this.tables.reply(request);
    if (unit === 0) return;
    const answer = (): void => {
      const framed = Buffer.from(this.framing.encode({ id: 0, unit, pdu: reply }));
      for (const [ms, piece] of this.distort(framed, request)) {
        if (ms === 0) socket.write(piece);
        else setTimeout(() => socket.write(piece), ms);
      }
    };
    if (this.isSilent) this.held.push(answer);
    else answer();
  }
}

/** How long the request is that `bytes` begin with, CRC included; undefined while that cannot be told. */
function requestLength(bytes: Buffer): number | undefined {
  const code = bytes[1];
  if (code === undefined) return undefined;
  if (code === 22) return 10;
  if (code !== 15 && code !== 16) return 8;
  const count = bytes[6];
  return count === undefined ? undefined : 9 + count;
}
