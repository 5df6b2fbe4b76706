import { DeviceError, ErrorCode, toDeviceError } from '../../../base/errors';
import { show } from '../../../base/show';
import { parseExactJson, withoutByteOrderMark } from '../../../base/values/exact-json';
import type { Cbor } from './cbor';
import { readSenml, type SenmlPack } from './senml';

/** The payload of one message, read in each form at most once, however many properties are in it. */
export class Content {
  private readonly kept = new Map<string, { readonly value: unknown } | { readonly error: DeviceError }>();

  /** `cbor` may be absent where nobody reads CBOR. `receivedAt`: ms since the epoch. */
  constructor(
    readonly payload: Buffer,
    readonly receivedAt: number,
    private readonly cbor: Cbor | undefined,
  ) {}

  get text(): string {
    return this.once('text', () => this.payload.toString()) as string;
  }

  /** Integers that a number does not hold exactly are bigints. Throws a DeviceError BAD_RESPONSE. */
  get json(): unknown {
    return this.once('json', () => parseJson(this.text));
  }

  /** The text as JSON, or undefined where it is none. */
  get jsonIfAny(): unknown {
    try {
      return this.json;
    } catch {
      return undefined;
    }
  }

  /** Throws a DeviceError BAD_RESPONSE. */
  get cborValue(): unknown {
    return this.once('cbor', () => this.cbor?.decode(this.payload));
  }

  /** Throws a DeviceError BAD_RESPONSE. */
  senml(form: 'json' | 'cbor'): SenmlPack {
    const pack = (): SenmlPack => readSenml(form === 'json' ? this.json : this.cborValue, this.receivedAt);
    return this.once(`senml ${form}`, pack) as SenmlPack;
  }

  private once(form: string, read: () => unknown): unknown {
    let kept = this.kept.get(form);
    if (kept === undefined) {
      kept = attempt(read);
      this.kept.set(form, kept);
    }
    if ('error' in kept) throw kept.error;
    return kept.value;
  }
}

function attempt(read: () => unknown): { readonly value: unknown } | { readonly error: DeviceError } {
  try {
    return { value: read() };
  } catch (error) {
    return { error: toDeviceError(error, ErrorCode.BAD_RESPONSE) };
  }
}

/** Integers that a number does not hold exactly are bigints. */
function parseJson(whole: string): unknown {
  const text = withoutByteOrderMark(whole);
  try {
    return parseExactJson(text, BigInt);
  } catch (cause) {
    const got = text === '' ? 'it is empty' : `got ${show(text.slice(0, 60))}`;
    throw new DeviceError(ErrorCode.BAD_RESPONSE, `the payload is no JSON: ${got}`, { cause });
  }
}
