/**
 * What needs the types of the code: `node scripts/check/typed.mjs <part> [types] [eslint]`. The type check and the rules of
 * ESLint ask the same programs, so that each is made once. Prints what they find; the exit code is not 0 where they do.
 */
import path from 'node:path';
import { ESLint } from 'eslint';
import ts from 'typescript';

const root = path.resolve(import.meta.dirname, '../..');

/** The parts are of about the same size, for two cores. */
const PARTS = {
  product: { configs: ['tsconfig.json', 'tsconfig.editor.json'], files: ['src', 'nodes'], ignores: [] },
  rest: { configs: ['tsconfig.test.json'], files: ['.'], ignores: ['src/**', 'nodes/**'] },
};

const [name, ...checks] = process.argv.slice(2);
const { configs, files, ignores } = PARTS[name];
const programs = configs.map(programOf);
const complaints = [];
if (checks.includes('types')) complaints.push(typeErrors());
if (checks.includes('eslint')) complaints.push(await lintErrors());
process.stdout.write(complaints.join(''));
process.exitCode = complaints.some((text) => text !== '') ? 1 : 0;

function programOf(config) {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (diagnostic) => fail([diagnostic]) };
  const { fileNames, options, errors } = ts.getParsedCommandLineOfConfigFile(path.join(root, config), {}, host);
  if (errors.length > 0) fail(errors);
  return ts.createProgram({ rootNames: fileNames, options });
}

function typeErrors() {
  return format(programs.flatMap((program) => ts.getPreEmitDiagnostics(program)));
}

async function lintErrors() {
  const eslint = new ESLint({
    cwd: root,
    overrideConfig: [
      { ignores },
      { files: ['**/*.ts'], languageOptions: { parserOptions: { project: null, programs } } },
    ],
  });
  const results = await eslint.lintFiles(files);
  return (await eslint.loadFormatter('stylish')).format(results);
}

function format(diagnostics) {
  return ts.formatDiagnostics(diagnostics, {
    getCurrentDirectory: () => root,
    getCanonicalFileName: (file) => file,
    getNewLine: () => '\n',
  });
}

function fail(diagnostics) {
  process.stdout.write(format(diagnostics));
  process.exit(1);
}
