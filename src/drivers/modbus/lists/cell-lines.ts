import { markIn, type DecimalMark } from '../../../base/lists/decimals';
import type { ListAnswers, ListedPoint, ListNote, ListQuestion, PointList } from '../../../base/lists/point-list';
import { quantityOf } from '../config/property';
import { REGISTER_KINDS, type RegisterKind } from '../pdu/registers';
import { hasTableBeforeX, readAddress } from './addresses';
import { countsFromZero, isFunctionTitle, type Field } from './headings';
import { isBareDigit, kindOf, type DigitMeaning } from './kind-words';
import { makePoint } from './point';
import { SPECIAL_VALUES } from './special-values';
import type { PointCells, Reading } from './reading';
import { typeOf } from './type-words';

/** Between the first and the last address of a range. */
const RANGE = /\s*[-\u2013]\s*/;

/** One line of a list with its cells by what they mean. */
export interface CellLine {
  readonly line?: number | undefined;
  readonly item?: number;
  readonly cells: PointCells;
  /** Members of the property besides: the path, and what it holds as text or JSON. */
  readonly paths?: readonly (readonly [path: string, text: string])[];
  /** What is wrong with the line already. */
  readonly problems?: readonly string[];
}

export interface CellContext {
  /** The title of the column, for questions. */
  readonly titleOf: (field: Field) => string;
  readonly questions?: readonly ListQuestion[];
  readonly notes?: readonly ListNote[];
  /** Numbers in this format always count from zero, and are no references. */
  readonly countsFromZero?: boolean;
}

/** The points of a list, and what has to be asked about all of it. */
export function listOfCells(
  format: string,
  lines: readonly CellLine[],
  answers: ListAnswers,
  context: CellContext,
): PointList {
  const { how, questions, unit, notes } = settle(lines, answers, context);
  const wanted = unit === undefined ? lines : lines.filter(({ cells }) => (cells.unitId ?? '').trim() === unit);
  const points = wanted.map((line) => pointOf(line, how));
  return {
    format,
    points,
    questions: [...(context.questions ?? []), ...questions],
    notes: [...(context.notes ?? []), ...notes],
  };
}

function pointOf({ line, item, cells, paths = [], problems = [] }: CellLine, how: Reading): ListedPoint {
  const made = makePoint(cells, how);
  const place = line === undefined ? { item: item ?? 0 } : { line };
  const property = made.property;
  if (property !== undefined) for (const [path, text] of paths) put(property, path, text);
  return { ...place, problems: [...problems, ...made.problems], ...(property === undefined ? {} : { property }) };
}

/** `visitor.x` or `property.x`; JSON where it is some, else text. */
function put(property: Record<string, unknown>, path: string, text: string): void {
  const [place, name = ''] = path.split('.');
  const target = place === 'visitor' ? (property['visitor'] as Record<string, unknown>) : property;
  if (name !== '__proto__') target[name] = valueOf(text);
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

interface Settled {
  readonly how: Reading;
  readonly questions: readonly ListQuestion[];
  readonly notes: readonly ListNote[];
  /** The unit whose lines are wanted, where the list has several. */
  readonly unit?: string;
}

/** Reads all lines once to see what they leave open. */
function settle(lines: readonly CellLine[], answers: ListAnswers, context: CellContext): Settled {
  const questions: ListQuestion[] = [];
  const notes: ListNote[] = [];
  const cellsOf = (field: Field): string[] => lines.flatMap(({ cells }) => cells[field] ?? []);
  const ask = <T extends string>(id: string, about: string, choices: readonly T[], usual?: T): T | undefined => {
    const given = choices.find((choice) => choice === answers[id]) ?? usual;
    questions.push({ id, about, choices, ...(given === undefined ? {} : { answer: given }) });
    return given;
  };
  const mark = markOf(cellsOf, () => ask<DecimalMark>('mark', openMark(cellsOf), ['point', 'comma']));
  const digits = digitsOf(cellsOf('register'), context.titleOf('register'), (title) =>
    ask<DigitMeaning>('digits', title, ['function', 'table']),
  );
  const isExact = context.countsFromZero === true || countsFromZero(context.titleOf('address'));
  const coilsBeforeX = cellsOf('address').some(hasTableBeforeX);
  const five = isExact
    ? 'number'
    : fiveOf(lines, digits, coilsBeforeX, (about) => ask('five', about, ['reference', 'number']));
  /** Whether a line has a plain number for its address, which says nothing of the table and of where counting begins. */
  const isNumber = ({ cells }: CellLine): boolean => {
    if (cells.address === undefined) return cells.addressHex !== undefined;
    const found = readAddress(cells.address.split(RANGE)[0] ?? '', coilsBeforeX);
    return found.ok && (found.value.form === 'number' || (found.value.form === 'five' && five === 'number'));
  };
  const hasNumbers = lines.some(isNumber);
  const count = isExact || !hasNumbers ? '0' : ask('count', context.titleOf('address'), ['0', '1'], '0');
  const isKindOpen = lines.some((line) => line.cells.register === undefined && isNumber(line));
  const register = isKindOpen ? ask<RegisterKind>('register', '', REGISTER_KINDS, 'HoldingRegister') : undefined;
  const words = new Map(cellsOf('type').map((text) => [text, typeOf(text)]));
  const int = openInt(lines, (about) => ask<'16' | '32'>('int', about, ['16', '32']));
  const isSb = [...words].find(([, found]) => !found.ok && 'ambiguous' in found && found.ambiguous === 'sb');
  const sb = isSb === undefined ? undefined : ask('sb', isSb[0], ['BADC', 'DCBA']);
  const isGain = cellsOf('gain').some((text) => text.trim() !== '1');
  const gain = isGain ? ask('gain', context.titleOf('gain'), ['multiply', 'divide']) : undefined;
  if (!SPECIAL_VALUES) {
    const given = (['map', 'notAvailable'] as const).filter((field) => cellsOf(field).length > 0);
    if (given.length > 0) notes.push({ id: 'leftOut', values: { columns: given.map(context.titleOf).join(', ') } });
  }
  const units = [...new Set(cellsOf('unitId').map((text) => text.trim()))];
  if (units.length === 1) notes.push({ id: 'unit', values: { unit: units[0] ?? '' } });
  const unit = units.length > 1 ? (units.find((id) => id === answers['unitId']) ?? units[0]) : undefined;
  if (unit !== undefined) {
    questions.push({ id: 'unitId', about: context.titleOf('unitId'), choices: units, answer: unit, isFree: true });
  }
  const offset = answers['offset'];
  return {
    how: {
      mark,
      digits,
      register: register ?? 'HoldingRegister',
      five,
      countFrom: count === '1' ? 1 : 0,
      coilsBeforeX,
      int,
      sb,
      gain,
      offset: offset === 'after' || offset === 'before' || offset === 'address' ? offset : undefined,
      lengthUnit: lengthUnitOf(lines),
    },
    questions,
    notes,
    ...(unit === undefined ? {} : { unit }),
  };
}

type CellsOf = (field: Field) => string[];

const DECIMALS = ['scale', 'divisor', 'gain', 'addend', 'offset', 'deadband'] as const;

/** One way of writing decimals for the whole list, as its cells show it; asked where they show only `1,234`. */
function markOf(cellsOf: CellsOf, ask: () => DecimalMark | undefined): DecimalMark | undefined {
  const marks = new Set(DECIMALS.flatMap((field) => cellsOf(field).map(markIn)));
  if (marks.has('both') && marks.has('comma') === marks.has('point')) return ask();
  return marks.has('comma') ? 'comma' : 'point';
}

const openMark = (cellsOf: CellsOf): string =>
  DECIMALS.flatMap((field) => cellsOf(field)).find((text) => markIn(text) === 'both') ?? '';

/** A bare 3 is function code 3 or table 3. A 0 occurs only among tables, and a 2 only among functions. */
function digitsOf(
  cells: readonly string[],
  title: string,
  ask: (title: string) => DigitMeaning | undefined,
): DigitMeaning | undefined {
  if (!cells.some(isBareDigit) || isFunctionTitle(title)) return 'function';
  const codes = new Set(cells.map((cell) => cell.trim()));
  if (codes.has('0')) return 'table';
  if (codes.has('2')) return 'function';
  return ask(title);
}

/** Five digits are references if all of them can be, and no line says that it is in another table. */
function fiveOf(
  lines: readonly CellLine[],
  digits: DigitMeaning | undefined,
  coilsBeforeX: boolean,
  ask: (about: string) => 'reference' | 'number' | undefined,
): 'reference' | 'number' | undefined {
  let example: string | undefined;
  for (const { cells } of lines) {
    if (cells.address === undefined) continue;
    const found = readAddress(cells.address.split(RANGE)[0] ?? '', coilsBeforeX);
    if (!found.ok || found.value.form === 'reference') continue;
    if (found.value.form === 'number') return 'number';
    const said = cells.register === undefined ? undefined : kindOf(cells.register, digits)?.register;
    const table = { '1': 'DiscreteInputRegister', '3': 'InputRegister', '4': 'HoldingRegister' }[
      cells.address.trim()[0] ?? ''
    ];
    if (said !== undefined && said !== table) return 'number';
    example ??= cells.address.trim();
  }
  return example === undefined ? 'number' : ask(example);
}

/** INT has 16 bits for PLCs and 32 elsewhere; a length in registers settles it line by line. */
function openInt<T>(lines: readonly CellLine[], ask: (about: string) => T | undefined): T | undefined {
  for (const { cells } of lines) {
    const length = Number(cells.length ?? NaN);
    const found =
      cells.type === undefined ? undefined : typeOf(cells.type, [1, 2, 4].includes(length) ? length : undefined);
    if (found?.ok === false && 'ambiguous' in found && found.ambiguous === 'int') return ask(cells.type ?? '');
  }
  return undefined;
}

/** Whether lengths are registers, bytes or bits: as they fit all types whose length is known. */
function lengthUnitOf(lines: readonly CellLine[]): Reading['lengthUnit'] {
  const ratios = new Set<number>();
  for (const { cells } of lines) {
    if (cells.length === undefined || cells.type === undefined) continue;
    const found = typeOf(cells.type);
    const needed = found.ok ? quantityOf('HoldingRegister', found.value.type) : undefined;
    if (needed !== undefined) ratios.add(Number(cells.length) / needed);
    if (ratios.size > 1) return 'registers';
  }
  if (ratios.has(2)) return 'bytes';
  return ratios.has(16) ? 'bits' : 'registers';
}
