import { DeviceError } from './errors';
import type { Clock, Logger } from './ports';
import { problemKind } from './problem-kind';

/** A property's trouble, or one that concerns the device as a whole (no name). */
export interface Trouble {
  readonly name?: string;
  readonly error: { readonly code: string; readonly message: string; readonly advice?: string };
}

interface Standing {
  readonly text: string;
  readonly since: number;
  count: number;
}

const NONE: ReadonlyMap<string, Standing> = new Map();
/** How many distinct errors are kept per source; an error text with a counter in it must not fill the memory. */
const MAX_DISTINCT = 100;
/** How many property names a message lists. */
const MAX_NAMES = 3;

/**
 * Tells each distinct error once, however often it repeats: as a DeviceError to `onProblem` and as one log line when it
 * appears, one more when it is gone (`... (12 times since ...)`). Errors are distinct by code and kind of text
 * (see `problemKind`); properties that share one are named together. A source (`link`, `read`, ...) always reports all its
 * present troubles.
 */
export class ProblemTracker {
  private readonly sources = new Map<string, Map<string, Standing>>();

  constructor(
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly onProblem: (problem: DeviceError) => void,
  ) {}

  /** The present troubles of `source`; an empty list says that all is well again. */
  report(source: string, troubles: readonly Trouble[]): void {
    const before = this.sources.get(source) ?? NONE;
    if (before.size === 0 && troubles.length === 0) return;
    const now = new Map<string, Standing>();
    const fresh: DeviceError[] = [];
    for (const [key, group] of groupByError(troubles)) {
      const known = before.get(key);
      if (known !== undefined) {
        known.count += 1;
        now.set(key, known);
        continue;
      }
      const problem = describe(group);
      now.set(key, { text: problem.message, since: this.clock.now(), count: 1 });
      fresh.push(problem);
    }
    this.sources.set(source, now);
    for (const [key, standing] of before) if (!now.has(key)) this.logCleared(standing);
    for (const problem of fresh) {
      this.log.warn(`${problem.message} [${problem.code}]`);
      this.onProblem(problem);
    }
  }

  private logCleared(standing: Standing): void {
    const times = standing.count === 1 ? 'once' : `${standing.count} times`;
    this.log.info(`no longer: ${standing.text} (${times} since ${new Date(standing.since).toISOString()})`);
  }
}

function groupByError(troubles: readonly Trouble[]): Map<string, Trouble[]> {
  const groups = new Map<string, Trouble[]>();
  for (const trouble of troubles) {
    const key = `${trouble.error.code} ${problemKind(trouble.error.message)}`;
    const group = groups.get(key);
    if (group !== undefined) group.push(trouble);
    else if (groups.size < MAX_DISTINCT) groups.set(key, [trouble]);
  }
  return groups;
}

function describe(group: readonly Trouble[]): DeviceError {
  const error = group[0]?.error ?? { code: '', message: '' };
  const names = group.map((trouble) => trouble.name).filter((name) => name !== undefined);
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  const prefix = names.length === 0 ? '' : `${names.slice(0, MAX_NAMES).join(', ')}${more}: `;
  const options = error.advice === undefined ? {} : { advice: error.advice };
  return new DeviceError(error.code, `${prefix}${error.message}`, options);
}
