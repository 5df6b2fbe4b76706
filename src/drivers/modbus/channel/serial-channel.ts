import { EventEmitter } from 'node:events';
import type { SerialPort } from 'serialport';
import { loadedOnce, loadPackage } from '../../../base/optional-package';
import { DeviceError, ErrorCode } from '../../../base/errors';
import type { Clock, TimerHandle } from '../../../base/ports';
import type { SerialSettings } from '../config/link';
import type { Channel } from './channel';
import { portGone, portRefused } from './serial-errors';

export const loadSerialPort = loadedOnce(() => loadPackage('serialport', 'serial lines', () => import('serialport')));

const PARITY = { N: 'none', E: 'even', O: 'odd' } as const;
/** For the system to take a request and send it, beyond the time that the bits take; ms. */
const WRITE_MS = 2000;
/** A port that does not close within this time is left to the system; ms. */
const CLOSE_MS = 2000;
/** Start bit, up to 8 data bits, parity, two stop bits. */
const MAX_BITS = 12;

/** When the ports that are being closed now will be: who opens one again waits for that. */
const closings = new Map<string, Promise<void>>();

/** Opens a port; settles as OpenChannel says, also with PACKAGE_MISSING or PACKAGE_FAILED. */
export async function openSerialChannel(settings: SerialSettings, clock: Clock, signal: AbortSignal): Promise<Channel> {
  const { SerialPort } = await loadSerialPort();
  await closings.get(settings.path);
  signal.throwIfAborted();
  const { path, baudRate, dataBits, parity, stopBits } = settings;
  const port = new SerialPort({ path, baudRate, dataBits, stopBits, parity: PARITY[parity], autoOpen: false });
  // A port that closes while a write is pending tells an error, also after everybody has left it.
  port.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    port.open((error) => {
      if (error === null) resolve();
      else reject(portRefused(path, error));
    });
  });
  const channel = new SerialChannel(port, settings, clock);
  if (signal.aborted) await channel.close();
  signal.throwIfAborted();
  return channel;
}

class SerialChannel implements Channel {
  readonly events: Channel['events'] = new EventEmitter();
  readonly name: string;
  isOpen = true;
  private readonly pending = new Set<TimerHandle>();

  constructor(
    private readonly port: SerialPort,
    private readonly settings: SerialSettings,
    private readonly clock: Clock,
  ) {
    this.name = settings.path;
    port.on('data', (chunk: Buffer) => {
      if (this.isOpen) this.events.emit('data', chunk);
    });
    port.on('close', (error?: Error | null) => this.broke(portGone(this.name, error)));
    port.on('error', (error) => this.broke(portGone(this.name, error)));
  }

  /** `taken` is called once the last bit is on the line. */
  write(bytes: Uint8Array, taken?: (error?: DeviceError) => void): void {
    if (!this.isOpen) {
      taken?.(portGone(this.name, undefined));
      return;
    }
    const sendMs = (bytes.length * MAX_BITS * 1000) / this.settings.baudRate;
    const settle = (error: DeviceError | undefined): void => {
      if (!this.pending.delete(timer)) return;
      this.clock.clearTimeout(timer);
      taken?.(error);
      if (error !== undefined) this.broke(error);
    };
    // write and drain never call back where the port has gone meanwhile.
    const timer = this.clock.setTimeout(() => {
      const text = `${this.name}: the port takes no bytes`;
      const advice = 'check the adapter: pull it and put it in again';
      settle(new DeviceError(ErrorCode.LINK_LOST, text, { advice }));
    }, WRITE_MS + sendMs);
    this.pending.add(timer);
    const fail = (error: Error): void => settle(portGone(this.name, error));
    this.port.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), (error) => {
      if (error) fail(error);
      else if (taken === undefined) settle(undefined);
    });
    if (taken === undefined) return;
    this.port.drain((error) => {
      if (error) fail(error);
      else settle(undefined);
    });
  }

  close(): Promise<void> {
    if (!this.isOpen) return closings.get(this.settings.path) ?? Promise.resolve();
    this.isOpen = false;
    for (const timer of this.pending) this.clock.clearTimeout(timer);
    this.pending.clear();
    const { port } = this;
    const { path } = this.settings;
    const closed = new Promise<void>((resolve) => {
      const timer = this.clock.setTimeout(resolve, CLOSE_MS);
      const done = (): void => {
        this.clock.clearTimeout(timer);
        resolve();
      };
      if (port.isOpen) port.close(done);
      else done();
    }).then(() => {
      if (closings.get(path) === closed) closings.delete(path);
    });
    closings.set(path, closed);
    return closed;
  }

  private broke(reason: DeviceError): void {
    if (!this.isOpen) return;
    void this.close();
    this.events.emit('closed', reason);
  }
}
