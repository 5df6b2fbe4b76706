import type { RegisterKind } from '../pdu/registers';

/** What lists call the four tables, in English and German, and the function codes that mean them. Pure: also runs in the editor. */
const WORDS: Readonly<Record<string, RegisterKind>> = {
  coil: 'CoilRegister',
  coils: 'CoilRegister',
  coilregister: 'CoilRegister',
  co: 'CoilRegister',
  writecoil: 'CoilRegister',
  spule: 'CoilRegister',
  spulen: 'CoilRegister',
  ausgangsbit: 'CoilRegister',
  '0x': 'CoilRegister',
  '0xxxx': 'CoilRegister',
  discrete: 'DiscreteInputRegister',
  discreteinput: 'DiscreteInputRegister',
  discreteinputs: 'DiscreteInputRegister',
  discreteinputregister: 'DiscreteInputRegister',
  di: 'DiscreteInputRegister',
  inputstatus: 'DiscreteInputRegister',
  diskretereingang: 'DiscreteInputRegister',
  digitaleingang: 'DiscreteInputRegister',
  digitalereingang: 'DiscreteInputRegister',
  eingangsbit: 'DiscreteInputRegister',
  '1x': 'DiscreteInputRegister',
  '1xxxx': 'DiscreteInputRegister',
  input: 'InputRegister',
  inputs: 'InputRegister',
  inputregister: 'InputRegister',
  inputregisters: 'InputRegister',
  ir: 'InputRegister',
  analoginput: 'InputRegister',
  eingangsregister: 'InputRegister',
  inputreg: 'InputRegister',
  '3x': 'InputRegister',
  '3xxxx': 'InputRegister',
  holding: 'HoldingRegister',
  holdings: 'HoldingRegister',
  holdingregister: 'HoldingRegister',
  holdingregisters: 'HoldingRegister',
  holdingreg: 'HoldingRegister',
  hr: 'HoldingRegister',
  halteregister: 'HoldingRegister',
  haltregister: 'HoldingRegister',
  ausgangsregister: 'HoldingRegister',
  writesingle: 'HoldingRegister',
  writeholding: 'HoldingRegister',
  writemultiple: 'HoldingRegister',
  writeholdings: 'HoldingRegister',
  '4x': 'HoldingRegister',
  '4xxxx': 'HoldingRegister',
};

export interface KindWord {
  readonly register: RegisterKind;
  /** Where the function codes say so; a list that has only a code for reading does not say that writing is impossible. */
  readonly written?: 'also' | 'only';
}

const FUNCTIONS: Readonly<Record<number, RegisterKind>> = {
  1: 'CoilRegister',
  2: 'DiscreteInputRegister',
  3: 'HoldingRegister',
  4: 'InputRegister',
  5: 'CoilRegister',
  6: 'HoldingRegister',
  15: 'CoilRegister',
  16: 'HoldingRegister',
};
const TABLE_DIGITS: Readonly<Record<number, RegisterKind>> = {
  0: 'CoilRegister',
  1: 'DiscreteInputRegister',
  3: 'InputRegister',
  4: 'HoldingRegister',
};

/** How a bare digit is meant: function code 3 reads holding registers, table digit 3 stands for input registers. */
export type DigitMeaning = 'function' | 'table';

/** Codes: `3`, `03`, `0x03`, `FC3`, `FC 03/06/16`. Undefined where the text is none. */
function codesOf(text: string): { codes: number[]; explicit: boolean } | undefined {
  const trimmed = text.trim().toLowerCase();
  const explicit = /^(fc|fn|function|funktion|0x)/.test(trimmed);
  const parts = trimmed.split(/[\s,;/&+]+/).filter((part) => part !== '' && part !== 'fc');
  const codes = parts.map((part) => /^(?:fc|fn|function|funktion)?[ -]?(?:0x)?(\d{1,2})$/.exec(part)?.[1]);
  if (codes.length === 0 || codes.includes(undefined)) return undefined;
  return {
    codes: codes.map((code) => (trimmed.includes('0x') ? parseInt(code ?? '', 16) : Number(code))),
    explicit: explicit || codes.length > 1,
  };
}

/** Whether a cell is a lone digit that is both a function code and a table digit with another meaning. */
export const isBareDigit = (text: string): boolean => {
  const found = codesOf(text);
  return found !== undefined && !found.explicit && ['1', '3', '4'].includes(String(found.codes[0]));
};

/** The table that a cell names; undefined for what names none. */
export function kindOf(text: string, digits: DigitMeaning = 'function'): KindWord | undefined {
  const word = text.toLowerCase().replaceAll(/[\s_\-./()]/g, '');
  if (Object.hasOwn(WORDS, word)) {
    const register = WORDS[word];
    if (register === undefined) return undefined;
    return word.startsWith('write') ? { register, written: 'only' } : { register };
  }
  const found = codesOf(text);
  if (found === undefined) return undefined;
  const { codes, explicit } = found;
  if (!explicit && digits === 'table') {
    const register = TABLE_DIGITS[codes[0] ?? -1];
    return register === undefined ? undefined : { register };
  }
  const reading = codes.find((code) => code <= 4);
  const register = FUNCTIONS[reading ?? codes[0] ?? -1];
  if (register === undefined || codes.some((code) => FUNCTIONS[code] === undefined)) return undefined;
  const writes = codes.some((code) => code > 4);
  return { register, ...(writes ? { written: reading === undefined ? ('only' as const) : ('also' as const) } : {}) };
}
