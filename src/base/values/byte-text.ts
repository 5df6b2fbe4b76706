/**
 * Bytes as text and back: hexadecimal, bits, Base64. Without Buffer, so that the editor can use it too.
 * The `...ToBytes` functions answer undefined for text that is not in the notation.
 */

/** Lower case, two digits a byte. */
export const bytesToHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Upper or lower case, with or without `0x` and spaces or colons between the bytes. */
export function hexToBytes(text: string): Uint8Array | undefined {
  const digits = text.replace(/^\s*0x/i, '').replace(/[\s:]/g, '');
  if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(digits)) return undefined;
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    parseInt(digits.slice(2 * index, 2 * index + 2), 16),
  );
}

/** Eight digits `0` or `1` a byte, most significant first. */
export const bytesToBits = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');

/** Whole bytes of `0` and `1`, with or without `0b` and spaces between them. */
export function bitsToBytes(text: string): Uint8Array | undefined {
  const digits = text.replace(/^\s*0b/i, '').replace(/\s/g, '');
  if (digits.length % 8 !== 0 || !/^[01]*$/.test(digits)) return undefined;
  return Uint8Array.from({ length: digits.length / 8 }, (_, index) =>
    parseInt(digits.slice(8 * index, 8 * index + 8), 2),
  );
}

/** The standard alphabet with padding (RFC 4648 section 4). */
export const bytesToBase64 = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));

/** Standard or URL-safe alphabet, with or without padding, white space ignored (as the specification's decoder). */
export function base64ToBytes(text: string): Uint8Array | undefined {
  const digits = text
    .replace(/\s/g, '')
    .replace(/-/g, '+')
    .replace(/_/g, '/')
    .replace(/={1,2}$/, '');
  if (digits.length % 4 === 1 || !/^[A-Za-z0-9+/]*$/.test(digits)) return undefined;
  const binary = atob(digits);
  return Uint8Array.from({ length: binary.length }, (_, index) => binary.charCodeAt(index));
}
