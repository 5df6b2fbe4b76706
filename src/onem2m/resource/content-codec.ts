import { DeviceError, ErrorCode } from '../../base/errors';
import type { ContentFormat } from './content';
import { toPlain } from '../primitive/plain-content';
import { jsonCodec } from '../primitive/serialization';

/** What a contentInstance, or an instance of a time series, holds. */
export interface EncodedContent {
  /** contentInfo, `<media type>:<encoding>`; encoding 0 plain, 1 Base64 in a text, 2 binary that travels as Base64. */
  readonly cnf: string;
  readonly con: unknown;
}

/**
 * `payload` as content. `auto`: text as it is, bytes as Base64, a Date as ISO text, all else as JSON text. `text` writes what is no text
 * as JSON would, without quotes. `json` writes JSON text, `json-base64` its Base64 (as OpenMTC's applications do), `base64` the bytes of the payload.
 * A bigint counts as the text of its digits in all of them. Throws a DeviceError BAD_VALUE for what the format cannot hold.
 */
export function encodeContent(payload: unknown, format: ContentFormat): EncodedContent {
  if (payload === undefined) throw new DeviceError(ErrorCode.BAD_VALUE, 'there is no payload to send');
  // Only 64-bit integers come as bigint: of a type that is text always (`integerToJson`). Throws beyond 64 bits.
  if (typeof payload === 'bigint') return encodeContent(String(toPlain(payload)), format);
  switch (format) {
    case 'auto':
      return encodeByType(payload);
    case 'text':
      return { cnf: 'text/plain:0', con: textOf(payload) };
    case 'json':
      return { cnf: 'application/json:0', con: jsonOf(payload) };
    case 'json-base64':
      return { cnf: 'application/json:1', con: Buffer.from(jsonOf(payload)).toString('base64') };
    case 'base64':
      return { cnf: 'application/octet-stream:1', con: bytesOf(payload).toString('base64') };
  }
}

/**
 * The payload that `con` holds, by its contentInfo. Never throws: what does not fit its contentInfo is answered as it came, without
 * contentInfo always. Base64 of another media type than JSON or text becomes a Buffer.
 */
export function decodeContent(con: unknown, cnf: string | undefined): unknown {
  if (typeof con !== 'string' || typeof cnf !== 'string') return con;
  const { media, encoding } = parseContentInfo(cnf);
  const isText = media.startsWith('text/');
  const isJson = media === 'application/json' || media.endsWith('+json');
  if (encoding === 0) return isJson ? parsedJson(con, con) : con;
  const bytes = bytesOfBase64(con);
  if (bytes === undefined) return con;
  if (isJson) return parsedJson(bytes.toString('utf8'), con);
  return isText ? bytes.toString('utf8') : bytes;
}

/** Media type in lower case without parameters, and encoding: `Text/Plain; charset=utf-8:1:0` is `text/plain` and 1. */
export function parseContentInfo(cnf: string): { readonly media: string; readonly encoding: number } {
  const [, type = cnf, encoding = '0'] = /^(.*?)\s*:\s*(\d)\s*(?::\s*\d\s*)?$/s.exec(cnf.slice(0, 300)) ?? [];
  const media = (type.split(';')[0] ?? '').trim().toLowerCase();
  return { media, encoding: Number(encoding) };
}

function encodeByType(payload: unknown): EncodedContent {
  if (payload instanceof Uint8Array) return encodeContent(payload, 'base64');
  if (typeof payload === 'string' || payload instanceof Date) return encodeContent(payload, 'text');
  return encodeContent(payload, 'json');
}

function jsonOf(payload: unknown): string {
  return String(jsonCodec.encode(payload));
}

function textOf(payload: unknown): string {
  if (typeof payload === 'string') return payload;
  if (payload instanceof Uint8Array) return Buffer.from(payload).toString('utf8');
  const json = jsonOf(payload);
  return json.startsWith('"') ? String(JSON.parse(json)) : json;
}

const bytesOf = (payload: unknown): Buffer =>
  payload instanceof Uint8Array ? Buffer.from(payload) : Buffer.from(textOf(payload));

function parsedJson(text: string, otherwise: string): unknown {
  try {
    return jsonCodec.decode(text);
  } catch {
    return otherwise;
  }
}

/** Also the URL-safe alphabet, line breaks and missing padding; undefined for what is no Base64. */
function bytesOfBase64(text: string): Buffer | undefined {
  const digits = text.replace(/[\r\n]/g, '').replace(/={0,2}$/, '');
  return digits.length % 4 !== 1 && /^[A-Za-z0-9+/_-]*$/.test(digits) ? Buffer.from(digits, 'base64') : undefined;
}
