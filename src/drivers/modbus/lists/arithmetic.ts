import { decimalOf, factorOf, markIn, type Step } from '../../../base/lists/decimals';
import type { Fail, PointCells, Reading } from './reading';

/** The order of operations that factors and offsets of a line mean. Pure: also runs in the editor. */
export function operationsOf(cells: PointCells, how: Reading, fail: Fail): readonly unknown[] {
  if (cells.operations !== undefined) return given(cells.operations, fail);
  const factors = (['scale', 'divisor', 'gain'] as const).flatMap((field) => factorIn(field, cells[field], how, fail));
  const addend = addendOf(cells, how, fail);
  return how.offset === 'before' ? [...addend, ...factors] : [...factors, ...addend];
}

function given(text: string, fail: Fail): readonly unknown[] {
  try {
    const operations: unknown = JSON.parse(text);
    if (Array.isArray(operations)) return operations;
  } catch {
    // Told below.
  }
  fail('orderOfOperations', 'must be a list in JSON, such as [{"type":"Divide","value":"10"}]');
  return [];
}

/** Whether a number is to be asked about first. */
const isOpen = (text: string, how: Reading): boolean => how.mark === undefined && markIn(text) === 'both';

function factorIn(
  field: 'scale' | 'divisor' | 'gain',
  text: string | undefined,
  how: Reading,
  fail: Fail,
): readonly Step[] {
  if (text === undefined) return [];
  const steps = factorOf(text, how.mark);
  if (steps === undefined || steps.some(({ value }) => Number(value) === 0)) {
    fail(field, `"${text}" is no factor, such as 0.1, 1/10 or 10^-1`);
    return [];
  }
  if (isOpen(text, how) || (field === 'gain' && steps.length > 0 && how.gain === undefined)) {
    fail(field, `"${text}" can be read in two ways, see above`);
    return [];
  }
  return field === 'scale' || (field === 'gain' && how.gain === 'multiply') ? steps : steps.map(inverse);
}

const inverse = ({ type, value }: Step): Step => ({ type: type === 'Multiply' ? 'Divide' : 'Multiply', value });

function addendOf(cells: PointCells, how: Reading, fail: Fail): readonly Step[] {
  const isOffset = cells.addend === undefined;
  const text = cells.addend ?? (how.offset === 'address' ? undefined : cells.offset);
  if (text === undefined) return [];
  const number = decimalOf(text, how.mark);
  if (number === undefined) {
    fail('offset', `"${text}" is no number`);
    return [];
  }
  if (Number(number) === 0) return [];
  if (isOpen(text, how) || (isOffset && how.offset === undefined)) {
    fail('offset', `"${text}" can be read in several ways, see above`);
    return [];
  }
  return [number.startsWith('-') ? { type: 'Subtract', value: number.slice(1) } : { type: 'Add', value: number }];
}
