/**
 * Makes src/drivers/modbus/sunspec/model-facts.ts of the JSON models of SunSpec: `node scripts/sunspec-models.mjs <folder with model_*.json>`. Only facts are
 * taken: names, types, sizes, units, scale factors, access, symbols of enumerations, and how groups repeat. Run last with the models that pysunspec2 1.3.7
 * (PyPI) brings; they are those of github.com/sunspec/models.
 *
 * A model is one text. A point is `name:type[:scale factor[:unit]]`, with `*` behind the type where it can be written, the number of registers behind
 * `string` and `pad`, and `{OFF=1,ON=2}` at the end for an enumeration. A group is `name[count](...)`; without count it is there once, 0 fills the model, a
 * name is that of the point that says how often.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

const MODELS = [
  1, 101, 102, 103, 111, 112, 113, 120, 121, 122, 123, 124, 160, 201, 202, 203, 204, 211, 212, 213, 214, 701, 702, 703,
  704, 705, 706, 707, 708, 709, 710, 711, 712, 713, 714, 802,
];

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('which folder has the models?');

/** Models that are alike share a line. */
const lines = new Map();
for (const id of MODELS) {
  const { group } = JSON.parse(await readFile(path.join(folder, `model_${id}.json`), 'utf8'));
  const text = `${group.name.replace(/_(single|split|three)_phase(_float)?$|^ac_(?=meter)|(?<=^ac_meter)_\w+$/g, '')} ${members({ ...group, points: group.points.slice(2) })}`;
  lines.set(text, [...(lines.get(text) ?? []), id]);
}
const facts = [...lines].map(([text, ids]) => `  '${ids.join(',')} ${text.replaceAll("'", '')}',\n`).join('');
const file = path.resolve(import.meta.dirname, '../src/drivers/modbus/sunspec/model-facts.ts');
await writeFile(
  file,
  `/* Made by scripts/sunspec-models.mjs, which says what the lines mean, of the models in pysunspec2 1.3.7 (github.com/sunspec/models). */
/** Each line: the ids of the models that are so, the name, the points behind id and length. */
export const MODEL_FACTS: readonly string[] = [
${facts}];
`,
);

function members({ points = [], groups = [] }) {
  return [...points.map(point), ...groups.map(group)].join(' ');
}

function group(given) {
  const { name, count } = given;
  return `${name}${count === undefined || count === 1 ? '' : `[${count}]`}(${members(given)})`;
}

function point({ name, type, size, sf, units, access, symbols }) {
  const kind = `${type}${type === 'string' || type === 'pad' ? size : ''}${access === 'RW' ? '*' : ''}`;
  const isEnum = type.startsWith('enum') && symbols !== undefined;
  const unit = (units ?? '').replaceAll(' ', '_').replaceAll(/[()]/g, '');
  const fields = [
    name,
    kind,
    ...(sf === undefined && unit === '' ? [] : [String(sf ?? '')]),
    ...(unit === '' ? [] : [unit]),
  ];
  return `${fields.join(':')}${isEnum ? `{${symbols.map(({ name: symbol, value }) => `${symbol.trim().replaceAll(/\s+/g, '_')}=${value}`).join(',')}}` : ''}`;
}
