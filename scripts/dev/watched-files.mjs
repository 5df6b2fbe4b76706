import { watch } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** An editor may write a file in several steps, and git many files one by one. */
const SETTLE_MS = 100;

/**
 * Tells which files changed since it was asked last. The system's word that something has happened in a folder only wakes it; what
 * has changed is seen by time and size, so that no event can be missed for long and none be told twice.
 */
export class WatchedFiles {
  #root;
  #places;
  /** Time and size by file. */
  #seen = new Map();
  /** By folder. */
  #watchers = new Map();
  #wake = () => {};

  /**
   * @param {string} root
   * @param {string[]} places  files, and folders with all below; they may be missing
   */
  constructor(root, places) {
    this.#root = root;
    this.#places = places;
  }

  /**
   * Waits until something has changed, the first time for nothing: all files are new then.
   *
   * @param {AbortSignal} signal  ends the waiting
   * @returns {Promise<string[]>} paths from the root of what was changed, made or removed; none where the signal ended it
   */
  async changed(signal) {
    for (;;) {
      const woken = new Promise((resolve) => (this.#wake = resolve));
      const wake = this.#wake;
      signal.addEventListener('abort', wake, { once: true });
      try {
        const changed = await this.#look();
        if (signal.aborted) return [];
        if (changed.length > 0) return changed;
        await woken;
      } finally {
        signal.removeEventListener('abort', wake);
      }
      if (signal.aborted) return [];
      await sleep(SETTLE_MS);
    }
  }

  close() {
    for (const folder of [...this.#watchers.keys()]) this.#unwatch(folder);
  }

  async #look() {
    const files = await this.#watchAndList();
    const states = new Map(await Promise.all(files.map(async (file) => [file, await this.#stateOf(file)])));
    const changed = [...new Set([...states.keys(), ...this.#seen.keys()])].filter(
      (file) => states.get(file) !== this.#seen.get(file),
    );
    this.#seen = states;
    return changed;
  }

  /** Undefined: it is not there. */
  async #stateOf(file) {
    try {
      const { mtimeMs, size } = await stat(path.join(this.#root, file));
      return `${mtimeMs} ${size}`;
    } catch {
      return undefined;
    }
  }

  /** Watches a folder before it is read: what comes in between is an event. */
  async #watchAndList() {
    const files = [];
    const folders = new Set();
    const visit = async (folder) => {
      folders.add(folder);
      this.#watch(folder);
      const entries = await readdir(path.join(this.#root, folder), { withFileTypes: true }).catch(() => []);
      for (const entry of entries) {
        const name = path.join(folder, entry.name);
        if (entry.isDirectory()) await visit(name);
        else if (entry.isFile()) files.push(name);
      }
    };
    for (const place of this.#places) {
      const parent = path.dirname(place);
      folders.add(parent);
      this.#watch(parent);
      if (path.extname(place) === '') await visit(place);
      else files.push(place);
    }
    for (const folder of [...this.#watchers.keys()]) if (!folders.has(folder)) this.#unwatch(folder);
    return files;
  }

  #watch(folder) {
    if (this.#watchers.has(folder)) return;
    try {
      const watcher = watch(path.join(this.#root, folder), (_event, name) => {
        // Of the folder itself: it was removed, and one that comes in its place is another.
        if (name === path.basename(folder)) this.#unwatch(folder);
        this.#wake();
      });
      watcher.on('error', () => {
        this.#unwatch(folder);
        this.#wake();
      });
      this.#watchers.set(folder, watcher);
    } catch {
      // It is not there; its parent tells when it comes.
    }
  }

  #unwatch(folder) {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }
}
