import { ADDRESS_COUNT, REGISTER_KINDS, REGISTERS, type RegisterKind } from '../pdu/registers';

/**
 * The traditional notation of manuals: table digit, then the one-based number, with five digits (40001 = first holding
 * register) or six (400001). Pure: also runs in the editor.
 */
export interface RegisterAddress {
  readonly register: RegisterKind;
  /** Zero-based, as sent on the wire; 0-65535. */
  readonly offset: number;
}

export type ReferenceResult =
  { readonly ok: true; readonly value: RegisterAddress } | { readonly ok: false; readonly message: string };

const EXPECTED = 'must be five or six digits beginning with 0, 1, 3 or 4, such as 40001 or 400001';

/** `40001`; six digits (`410000`) where five do not suffice. `offset` 0-65535. */
export function offsetToReference(register: RegisterKind, offset: number): string {
  const number = offset + 1;
  return REGISTERS[register].referenceDigit + String(number).padStart(number > 9999 ? 5 : 4, '0');
}

/** The table and zero-based offset of a reference; text, because the zero in front of a coil's matters (00001). */
export function referenceToOffset(reference: string): ReferenceResult {
  const text = reference.trim();
  const kind = REGISTER_KINDS.find((candidate) => REGISTERS[candidate].referenceDigit === text[0]);
  if (kind === undefined || !/^\d{5,6}$/.test(text)) return { ok: false, message: `${EXPECTED}, got "${reference}"` };
  const number = Number(text.slice(1));
  if (number < 1 || number > ADDRESS_COUNT) {
    return {
      ok: false,
      message: `must have a number from 1 to ${ADDRESS_COUNT} after its first digit, got "${reference}"`,
    };
  }
  return { ok: true, value: { register: kind, offset: number - 1 } };
}
