/**
 * The four tables of the Modbus data model and the limits of one request.
 * Source: MODBUS Application Protocol Specification V1.1b3, sections 4.3, 6.1-6.4, 6.11 and 6.12. Pure: also runs in the editor.
 */
export const REGISTER_KINDS = ['CoilRegister', 'DiscreteInputRegister', 'InputRegister', 'HoldingRegister'] as const;

export type RegisterKind = (typeof REGISTER_KINDS)[number];

export interface RegisterFacts {
  /** An address holds a bit; otherwise a 16-bit register. */
  readonly bits: boolean;
  readonly writable: boolean;
  readonly readFunction: 1 | 2 | 3 | 4;
  /** Bits or registers one read request may ask for. */
  readonly maxRead: number;
  /** Bits or registers one write request may carry. */
  readonly maxWrite: number;
  /** First digit of the traditional reference: the 4 of 40001. */
  readonly referenceDigit: '0' | '1' | '3' | '4';
}

export const REGISTERS: Readonly<Record<RegisterKind, RegisterFacts>> = {
  CoilRegister: { bits: true, writable: true, readFunction: 1, maxRead: 2000, maxWrite: 1968, referenceDigit: '0' },
  DiscreteInputRegister: {
    bits: true,
    writable: false,
    readFunction: 2,
    maxRead: 2000,
    maxWrite: 0,
    referenceDigit: '1',
  },
  InputRegister: { bits: false, writable: false, readFunction: 4, maxRead: 125, maxWrite: 0, referenceDigit: '3' },
  HoldingRegister: { bits: false, writable: true, readFunction: 3, maxRead: 125, maxWrite: 123, referenceDigit: '4' },
};

/** Addresses of one table run from 0 to 65535. */
export const ADDRESS_COUNT = 65_536;

/** Consecutive addresses of one table. */
export interface AddressRange {
  readonly register: RegisterKind;
  readonly offset: number;
  readonly quantity: number;
}
