import { MODEL_FACTS } from './model-facts';
import { SIZES, type SunSpecType } from './types';

/** What the public models of SunSpec say of a block of registers. Pure. */
export interface Model {
  readonly name: string;
  readonly root: ModelGroup;
}

export interface ModelPoint {
  readonly name: string;
  readonly type: SunSpecType;
  /** Registers. */
  readonly size: number;
  readonly writable: boolean;
  /** The name of the point that holds the power of ten, in this group or one around it; or that power. */
  readonly scale?: string | number;
  readonly unit?: string;
  /** Number to name. */
  readonly symbols?: Readonly<Record<string, string>>;
}

export interface ModelGroup {
  readonly name: string;
  /** Absent: there once; 0: as often as the length of the model allows; a name: as often as that point says. */
  readonly count?: number | string;
  readonly points: readonly ModelPoint[];
  readonly groups: readonly ModelGroup[];
}

/** The model with that id; undefined for one that is not known here. */
export function modelOf(id: number): Model | undefined {
  lines ??= new Map(MODEL_FACTS.flatMap((line) => idsOf(line).map((own) => [own, line] as const)));
  const line = lines.get(id);
  if (line === undefined) return undefined;
  const [, name = '', ...words] = line.match(/[^\s()]+\(?|\)/g) ?? [];
  return { name, root: readGroup(name, undefined, words.values()) };
}

let lines: ReadonlyMap<number, string> | undefined;

const idsOf = (line: string): number[] => line.slice(0, line.indexOf(' ')).split(',').map(Number);

/** Up to its closing bracket, or the end of the line. */
function readGroup(name: string, count: string | undefined, words: Iterator<string>): ModelGroup {
  const points: ModelPoint[] = [];
  const groups: ModelGroup[] = [];
  for (let next = words.next(); next.done !== true && next.value !== ')'; next = words.next()) {
    const [, inner, times] = /^(\w+)(?:\[(\w+)\])?\($/.exec(next.value) ?? [];
    if (inner === undefined) points.push(readPoint(next.value));
    else groups.push(readGroup(inner, times, words));
  }
  const often = count === undefined ? {} : { count: /^\d+$/.test(count) ? Number(count) : count };
  return { name, ...often, points, groups };
}

function readPoint(text: string): ModelPoint {
  const [fields = '', listed] = text.split(/[{}]/);
  const [name = '', kind = '', scale = '', unit = ''] = fields.split(':');
  const [, counted, size] = /^(string|pad)(\d+)/.exec(kind) ?? [];
  const type = (counted ?? kind.replace('*', '')) as SunSpecType;
  const symbols = listed?.split(',').map((entry) => entry.split('=').reverse() as [string, string]);
  return {
    name,
    type,
    size: size === undefined ? SIZES[type] : Number(size),
    writable: kind.endsWith('*'),
    ...(scale === '' ? {} : { scale: /^-?\d+$/.test(scale) ? Number(scale) : scale }),
    ...(unit === '' ? {} : { unit: unit.replaceAll('_', ' ') }),
    ...(symbols === undefined ? {} : { symbols: Object.fromEntries(symbols) }),
  };
}
