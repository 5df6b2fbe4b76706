import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { ModbusRTU } from 'modbus-serial/ModbusRTU';
import { DeviceError, ErrorCode } from '../../../base/errors';
import { formatTcpEndpoint, type TcpEndpoint } from '../../../net/endpoint';
import { badResponse, callLibrary, type Settle } from '../pdu/library-calls';
import { MbapReader, type MbapFrame } from '../framing/mbap';
import { MbapPort } from '../framing/mbap-port';
import { openSocket } from '../../../net/open-socket';
import type { ModbusRequest } from '../pdu/request';
import { TransactionIds } from '../framing/transaction-ids';

interface Pending {
  readonly unit: number;
  readonly request: ModbusRequest;
  readonly settle: Settle;
}

const NOTHING = new Uint8Array();
const EXCEPTION_FLAG = 0x80;

/**
 * One Modbus/TCP socket and the requests in flight on it. It decides nothing about order, timeouts or reconnecting.
 * When the peer closes, when the stream is no Modbus/TCP, and when `destroy` is called, all requests fail at once.
 */
export class TcpConnection {
  /** Once, after the last request has failed. */
  readonly events = new EventEmitter<{ closed: [DeviceError] }>();
  private readonly reader = new MbapReader();
  private readonly ids = new TransactionIds();
  private readonly pending = new Map<number, Pending>();
  private readonly port: MbapPort;
  private readonly client: ModbusRTU;
  private frames = 0;

  /** Connects; rejects as `openSocket` does. Loads modbus-serial on first use (about 40 ms). */
  static async open(endpoint: TcpEndpoint, signal: AbortSignal): Promise<TcpConnection> {
    const Client = await loadLibrary();
    const socket = await openSocket(endpoint, signal);
    const port = new MbapPort((frame) => void socket.write(frame));
    const client = new Client(port);
    client.open();
    return new TcpConnection(formatTcpEndpoint(endpoint), socket, port, client);
  }

  private constructor(
    private readonly name: string,
    private readonly socket: Socket,
    port: MbapPort,
    client: ModbusRTU,
  ) {
    this.port = port;
    this.client = client;
    let cause: Error | undefined;
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('error', (error) => (cause = error));
    socket.on('end', () => this.end(this.lost('the device closed the connection')));
    socket.on('close', () => this.end(this.lost(cause?.message ?? 'the connection broke', cause)));
  }

  get isOpen(): boolean {
    return this.port.isOpen;
  }

  /** How many answers have come so far: while this does not grow, the peer is silent. */
  get received(): number {
    return this.frames;
  }

  /** Half an answer is here. If the rest does not come, whatever follows would be taken for it. */
  get isMidAnswer(): boolean {
    return this.reader.isMidFrame;
  }

  /** Sends a request and calls `settle` once, unless the returned function gives the request up before. */
  send(unit: number, request: ModbusRequest, settle: Settle): () => void {
    const id = this.ids.take();
    this.pending.set(id, { unit, request, settle });
    this.port._transactionIdWrite = id;
    callLibrary(this.client, unit, request, (error, bytes) => {
      if (this.pending.delete(id)) settle(error, bytes);
    });
    return () => {
      if (this.pending.delete(id)) this.ids.abandon(id);
    };
  }

  /** Sends what nobody answers; resolves when the operating system has taken it, rejects when the connection is gone. */
  async sendUnanswered(unit: number, request: ModbusRequest): Promise<void> {
    this.send(unit, request, () => undefined)();
    await new Promise<void>((resolve, reject) => {
      this.socket.write(NOTHING, (error) => {
        if (error) reject(this.lost(error.message, error));
        else resolve();
      });
    });
  }

  /** Closes at once; what is in flight fails with `reason`. */
  destroy(reason: DeviceError): void {
    this.end(reason);
  }

  private receive(chunk: Buffer): void {
    try {
      for (const frame of this.reader.push(chunk)) this.accept(frame);
    } catch (error) {
      this.end(this.lost((error as Error).message, error as Error));
    }
  }

  /** Answers nobody waits for (late, of a broadcast, of no request at all) are dropped. */
  private accept(frame: MbapFrame): void {
    this.frames++;
    const { transactionId: id, unit, pdu } = frame;
    this.ids.release(id);
    const pending = this.pending.get(id);
    if (pending === undefined) return;
    const code = pdu.readUInt8(0);
    if (unit !== pending.unit) {
      this.refuse(id, pending, `it came from unit ${unit}`);
    } else if ((code & ~EXCEPTION_FLAG) !== pending.request.function) {
      this.refuse(id, pending, `it is for function ${code}`);
    } else {
      this.port.receive(frame);
      this.refuse(id, pending, 'it makes no sense');
    }
  }

  /** Settles what the library has not settled. */
  private refuse(id: number, pending: Pending, what: string): void {
    if (this.pending.delete(id)) pending.settle(badResponse(pending.unit, pending.request, what), NOTHING);
  }

  private end(reason: DeviceError): void {
    if (!this.port.isOpen) return;
    this.client.close();
    this.socket.destroy();
    const waiting = [...this.pending.values()];
    this.pending.clear();
    for (const { settle } of waiting) settle(reason, NOTHING);
    this.events.emit('closed', reason);
  }

  private lost(what: string, cause?: Error): DeviceError {
    return new DeviceError(ErrorCode.LINK_LOST, `${this.name}: ${what}`, cause === undefined ? {} : { cause });
  }
}

/** The class itself is the default export, whatever resolution mode the declarations are read in. */
async function loadLibrary(): Promise<new (port: MbapPort) => ModbusRTU> {
  const library = await import('modbus-serial');
  return library.default as unknown as new (port: MbapPort) => ModbusRTU;
}
