import { DeviceError, ErrorCode } from '../../base/errors';
import { show } from '../../base/show';
import { parseExactJson, withoutByteOrderMark } from '../../base/values/exact-json';
import { integerFromJson } from '../../base/values/index';
import type { Serialization } from './codec';
import { loadedOnce } from '../../base/optional-package';
import { loadCborCodec } from './cbor-codec';
import type { Codec } from './codec';
import { guarded, isPlain, toPlain } from './plain-content';

export const jsonCodec: Codec = {
  serialization: 'json',
  encode(content) {
    const text: unknown = JSON.stringify(isPlain(content) ? content : toPlain(content));
    if (typeof text === 'string') return text;
    throw new DeviceError(ErrorCode.BAD_VALUE, 'there is no content to send');
  },
  decode(payload) {
    const text = withoutByteOrderMark(typeof payload === 'string' ? payload : payload.toString('utf8'));
    let value: unknown;
    try {
      value = parseExactJson(text, integerFromJson);
    } catch (cause) {
      throw new DeviceError(ErrorCode.BAD_RESPONSE, `the payload is no JSON: ${show(text.slice(0, 60))}`, { cause });
    }
    return guarded(value);
  },
};

export type { Codec } from './codec';

const cborCodec = loadedOnce(loadCborCodec);

/** The codec of a serialization; that of CBOR is loaded when first asked for. */
export function codecOf(serialization: Serialization): Promise<Codec> {
  return serialization === 'json' ? Promise.resolve(jsonCodec) : cborCodec();
}

/** As `Codec.encode`, where the serialization is known only now. */
export async function encode(content: unknown, serialization: Serialization): Promise<string | Buffer> {
  return (await codecOf(serialization)).encode(content);
}

/** As `Codec.decode`, where the serialization is known only now. */
export async function decode(payload: Buffer | string, serialization: Serialization): Promise<unknown> {
  return (await codecOf(serialization)).decode(payload);
}

/** Whether the status code of an answer in JSON is written as a float (`"rsc":2001.0`), by which tinyIoT is recognized. */
export function hasFloatNumbers(payload: Buffer | string): boolean {
  const text = typeof payload === 'string' ? payload : payload.toString('latin1');
  return /"(?:rsc|op|net)"\s*:\s*\d+\.\d/.test(text);
}
