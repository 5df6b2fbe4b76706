import { parseCsvRows } from '../../../base/lists/csv';
import type { ListAnswers, ListResult } from '../../../base/lists/point-list';
import { isDocumentError, parseJsonTree, type ListNode } from '../../../base/lists/tree';
import { formatOf } from '../../../base/lists/detect';
import { parseTomlTree } from '../../../base/lists/toml';
import { readDocument } from './documents';
import { readTable } from './table';

/** Reads YAML where somebody has a parser for it. @throws DocumentError */
export type ParseYaml = (text: string) => ListNode;

/**
 * A list of registers in the form that somebody has it in: a table (CSV, TSV, cells of a spreadsheet), JSON, YAML or TOML; also the files of Home
 * Assistant, evcc and telegraf. Pure: also runs in the editor.
 *
 * `answers`: to the questions that an earlier reading of the same text had. Never throws.
 */
export function readModbusList(text: string, answers: ListAnswers, parseYaml: ParseYaml): ListResult {
  const content = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  if (content.trim() === '') return { ok: false, message: 'there is nothing in it' };
  if (content.length > MAX_LENGTH)
    return { ok: false, message: `is longer than ${MAX_LENGTH / 1_000_000} million characters` };
  try {
    switch (formatOf(content)) {
      case 'json':
        return readDocument(parseJsonTree(content), answers);
      case 'toml':
        return readDocument(parseTomlTree(content), answers);
      case 'yaml':
        return readDocument(parseYaml(content), answers);
      case 'table':
        return readTable(parseCsvRows(content), answers);
    }
  } catch (error) {
    if (!isDocumentError(error)) throw error;
    return { ok: false, message: error.message, ...(error.line === undefined ? {} : { line: error.line }) };
  }
}

/** Far beyond any list; what is longer would keep the browser from answering. */
const MAX_LENGTH = 5_000_000;
