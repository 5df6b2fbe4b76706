/** The reflected polynomial x^16 + x^15 + x^2 + 1. */
const POLYNOMIAL = 0xa001;
const START = 0xffff;

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ POLYNOMIAL : crc >> 1;
  return crc;
});

/**
 * The CRC-16 of RTU frames over `bytes` from `start` up to but not including `end`; sent low byte first.
 * Source: MODBUS over Serial Line V1.02, section 2.5.1.2 and appendix 6.2.2.
 */
export function crc16(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let crc = START;
  for (let at = start; at < end; at++) crc = (crc >> 8) ^ (TABLE[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0);
  return crc;
}
