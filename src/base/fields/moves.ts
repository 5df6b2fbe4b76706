/**
 * Where values were given, by where they are now, both as paths. A table may have thousands of rows whose members all have moved:
 * what is at a path, above it or below it is found without a look at the others.
 */
export class Moves extends Map<string, string> {
  /** The present paths below a path, at any depth. */
  private readonly below = new Map<string, Set<string>>();

  override set(now: string, given: string): this {
    for (const ancestor of ancestorsOf(now)) {
      const paths = this.below.get(ancestor);
      if (paths === undefined) this.below.set(ancestor, new Set([now]));
      else paths.add(now);
    }
    return super.set(now, given);
  }

  override delete(now: string): boolean {
    for (const ancestor of ancestorsOf(now)) this.below.get(ancestor)?.delete(now);
    return super.delete(now);
  }

  /** A value may move twice: it was given where the first move found it. */
  note(now: string, from: string): void {
    const given = givenPath(this, from);
    for (const to of [...(this.has(from) ? [from] : []), ...(this.below.get(from) ?? [])]) {
      const origin = this.get(to) ?? '';
      this.delete(to);
      this.set(now + to.slice(from.length), origin);
    }
    if (given !== now) this.set(now, given);
  }
}

/** The path by which the value at a present path was given. */
export function givenPath(moves: ReadonlyMap<string, string>, path: string): string {
  for (const present of [path, ...ancestorsOf(path)]) {
    const given = moves.get(present);
    if (given !== undefined) return given + path.slice(present.length);
  }
  return path;
}

/** `properties[2].visitor` -> `properties[2]`, `properties`. */
function ancestorsOf(path: string): string[] {
  const ancestors: string[] = [];
  let end = path.length;
  while ((end = Math.max(path.lastIndexOf('.', end - 1), path.lastIndexOf('[', end - 1))) > 0) {
    ancestors.push(path.slice(0, end));
  }
  return ancestors;
}
