import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BatchWriter } from '../../../../src/mqtt/store/batch';
import { MessageDatabase } from '../../../../src/mqtt/store/database/database';
import { isLong, scaled } from '../../../support/long';
import { stored } from '../../../support/mqtt/store-bench';

const CUTS = scaled(1000);
/** What a medium writes at once, at least: of blocks that were written since it last confirmed, any may be there and any not. */
const BLOCK = 512;

/** The bytes of a database and of its log, as a medium has them that has confirmed everything. */
interface Medium {
  readonly database: Buffer;
  readonly log: Buffer;
}

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'devicelink-power-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const read = (file: string): Buffer => {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
};
const mediumOf = (file: string): Medium => ({ database: read(file), log: read(`${file}-wal`) });

/** Of each block the earlier or the later bytes, by chance; what neither has is zero. */
function torn(before: Buffer, after: Buffer, random: () => number): Buffer {
  const share = random() < 0.2 ? 1 : random();
  const mixed = Buffer.alloc(Math.max(before.length, after.length));
  let length = before.length;
  for (let at = 0; at < mixed.length; at += BLOCK) {
    const isNew = random() < share;
    const source = isNew ? after : before;
    if (at < source.length) source.copy(mixed, at, at, Math.min(at + BLOCK, source.length));
    if (isNew) length = Math.max(length, Math.min(at + BLOCK, after.length));
  }
  return mixed.subarray(0, length);
}

/** The same numbers in each run, so that a failure can be looked at. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

class Model {
  readonly messages = new Map<number, number>();
  copy(): string {
    return JSON.stringify([...this.messages].sort(([a], [b]) => a - b));
  }
}

describe(`${CUTS} power cuts under a store with durability always`, () => {
  it(
    'leave all that was accepted, and of what was under way all or nothing',
    () => {
      const random = randomFrom(42);
      const file = join(directory, 'live', 'one.db');
      const problems: unknown[] = [];
      const database = new MessageDatabase({ file, syncEveryMs: 'commit', now: () => 0 }, (one) => problems.push(one));
      database.open();
      const model = new Model();
      let key = 0;
      let cuts = 0;
      const outcomes = { before: 0, after: 0 };

      /** What a new process finds on this medium. */
      const find = (medium: Medium): string => {
        const place = join(directory, 'cut');
        rmSync(place, { recursive: true, force: true });
        mkdirSync(place);
        writeFileSync(join(place, 'one.db'), medium.database);
        if (medium.log.length > 0) writeFileSync(join(place, 'one.db-wal'), medium.log);
        const options = { file: join(place, 'one.db'), syncEveryMs: 'commit' as const, now: () => 0 };
        const found = new MessageDatabase(options, (one) => problems.push(one));
        const { keys, inFlight, damaged } = found.open();
        const packets = new Map(inFlight.map((row) => [row.key, row.packet]));
        const content = JSON.stringify([...keys].map((one) => [one, packets.get(one) ?? 0]));
        let rows = 0;
        for (let after = 0, isLast = false; !isLast;) {
          const page = found.page(after);
          problems.push(...page.damaged, ...damaged);
          rows += page.rows.length;
          after = page.rows.at(-1)?.key ?? after;
          ({ isLast } = page);
        }
        found.close();
        expect(rows + inFlight.length).toBe(keys.length);
        cuts++;
        return content;
      };

      while (cuts < CUTS) {
        const before = { medium: mediumOf(file), content: model.copy() };
        const batch = new BatchWriter();
        for (let count = 1 + Math.floor(random() * 12); count > 0; count--) {
          const known = [...model.messages.keys()];
          const chosen = known[Math.floor(random() * Math.min(known.length, 20))];
          const what = random();
          if (what < 0.5 || chosen === undefined) {
            const payload = Buffer.alloc(Math.floor(random() ** 3 * 6000), ++key % 256);
            batch.put(stored(key, { payload, qos: 2 }));
            model.messages.set(key, 0);
          } else if (what < 0.7) {
            const packet = 1 + Math.floor(random() * 131_000);
            batch.flight(chosen, packet);
            model.messages.set(chosen, packet);
          } else {
            batch.remove(chosen);
            model.messages.delete(chosen);
          }
        }
        database.commit(batch.take());
        const after = { medium: mediumOf(file), content: model.copy() };
        // While it was being committed: the log had been written, and not been confirmed.
        const cut = find({ ...before.medium, log: torn(before.medium.log, after.medium.log, random) });
        expect([before.content, after.content]).toContain(cut);
        outcomes[cut === after.content ? 'after' : 'before']++;
        // Once it was accepted.
        expect(find(after.medium)).toBe(after.content);
        if (random() < 0.2) {
          // While the log is written back: the log is confirmed, what becomes of the database is not.
          if (random() < 0.5) database.tidy(true);
          else database.makeRoom();
          const tidied = mediumOf(file);
          const written = torn(after.medium.database, tidied.database, random);
          expect(find({ database: written, log: after.medium.log })).toBe(after.content);
          expect(find({ database: tidied.database, log: after.medium.log })).toBe(after.content);
          expect(find(tidied)).toBe(after.content);
        }
      }
      database.close();
      console.log(
        `${cuts} cuts, ${key} messages accepted: none missing; of ${outcomes.before + outcomes.after} commits under way ` +
          `${outcomes.after} were there`,
      );
      expect(problems).toEqual([]);
      expect(outcomes.before).toBeGreaterThan(0);
      expect(outcomes.after).toBeGreaterThan(0);
    },
    isLong ? 600_000 : 60_000,
  );
});
