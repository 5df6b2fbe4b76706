import type { DecimalMark } from '../../../base/lists/decimals';
import type { RegisterKind } from '../pdu/registers';
import type { Field } from './headings';
import type { DigitMeaning } from './kind-words';

/** The cells of one line, by what they mean. */
export type PointCells = Readonly<Partial<Record<Field, string>>>;

/** How a list is to be read where it can be read in more than one way; undefined: nobody has said yet. */
export interface Reading {
  readonly mark: DecimalMark | undefined;
  readonly digits: DigitMeaning | undefined;
  /** Of lines that do not say it. */
  readonly register: RegisterKind;
  /** What five digits such as 40001 are. */
  readonly five: 'reference' | 'number' | undefined;
  readonly countFrom: 0 | 1;
  readonly coilsBeforeX: boolean;
  /** Bits of INT and UINT. */
  readonly int: '16' | '32' | undefined;
  readonly sb: 'BADC' | 'DCBA' | undefined;
  readonly gain: 'multiply' | 'divide' | undefined;
  /** What a column of offsets beside one of addresses is. */
  readonly offset: 'after' | 'before' | 'address' | undefined;
  readonly lengthUnit: 'registers' | 'bytes' | 'bits';
}

/** Tells what is wrong with a field of the line. */
export type Fail = (field: string, message: string) => void;
