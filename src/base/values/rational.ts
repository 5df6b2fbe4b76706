/** Exact rational numbers, as far as the order of operations needs them. The denominator is always positive. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/** The range of a double's decimal exponents, with room to spare; beyond it a number is a slip of the pen. */
const MAX_EXPONENT = 400;

/** A decimal number as text (`0.1`, `-273.15`, `1e-3`) exactly; undefined for anything else. */
export function parseDecimal(text: string): Rational | undefined {
  const [, sign, whole = '', fraction = '', exponentText = '0'] = DECIMAL.exec(text.trim()) ?? [];
  const exponent = Number(exponentText) - fraction.length;
  if (sign === undefined || whole + fraction === '' || Math.abs(exponent) > MAX_EXPONENT) return undefined;
  const digits = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n);
  return exponent >= 0
    ? { numerator: digits * 10n ** BigInt(exponent), denominator: 1n }
    : { numerator: digits, denominator: 10n ** BigInt(-exponent) };
}

/** The shortest decimal that means this finite number, exactly: 0.1 is a tenth here, not the double nearest to it. */
export function toExact(value: number | bigint): Rational {
  if (typeof value === 'bigint') return { numerator: value, denominator: 1n };
  const exact = parseDecimal(String(value));
  if (exact === undefined) throw new RangeError(`${value} has no exact value`);
  return exact;
}

export const add = (a: Rational, b: Rational): Rational => ({
  numerator: a.numerator * b.denominator + b.numerator * a.denominator,
  denominator: a.denominator * b.denominator,
});

export const subtract = (a: Rational, b: Rational): Rational => add(a, { ...b, numerator: -b.numerator });

export const multiply = (a: Rational, b: Rational): Rational => ({
  numerator: a.numerator * b.numerator,
  denominator: a.denominator * b.denominator,
});

/** `b` must not be zero. */
export const divide = (a: Rational, b: Rational): Rational =>
  multiply(a, {
    numerator: b.numerator < 0n ? -b.denominator : b.denominator,
    denominator: b.numerator < 0n ? -b.numerator : b.numerator,
  });

/** Bits of the quotient before rounding: more than a double's 53, so that one sticky bit makes the rounding exact. */
const QUOTIENT_BITS = 66;

/** The nearest double, ties to even; infinite beyond the range of a double. */
export function toNumber({ numerator, denominator }: Rational): number {
  const negative = numerator < 0n;
  const magnitude = negative ? -numerator : numerator;
  const shift = QUOTIENT_BITS - (bitLength(magnitude) - bitLength(denominator));
  const scaledNumerator = shift > 0 ? magnitude << BigInt(shift) : magnitude;
  const scaledDenominator = shift < 0 ? denominator << BigInt(-shift) : denominator;
  const quotient = scaledNumerator / scaledDenominator;
  const sticky = scaledNumerator % scaledDenominator === 0n ? 0n : 1n;
  const number = scale(Number(quotient | sticky), -shift);
  return negative ? -number : number;
}

/** value x 2^exponent in two steps, since 2^exponent alone may be beyond the range of a double. */
function scale(value: number, exponent: number): number {
  const half = Math.trunc(exponent / 2);
  return value * 2 ** half * 2 ** (exponent - half);
}

const bitLength = (value: bigint): number => value.toString(16).length * 4;
