import ts from 'typescript';

/**
 * What a node's html file says: its templates, the literal of each `RED.nodes.registerType('type', {...})`, and the
 * catalog keys it uses. The literal is read, not run: tools such as `node-red-dev validate` do the same, so a
 * definition that is computed is a problem here.
 */
export function readNodeHtml(html, file, problems) {
  const templates = new Set();
  for (const [, type] of html.matchAll(/<script[^>]*\sdata-template-name="([^"]+)"/g)) templates.add(type);

  const keys = new Set();
  for (const [, attribute] of html.matchAll(/\sdata-i18n="([^"]+)"/g)) {
    for (const part of attribute.split(';')) keys.add(part.replace(/^\[[^\]]+\]/, ''));
  }

  const definitions = new Map();
  for (const [, attributes, script] of html.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/g)) {
    if (/\ssrc=/.test(attributes) || !/type="text\/javascript"/.test(attributes)) continue;
    const source = ts.createSourceFile(file, script, ts.ScriptTarget.ES2022, true, ts.ScriptKind.JS);
    for (const { messageText } of source.parseDiagnostics ?? []) {
      problems.push(`${file}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
    }
    visit(source, (node) => {
      if (!ts.isCallExpression(node)) return;
      const callee = node.expression.getText(source);
      const [first, second] = node.arguments;
      if (callee === 'RED.nodes.registerType') {
        if (first === undefined || !ts.isStringLiteral(first) || second === undefined) {
          problems.push(`${file}: registerType needs a literal type and a literal definition`);
          return;
        }
        definitions.set(first.text, literal(second, source));
      } else if (/(^|\.)_$/.test(callee) && first !== undefined && ts.isStringLiteral(first)) {
        keys.add(first.text);
      }
    });
  }
  return { file, html, templates, definitions, keys };
}

/** Stands for what cannot be read from a literal: functions and computed values. */
export const COMPUTED = Symbol('computed');

function literal(node, source) {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (node.kind === ts.SyntaxKind.TrueKeyword) return true;
  if (node.kind === ts.SyntaxKind.FalseKeyword) return false;
  if (node.kind === ts.SyntaxKind.NullKeyword) return null;
  if (ts.isArrayLiteralExpression(node)) return node.elements.map((element) => literal(element, source));
  if (!ts.isObjectLiteralExpression(node)) return COMPUTED;
  const result = {};
  for (const property of node.properties) {
    if (property.name === undefined) continue;
    const name = ts.isStringLiteral(property.name) ? property.name.text : property.name.getText(source);
    result[name] = ts.isPropertyAssignment(property) ? literal(property.initializer, source) : COMPUTED;
  }
  return result;
}

function visit(node, action) {
  action(node);
  ts.forEachChild(node, (child) => visit(child, action));
}
