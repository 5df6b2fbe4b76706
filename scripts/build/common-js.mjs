import ts from 'typescript';

/**
 * A module as esbuild bundles it, as CommonJS: Node-RED loads nodes with `require`, and esbuild has chunks only in the other format. Its
 * own CommonJS would read each name of another chunk through two getters at each use; here it is a constant. For that
 * no chunk may change what it exports, which ESLint sees to (`export let`), and chunks must not need each other in a circle: those that
 * several entries share never need those of fewer.
 *
 * Each statement stays on its line, so that source maps stay right.
 *
 * @param {string} name  of the file, for errors
 * @param {string} text
 */
export function toCommonJs(name, text) {
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, false, ts.ScriptKind.JS);
  const edits = [];
  const replace = (node, by) => {
    const start = node.getStart(source);
    const lines = text.slice(start, node.end).split('\n').length;
    edits.push({ start, end: node.end, by: by + '\n'.repeat(lines - 1) });
  };
  for (const statement of source.statements) {
    if (ts.isImportDeclaration(statement)) replace(statement, required(statement));
    else if (ts.isExportDeclaration(statement)) replace(statement, exported(statement));
    else if (ts.isExportAssignment(statement)) throw new Error(`${name}: export default has no place in a bundle`);
  }
  const visit = (node) => {
    if (isImportOfChunk(node)) {
      replace(node, `Promise.resolve().then(() => require(${quoted(node.arguments[0])}))`);
    } else ts.forEachChild(node, visit);
  };
  visit(source);
  edits.sort((a, b) => a.start - b.start);
  let end = 0;
  const parts = [];
  for (const edit of edits) {
    parts.push(text.slice(end, edit.start), edit.by);
    end = edit.end;
  }
  return `'use strict'; ${parts.join('')}${text.slice(end)}`;
}

function required({ importClause, moduleSpecifier }) {
  const from = `require(${quoted(moduleSpecifier)})`;
  if (importClause === undefined) return `${from};`;
  const { name, namedBindings } = importClause;
  const names = [];
  // Node's own modules have no other default than themselves, and packages are imported only by import().
  if (name !== undefined) names.push(name.text);
  if (namedBindings !== undefined && ts.isNamespaceImport(namedBindings)) names.push(namedBindings.name.text);
  else if (namedBindings !== undefined) {
    const members = namedBindings.elements.map(({ propertyName, name: { text } }) =>
      propertyName === undefined ? text : `${nameOf(propertyName)}: ${text}`,
    );
    names.push(`{ ${members.join(', ')} }`);
  }
  return `const ${names.map((left) => `${left} = ${from}`).join(', ')};`;
}

function exported({ exportClause, moduleSpecifier }) {
  if (moduleSpecifier !== undefined || exportClause === undefined) throw new Error('a bundle exports only its own');
  const members = exportClause.elements.map(({ propertyName, name }) =>
    propertyName === undefined ? nameOf(name) : `${nameOf(name)}: ${nameOf(propertyName)}`,
  );
  return `module.exports = { ${members.join(', ')} };`;
}

/** Of a chunk, not of a package: those may be of the other kind. */
function isImportOfChunk(node) {
  if (!ts.isCallExpression(node) || node.expression.kind !== ts.SyntaxKind.ImportKeyword) return false;
  const [from] = node.arguments;
  return from !== undefined && ts.isStringLiteralLike(from) && from.text.startsWith('.');
}

const quoted = ({ text }) => JSON.stringify(text);
const nameOf = (node) => (ts.isStringLiteral(node) ? quoted(node) : node.text);
