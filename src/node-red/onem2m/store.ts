import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DeviceError } from '../../base/errors';
import { writeWhole } from '../../base/files/whole-file';
import type { AeStore } from '../../onem2m/ae/model/store';

export interface AeFileOptions {
  readonly directory: string;
  /** Of the node; it becomes the file's name. */
  readonly uid: string;
  /** The state cannot be kept: told once, until it can again. */
  readonly onProblem: (error: DeviceError) => void;
  readonly warn: (text: string) => void;
}

type AeState = NonNullable<Awaited<ReturnType<AeStore['load']>>>;

/**
 * What an application entity keeps over restarts, in `<directory>/<uid>.json`: written whole or not at all, readable for its owner
 * alone. It never rejects: a file that cannot be read is set aside with a warning, one that cannot be written is a problem.
 */
export class AeFile implements AeStore {
  private readonly path: string;
  private isFailing = false;
  /** Writes one after the other, in the order they were asked for. */
  private tail: Promise<void> = Promise.resolve();

  constructor(private readonly options: AeFileOptions) {
    this.path = join(options.directory, `${fileName(options.uid)}.json`);
  }

  async load(): Promise<AeState | undefined> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (error) {
      if (!isMissing(error)) this.fail('read', error);
      return undefined;
    }
    const state = parse(text);
    if (state === undefined) await this.setAside();
    return state;
  }

  save(changes: AeState): Promise<void> {
    return this.after('written', async () => this.write({ ...(await this.load()), ...changes }));
  }

  clear(): Promise<void> {
    return this.after('removed', async () => {
      const { secret } = (await this.load()) ?? {};
      await (secret === undefined ? rm(this.path, { force: true }) : this.write({ secret }));
    });
  }

  private after(done: string, work: () => Promise<void>): Promise<void> {
    this.tail = this.tail.then(work).then(
      () => void (this.isFailing = false),
      (error: unknown) => this.fail(done, error),
    );
    return this.tail;
  }

  private async write(state: AeState): Promise<void> {
    await mkdir(this.options.directory, { recursive: true, mode: 0o700 });
    await writeWhole(this.path, `${JSON.stringify(state)}\n`, 0o600);
  }

  private async setAside(): Promise<void> {
    const aside = `${this.path}.corrupt`;
    await rename(this.path, aside).then(
      () => this.options.warn(`The AE-ID kept in ${this.path} cannot be read; the file is now ${aside}`),
      (error: unknown) => this.fail('set aside', error),
    );
  }

  private fail(done: string, error: unknown): void {
    if (this.isFailing) return;
    this.isFailing = true;
    const text = `the AE-ID is not kept over a restart: ${this.path} cannot be ${done} (${wordsOf(error)})`;
    this.options.onProblem(new DeviceError('STORE_FAILED', text, { cause: error }));
  }
}

function parse(text: string): AeState | undefined {
  try {
    const state: unknown = JSON.parse(text);
    if (typeof state !== 'object' || state === null || Array.isArray(state)) return undefined;
    return Object.values(state).every((member) => typeof member === 'string') ? state : undefined;
  } catch {
    return undefined;
  }
}

/** A uid of a flow may be any text: only what is surely no path stays as it is. */
function fileName(uid: string): string {
  return /^[A-Za-z0-9-]{1,64}$/.test(uid) ? uid : createHash('sha256').update(uid).digest('hex');
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
