import type { PointCells } from './reading';
import type { TypeWord } from './type-words';

/**
 * What a value stands for where it is not a number like others. Lists and SunSpec models say it; as members of `visitor` (their names are in the
 * contract, docs/contract.md#modbus-device) it is to be
 *
 * - `notAvailable`: list of raw values that mean "there is none", as text (`["0x8000"]`; unsigned, as in the registers);
 * - `map`: raw number, as text, to the word for it (`{ "4": "running" }`);
 * - `scaleRegister`: where the power of ten is that the value is to be multiplied with (SunSpec's `sunssf`: an int16, of which 0x8000 means that the
 *   value has no meaning): `{ "offset": 40084 }`, of the same kind as the property unless `register` says otherwise.
 *
 * Until the rules of a property know these members they are left out here, and that is told.
 */
export const SPECIAL_VALUES: boolean = false;

/** The members of a visitor that a line means. */
export function specialValues(cells: PointCells, word: TypeWord): Record<string, unknown> {
  if (!SPECIAL_VALUES) return {};
  const notAvailable = cells.notAvailable?.split(/[\s,;|]+/).filter((text) => text !== '') ?? word.notAvailable;
  const map = cells.map === undefined ? undefined : mapOf(cells.map);
  return { ...(notAvailable === undefined ? {} : { notAvailable }), ...(map === undefined ? {} : { map }) };
}

/** JSON, or `0=off; 1=on`, `0: off, 1: on`. */
export function mapOf(text: string): Record<string, string> | undefined {
  if (text.trim().startsWith('{')) {
    try {
      return JSON.parse(text) as Record<string, string>;
    } catch {
      return undefined;
    }
  }
  const entries = text.split(/[;,\n]+/).map((part) => /^\s*(-?(?:0x[\da-f]+|\d+))\s*[=:-]\s*(.+?)\s*$/i.exec(part));
  if (entries.length === 0 || entries.includes(null)) return undefined;
  return Object.fromEntries(entries.map((entry) => [entry?.[1] ?? '', entry?.[2] ?? '']));
}
