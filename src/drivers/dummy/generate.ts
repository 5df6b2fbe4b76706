import { coerce, integerRange, isIntegerType, isNumericType, type ValueType } from '../../base/values/index';
import type { Definition } from './property';
import { signalLevel } from './signal';

/** Where randomness and time come from, and where values that are generated only once are kept, by path. */
export interface GenerateContext {
  readonly now: number;
  readonly random: () => number;
  recall(path: string): unknown;
  keep(path: string, value: unknown): void;
}

/** A value of the definition's type. Arrays have 0 to 9 items, drawn anew each time; strings have 10 letters. */
export function generateValue(definition: Definition, path: string, context: GenerateContext): unknown {
  if (!definition.frozen) return generate(definition, path, context);
  const kept = context.recall(path);
  if (kept !== undefined) return kept;
  const value = generate(definition, path, context);
  context.keep(path, value);
  return value;
}

function generate(definition: Definition, path: string, context: GenerateContext): unknown {
  const { type, signal, arrayProperties, objectProperties = {} } = definition;
  if (signal.shape === 'constant' && signal.value !== undefined) {
    const constant = coerce(type, signal.value);
    if (constant.ok) return constant.value;
  }
  if (isNumericType(type)) return generateNumber(definition, context);
  switch (type) {
    case 'boolean':
      return signalLevel(signal, context.now, context.random) >= 0.5;
    case 'string':
      return letters(10, context.random);
    case 'hexString':
    case 'binaryString':
    case 'base64String':
      return textOfBytes(type, context.random);
    case 'datetime':
      return new Date(context.now);
    case 'array':
      return Array.from({ length: arrayProperties === undefined ? 0 : below(10, context.random) }, (_, index) =>
        arrayProperties === undefined ? undefined : generateValue(arrayProperties, `${path}[${index}]`, context),
      );
    case 'object':
      return Object.fromEntries(
        Object.entries(objectProperties).map(([name, member]) => [
          name,
          generateValue(member, `${path}.${name}`, context),
        ]),
      );
  }
}

/** Integers are rounded, and kept in the range of their type; floats have at most 9 significant digits. */
function generateNumber({ type, signal }: Definition, { now, random }: GenerateContext): number | bigint {
  const isRandom = signal.shape === 'random' || signal.shape === 'constant';
  const min = signal.min ?? 0;
  const max = Math.max(min, signal.max ?? (isRandom ? (isIntegerType(type) ? 999 : 1) : 100));
  const level = signalLevel(signal, now, random);
  if (!isIntegerType(type)) return Number((min + level * (max - min)).toPrecision(9));
  // Random integers get an equal share of the range each; a wave reaches both ends.
  const whole = isRandom ? Math.floor(min + level * (max - min + 1)) : Math.round(min + level * (max - min));
  const range = integerRange(type);
  const clamped = whole < range.min ? range.min : whole > range.max ? range.max : BigInt(whole);
  return type === 'int64' || type === 'uint64' ? clamped : Number(clamped);
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

const below = (limit: number, random: () => number): number => Math.floor(random() * limit);

function letters(count: number, random: () => number): string {
  let text = '';
  while (text.length < count) text += LETTERS.charAt(below(LETTERS.length, random));
  return text;
}

function textOfBytes(type: ValueType, random: () => number): unknown {
  const text = coerce(
    type,
    Uint8Array.from({ length: 8 }, () => below(256, random)),
  );
  return text.ok ? text.value : '';
}
