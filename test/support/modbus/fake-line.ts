import { EventEmitter } from 'node:events';
import type { DeviceError } from '../../../src/base/errors.ts';
import type { Channel } from '../../../src/drivers/modbus/channel/channel.ts';
import { crc16 } from '../../../src/drivers/modbus/framing/crc.ts';
import { rtuFraming } from '../../../src/drivers/modbus/framing/rtu.ts';
import type { Route } from '../../../src/drivers/modbus/sharing/route.ts';
import type { FakeClock } from '../fakes/fake-clock.ts';

/** What happens to one request: bytes that come, each after so many ms. */
export type Answer = (unit: number, pdu: Buffer) => readonly (readonly [ms: number, bytes: Uint8Array])[];

const rtu = rtuFraming({ echo: false });

/** A line on a clock that is turned by hand: what is sent is taken apart, and `answer` says what comes back and when. */
export class FakeLine implements Channel {
  readonly name = 'line';
  readonly events: Channel['events'] = new EventEmitter();
  isOpen = true;
  /** When the line is busy until, and the requests that went out while it was. */
  private busyUntil = 0;
  collisions = 0;

  constructor(
    private readonly clock: FakeClock,
    private readonly answer: Answer,
  ) {}

  write(bytes: Uint8Array, taken?: (error?: DeviceError) => void): void {
    taken?.();
    if (this.clock.now() < this.busyUntil) this.collisions++;
    const request = Buffer.from(bytes);
    if (crc16(request) !== 0) throw new Error('a request with a wrong CRC was sent');
    for (const [ms, piece] of this.answer(request.readUInt8(0), request.subarray(1, -2))) {
      this.busyUntil = Math.max(this.busyUntil, this.clock.now() + ms);
      this.clock.setTimeout(() => {
        if (this.isOpen) this.events.emit('data', Buffer.from(piece));
      }, ms);
    }
  }

  close(): void {
    this.isOpen = false;
  }
}

export const rtuBytes = (unit: number, pdu: Uint8Array | readonly number[]): Buffer =>
  Buffer.from(rtu.encode({ id: 0, unit, pdu: Uint8Array.from(pdu) }));

/** A route over such lines; `lines` are those opened so far. */
export function fakeLineRoute(clock: FakeClock, answer: Answer): Route & { readonly lines: FakeLine[] } {
  const lines: FakeLine[] = [];
  return {
    name: 'line',
    lines,
    open: () => {
      const line = new FakeLine(clock, answer);
      lines.push(line);
      return Promise.resolve(line);
    },
    framing: rtu,
    silenceMs: 2,
    turnaroundMs: 100,
    isLine: true,
    isLossy: false,
    settings: '',
  };
}
