export type Serialization = 'json' | 'cbor';

/** One serialization of primitives and contents. */
export interface Codec {
  readonly serialization: Serialization;
  /** JSON as text, CBOR as bytes. Throws a DeviceError BAD_VALUE that names the place of what cannot be written (`toPlain`). */
  encode(content: unknown): string | Buffer;
  /**
   * Plain data as JSON knows it: also what CBOR has beyond that is brought into that form, integers that no double holds exactly
   * as text. Throws a DeviceError BAD_RESPONSE for what cannot be decoded.
   */
  decode(payload: Buffer | string): unknown;
}
