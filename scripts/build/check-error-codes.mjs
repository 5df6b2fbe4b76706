import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import ts from 'typescript';

const TABLES = 'docs/errors.md';

/** Calls that are given a code, and at which place. */
const CODE_ARGUMENT = { DeviceError: 0, FlowError: 0, toDeviceError: 1, refusal: 0, serverReason: 1 };
/** What a code looks like; Node.js' own (`ECONNREFUSED`, `ERR_SSL_...`) are not ours. */
const CODE = /^(?!E[A-Z]+$|ERR_)[A-Z][A-Z0-9]*(?:_[A-Za-z0-9]+)*$/;
/** Codes that begin so are ours wherever they are written. */
const OURS = /^(?:MQTT|MODBUS|ONEM2M|OPCUA|TLS)_[A-Za-z0-9_]*[A-Za-z0-9]$/;

/**
 * Each error code that the sources use is in a table of docs/errors.md whose first column is headed `code`, and each code there is
 * used. A code that is put together (`ONEM2M_${rsc}`) needs the row `ONEM2M_...`, and makes use of every other row that begins so.
 *
 * @param {string} root of the package
 * @returns {Promise<string[]>} problems
 */
export async function checkErrorCodes(root) {
  const used = new Map();
  for (const file of await sourceFiles(root)) {
    const text = await readFile(path.join(root, file), 'utf8');
    for (const code of codesIn(file, text)) if (!used.has(code)) used.set(code, file);
  }
  let tables;
  try {
    tables = await readFile(path.join(root, TABLES), 'utf8');
  } catch (error) {
    return [`${TABLES}: ${error.code === 'ENOENT' ? 'missing' : error.message}`];
  }
  const rows = codesInTables(tables);
  const families = [...used.keys()].filter((code) => code.endsWith('...')).map((code) => code.slice(0, -'...'.length));
  const isUsed = (code) => used.has(code) || families.some((family) => code.startsWith(family));
  const count = (code) => rows.filter((row) => row === code).length;
  const isTold = (code) => count(code) > 0 || (code.endsWith('...') && rows.some((row) => isFamilyOf(row, code)));
  return [
    ...[...used]
      .filter(([code]) => !isTold(code))
      .map(([code, file]) => `${file}: ${code} is in no table of ${TABLES}`),
    ...[...new Set(rows)].filter((code) => !isUsed(code)).map((code) => `${TABLES}: nobody uses ${code}`),
    ...[...new Set(rows)].filter((code) => count(code) > 1).map((code) => `${TABLES}: ${code} is there twice`),
  ];
}

/**
 * The codes that a source names: given to an error, as a `code` of a table, as a member of `ErrorCode` and the like, or anywhere with the
 * prefix of a protocol. Of one that is put together the part before the first value, and `...`.
 */
export function codesIn(file, text) {
  const codes = new Set();
  const add = (expression) => {
    if (expression === undefined) return;
    if (ts.isStringLiteralLike(expression)) {
      if (CODE.test(expression.text)) codes.add(expression.text);
    } else if (ts.isTemplateExpression(expression)) {
      if (OURS.test(`${expression.head.text}0`)) codes.add(`${expression.head.text}...`);
    } else if (ts.isConditionalExpression(expression)) {
      add(expression.whenTrue);
      add(expression.whenFalse);
    } else if (ts.isBinaryExpression(expression)) {
      add(expression.left);
      add(expression.right);
    } else if (ts.isParenthesizedExpression(expression)) add(expression.expression);
  };
  const visit = (node) => {
    if (ts.isNewExpression(node) || ts.isCallExpression(node)) {
      const place = ts.isIdentifier(node.expression) ? CODE_ARGUMENT[node.expression.text] : undefined;
      if (place !== undefined) add(node.arguments?.[place]);
    } else if (ts.isPropertyAssignment(node) && node.name.getText() === 'code') {
      add(node.initializer);
    } else if (ts.isVariableDeclaration(node) && /ErrorCode$/.test(node.name.getText())) {
      membersOf(node.initializer).forEach(add);
    }
    if (ts.isStringLiteralLike(node) && OURS.test(node.text)) codes.add(node.text);
    if (ts.isTemplateExpression(node)) add(node);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true));
  return codes;
}

/** Whether `OPCUA_...` stands for `OPCUA_BadSecurity...`, too. */
const isFamilyOf = (row, code) => row.endsWith('...') && code.startsWith(row.slice(0, -'...'.length));

function membersOf(expression) {
  if (expression === undefined) return [];
  if (ts.isAsExpression(expression) || ts.isSatisfiesExpression(expression)) return membersOf(expression.expression);
  if (!ts.isObjectLiteralExpression(expression)) return [];
  return expression.properties.filter(ts.isPropertyAssignment).map((property) => property.initializer);
}

/** What is in backticks in the first column of the tables headed `code`. */
export function codesInTables(markdown) {
  const codes = [];
  let isInside = false;
  for (const line of markdown.split('\n')) {
    const first = /^\|([^|]*)\|/.exec(line)?.[1].trim();
    if (first === undefined) isInside = false;
    else if (first === 'code') isInside = true;
    else if (isInside) codes.push(...[...first.matchAll(/`([^`]+)`/g)].map(([, code]) => code));
  }
  return codes;
}

async function sourceFiles(root) {
  const lists = await Promise.all(
    ['src', 'nodes'].map(async (folder) => {
      const names = await readdir(path.join(root, folder), { recursive: true }).catch(() => []);
      return names.filter((name) => name.endsWith('.ts')).map((name) => path.join(folder, name));
    }),
  );
  return lists.flat().sort();
}
