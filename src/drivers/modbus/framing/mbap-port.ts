import { EventEmitter } from 'node:events';
import { encodeMbap, type MbapFrame } from './mbap';

const CRC_LENGTH = 2;
const CRC_POLYNOMIAL = 0xa001;

/**
 * What modbus-serial takes for a serial port: it writes RTU frames here and reads RTU frames from here; the socket sees
 * Modbus/TCP. Our own instead of the library's TcpPort, because the one who owns the socket can choose transaction ids,
 * notice a lost stream and a closed peer at once, and refuse answers of another unit, exceptions included.
 * The names with an underscore are the library's: it finds the pending call by `_transactionIdRead`.
 */
export class MbapPort extends EventEmitter {
  isOpen = true;
  _transactionIdRead = 1;
  _transactionIdWrite = 1;

  constructor(private readonly send: (frame: Buffer) => void) {
    super();
  }

  open(callback: () => void): void {
    callback();
  }

  close(callback?: () => void): void {
    this.isOpen = false;
    callback?.();
  }

  /** From the library: unit, PDU, CRC. */
  write(rtu: Buffer): void {
    const pdu = rtu.subarray(1, rtu.length - CRC_LENGTH);
    this.send(encodeMbap({ transactionId: this._transactionIdWrite, unit: rtu.readUInt8(0), pdu }));
  }

  /** To the library; it calls back synchronously. */
  receive({ transactionId, unit, pdu }: MbapFrame): void {
    const rtu = Buffer.allocUnsafe(1 + pdu.length + CRC_LENGTH);
    rtu.writeUInt8(unit, 0);
    pdu.copy(rtu, 1);
    rtu.writeUInt16LE(crc16(rtu.subarray(0, rtu.length - CRC_LENGTH)), rtu.length - CRC_LENGTH);
    this._transactionIdRead = transactionId;
    this.emit('data', rtu);
  }
}

const CRC_TABLE = Uint16Array.from({ length: 256 }, (_, index) => {
  let crc = index;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >> 1) ^ CRC_POLYNOMIAL : crc >> 1;
  return crc;
});

/** CRC-16/MODBUS, which the library checks although TCP has no use for it. */
function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) crc = (crc >> 8) ^ (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0);
  return crc;
}
