import type { ListAnswers, ListResult } from '../../base/lists/point-list';
import { readModbusList } from '../../drivers/modbus/lists';
import { parseYaml } from './yaml';

export { writeTable as write } from '../../drivers/modbus/lists/write-table';

/**
 * What reads and writes lists of Modbus registers. A bundle of its own (`resources/devicelink-lists.js`), which the dialog loads when somebody opens
 * the panel for it: with the parser of YAML (js-yaml, which Node-RED itself has) it is a fifth of all our editor code.
 */
export const read = (text: string, answers: ListAnswers): ListResult => readModbusList(text, answers, parseYaml);
