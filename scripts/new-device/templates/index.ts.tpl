import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { DeviceError, ErrorCode } from '../../base/errors';
import type { Ports } from '../../base/ports';
import type { Driver, Reading, Write, WriteResult } from '../../device/driver';
import type { DeviceKind } from '../../device/kind';
import { openSocket } from '../../net/open-socket';
import { lostError } from '../../net/socket-errors';
import { type __Name__Config, type __Name__Property, parse__Name__Config, parse__Name__Property } from './config';

/** The `__type__` node's kind of device. */
export const __camel__Kind: DeviceKind<__Name__Property, __Name__Config> = {
  protocol: '__name__',
  parse: (raw) => parse__Name__Config(raw),
  parseProperty: (raw, field) => parse__Name__Property(raw, field),
  createDriver: (config, ports) => new __Name__Driver(config, ports),
};

/** The rules of the verbs are in src/device/driver.ts. No retry, no queue: those are the engine's. */
export class __Name__Driver implements Driver<__Name__Property> {
  readonly events = new EventEmitter<{ lost: [DeviceError] }>();
  private socket: Socket | undefined;
  private closing = new AbortController();

  constructor(
    private readonly config: __Name__Config,
    private readonly ports: Ports,
  ) {}

  async connect(signal: AbortSignal): Promise<void> {
    const socket = await openSocket(this.config.endpoint, AbortSignal.any([signal, this.closing.signal]));
    const { host, port } = this.config.endpoint;
    let cause: Error | undefined;
    socket.on('error', (error) => (cause = error)); // 'close' comes next
    socket.once('close', () => this.onClosed(socket, lostError('the device', `${host}:${port}`, cause)));
    const before = this.socket;
    this.socket = socket;
    before?.destroy();
  }

  /** TODO: ask for each property, and answer its value with quality `good`. */
  async read(properties: readonly __Name__Property[], signal: AbortSignal): Promise<Reading[]> {
    signal.throwIfAborted();
    this.connected();
    const error = new DeviceError(ErrorCode.BAD_RESPONSE, 'reading is not written yet');
    const updatedAt = this.ports.clock.now();
    return Promise.resolve(properties.map(({ name }) => ({ name, value: undefined, quality: 'bad', error, updatedAt })));
  }

  /** TODO: tell the device each value; a result without an error says that it has it. */
  async write(writes: readonly Write<__Name__Property>[], signal: AbortSignal): Promise<WriteResult[]> {
    signal.throwIfAborted();
    this.connected();
    const error = new DeviceError(ErrorCode.BAD_RESPONSE, 'writing is not written yet');
    return Promise.resolve(writes.map(({ property }) => ({ name: property.name, error })));
  }

  close(): Promise<void> {
    this.closing.abort(new DeviceError(ErrorCode.CLOSED, 'the device was closed'));
    this.closing = new AbortController();
    const { socket } = this;
    this.socket = undefined;
    socket?.destroy();
    return Promise.resolve();
  }

  private connected(): Socket {
    if (this.socket !== undefined) return this.socket;
    throw new DeviceError(ErrorCode.LINK_LOST, 'not connected');
  }

  private onClosed(socket: Socket, reason: DeviceError): void {
    if (this.socket !== socket) return; // closed by this side
    this.socket = undefined;
    this.events.emit('lost', reason);
  }
}
