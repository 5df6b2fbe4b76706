import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import ts from 'typescript';

/**
 * What `tsc` makes of the runtime's sources, file by file and without a look at types: at a change only what has changed.
 * `isolatedModules` in tsconfig.base.json sees to it that this is the same.
 */
export class Transpiler {
  #root;
  /** By source: its text when it was read last. */
  #texts = new Map();
  /** By file below the root: what is to be written there; undefined: removed. */
  #outputs = new Map();

  /** @param {string} root of the repository */
  constructor(root) {
    this.#root = root;
  }

  /** Reads what has changed since it was called last. @returns {Promise<string[]>} mistakes of syntax, by file and line */
  async read() {
    const config = ts.getParsedCommandLineOfConfigFile(path.join(this.#root, 'tsconfig.json'), {}, HOST);
    const options = { ...config.options, declaration: false, declarationMap: false };
    const sources = new Set(config.fileNames.map((file) => path.relative(this.#root, file)));
    for (const file of this.#texts.keys()) {
      if (!sources.has(file)) this.#forget(file);
    }
    const problems = [];
    for (const file of sources) problems.push(...(await this.#transpile(file, options)));
    return problems;
  }

  /** Writes what `read` has made, also earlier when there was a mistake. */
  async write() {
    for (const [file, text] of this.#outputs) {
      const target = path.join(this.#root, file);
      if (text === undefined) {
        await rm(target, { force: true });
        continue;
      }
      await mkdir(path.dirname(target), { recursive: true });
      await writeFile(target, text);
    }
    this.#outputs.clear();
  }

  async #transpile(file, options) {
    const text = await readFile(path.join(this.#root, file), 'utf8');
    if (this.#texts.get(file) === text) return [];
    const { outputText, sourceMapText, diagnostics } = ts.transpileModule(text, {
      // In the map a source is named by its path from here.
      compilerOptions: { ...options, sourceMap: true, sourceRoot: this.#root },
      fileName: path.join(this.#root, file),
      reportDiagnostics: true,
    });
    if (diagnostics.length > 0) {
      this.#texts.delete(file); // the next time it is told again
      return diagnostics.map((diagnostic) => describe(file, diagnostic));
    }
    this.#texts.set(file, text);
    this.#outputs.set(outputOf(file), outputText);
    this.#outputs.set(`${outputOf(file)}.map`, sourceMapText);
    return [];
  }

  #forget(file) {
    this.#texts.delete(file);
    this.#outputs.set(outputOf(file), undefined);
    this.#outputs.set(`${outputOf(file)}.map`, undefined);
  }
}

const HOST = {
  ...ts.sys,
  onUnRecoverableConfigFileDiagnostic: ({ messageText }) => {
    throw new Error(`tsconfig.json: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
  },
};

const outputOf = (file) => path.join('dist', file.replace(/\.ts$/, '.js'));

function describe(file, { file: source, start = 0, messageText }) {
  const line = (source?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
  return `${file}:${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
}
