import { type Fields, isFields, own, withMember } from '../../base/fields/migrations';

/**
 * A property table as it is kept in a flow: a list of texts, each the JSON of one property. Node-RED copies all flows at its start and at
 * each Deploy, object by object, by a way whose time grows with the square of their number (`clone` 2.1, in `checkFlowDependencies` of
 * @node-red/registry 5.0): of 100,000 objects that is most of a start, of as many texts nothing. An export still has a line a property.
 * A list of objects is right in every version, too. Pure: also runs in the editor.
 */

/**
 * Rows that are texts become the objects that they are of; a text that is of none stays, for whoever reads it to refuse. `made` may change
 * an object that was just made of a text.
 */
export function rowsAsObjects(raw: Fields, made: (row: Fields, text: string) => Fields = (row) => row): Fields {
  return inRows(raw, (row) => {
    if (typeof row !== 'string') return row;
    const object = objectOf(row);
    return object === undefined ? row : made(object, row);
  });
}

/** What a flow keeps: rows that are objects become texts. */
export function rowsAsTexts(raw: Fields): Fields {
  return inRows(raw, (row) => (isFields(row) ? JSON.stringify(row) : row));
}

/** The very object where nothing changes, and where there is no list of rows. */
export function inRows(raw: Fields, change: (row: unknown) => unknown): Fields {
  const rows = own(raw, 'properties');
  if (!Array.isArray(rows)) return raw;
  const changed = rows.map((row: unknown) => change(row));
  return changed.every((row, index) => row === rows[index]) ? raw : withMember(raw, 'properties', changed);
}

/** Why a text is not a row. */
export function rowMistake(text: string): string {
  try {
    JSON.parse(text);
    return 'it is JSON of something else';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function objectOf(text: string): Fields | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
