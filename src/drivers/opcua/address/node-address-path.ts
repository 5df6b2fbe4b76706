import { show } from '../../../base/show';
import { decodeUri, encodeUri, type NamespaceRef, type Parsed } from './node-address';

/**
 * Browse paths (OPC UA part 4, annex A.2): `/Objects/2:Boiler/2:Drum.2:Level`. Pure: also runs in the editor.
 * Besides `2:Level` a name may carry the URI of its namespace: `nsu=http://example.org/;Level`.
 */

/** One step: which references to follow, and the browse name at their other end. */
export interface PathStep {
  /** `/` any hierarchical reference, `.` any aggregate, or the name of a standard reference type. */
  readonly reference: '/' | '.' | { readonly name: string };
  readonly isInverse: boolean;
  readonly includeSubtypes: boolean;
  readonly namespace: NamespaceRef;
  readonly name: string;
}

const RESERVED = /[&/.<>:#!]/g;

/**
 * The steps of a browse path. Without a leading `/` or `.` the first step is hierarchical. `&` takes the special meaning
 * from the character after it. A first step `Root` may be left out or given.
 */
export function parseBrowsePath(text: string): Parsed<readonly PathStep[]> {
  const scanner = new PathScanner(text.trim());
  try {
    const steps = scanner.steps();
    const [first, ...rest] = steps;
    const isRoot = first?.name === 'Root' && first.reference === '/' && isStandard(first.namespace) && rest.length > 0;
    return { ok: true, value: isRoot ? rest : steps };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { ok: false, message: `${error.message}, got ${show(text)}` };
  }
}

/** The form `parseBrowsePath` reads. */
export function formatBrowsePath(steps: readonly PathStep[]): string {
  return steps.map((step) => `${formatReference(step)}${formatName(step)}`).join('');
}

const isStandard = (namespace: NamespaceRef): boolean => 'index' in namespace && namespace.index === 0;
const escape = (name: string): string => name.replace(RESERVED, '&$&');

function formatReference({ reference, isInverse, includeSubtypes }: PathStep): string {
  if (typeof reference === 'string') return reference;
  return `<${includeSubtypes ? '' : '#'}${isInverse ? '!' : ''}${escape(reference.name)}>`;
}

function formatName({ namespace, name }: PathStep): string {
  if ('uri' in namespace) return `nsu=${encodeUri(namespace.uri)};${escape(name)}`;
  const isAmbiguous = name.startsWith('nsu=');
  return namespace.index === 0 && !isAmbiguous ? escape(name) : `${namespace.index}:${escape(name)}`;
}

class PathScanner {
  private at = 0;

  constructor(private readonly text: string) {}

  steps(): PathStep[] {
    if (this.text === '') throw new SyntaxError('must be a browse path such as "/Objects/2:Boiler/2:Level"');
    const steps: PathStep[] = [this.step(true)];
    while (this.at < this.text.length) steps.push(this.step(false));
    return steps;
  }

  private step(isFirst: boolean): PathStep {
    const reference = this.reference(isFirst);
    return { ...reference, ...this.target() };
  }

  private reference(isFirst: boolean): Pick<PathStep, 'reference' | 'isInverse' | 'includeSubtypes'> {
    const mark = this.text[this.at];
    if (mark === '/' || mark === '.') {
      this.at += 1;
      return { reference: mark, isInverse: false, includeSubtypes: true };
    }
    if (mark !== '<' && isFirst) return { reference: '/', isInverse: false, includeSubtypes: true };
    if (mark !== '<') throw new SyntaxError(`must have "/", "." or "<" at character ${this.at + 1}`);
    this.at += 1;
    const includeSubtypes = !this.take('#');
    const isInverse = this.take('!');
    const name = this.word('>');
    if (!this.take('>')) throw new SyntaxError('must close "<" with ">"');
    if (/^[1-9]\d*:/.test(name)) throw new SyntaxError('must name standard reference types only (namespace 0)');
    return { reference: { name: name.replace(/^0:/, '') }, isInverse, includeSubtypes };
  }

  private target(): Pick<PathStep, 'namespace' | 'name'> {
    const rest = this.text.slice(this.at);
    const uri = /^nsu=([^;]+);/.exec(rest);
    const index = uri === null ? /^(\d{1,5}):/.exec(rest) : null;
    this.at += (uri ?? index)?.[0].length ?? 0;
    if (Number(index?.[1] ?? 0) > 65_535) throw new SyntaxError('must have namespace indexes up to 65535');
    const name = this.word('');
    if (name === '') throw new SyntaxError(`must have a name at character ${this.at + 1}`);
    const namespace = uri?.[1] === undefined ? { index: Number(index?.[1] ?? 0) } : { uri: decodeUri(uri[1]) };
    return { namespace, name };
  }

  /** Up to the next character with a meaning; of these only `:`, `#`, `!` and `>` are taken as they are. */
  private word(end: string): string {
    let word = '';
    while (this.at < this.text.length) {
      const char = this.text.charAt(this.at);
      if (char === '&') {
        this.at += 1;
        if (this.at === this.text.length) throw new SyntaxError('must not end with "&"');
      } else if (char === end || (end === '' && (char === '/' || char === '.' || char === '<'))) {
        break;
      }
      word += this.text.charAt(this.at);
      this.at += 1;
    }
    if (word.length > 512) throw new SyntaxError('must have names of at most 512 characters');
    return word;
  }

  private take(char: string): boolean {
    if (this.text[this.at] !== char) return false;
    this.at += 1;
    return true;
  }
}
