import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keysIn, StoreBench, stored } from '../../../support/mqtt/store-bench';

let bench: StoreBench;
beforeEach(() => {
  bench = new StoreBench();
});
afterEach(() => bench.dispose());

const filled = async (count: number, payload = 'x'.repeat(100)): Promise<void> => {
  const store = await bench.opened();
  await Promise.all(Array.from({ length: count }, (_, index) => store.put(stored(index + 1, { payload }))));
  await store.close();
};

const beside = (name: string): string[] => readdirSync(dirname(bench.file)).filter((file) => file.includes(name));

describe('a file store', () => {
  it('lets nobody but its user read it', async () => {
    await filled(1);
    expect(statSync(bench.file).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(bench.file)).mode & 0o777).toBe(0o700);
  });

  it('refuses what is more than its bytes, and takes the rest', async () => {
    const store = await bench.opened({ maxBytes: 100 });
    await store.put(stored(1, { payload: 'x'.repeat(80) }));
    expect(() => store.put(stored(2))).toThrow(/MQTT_STORE_FULL|90 of 100 bytes/);
    await store.put(stored(3, { topic: 'a', payload: '' }));
    store.remove(1);
    await store.put(stored(4));
    expect(store.status.messages).toBe(2);
  });

  it('commits what comes together at once', async () => {
    const store = await bench.opened();
    const started = performance.now();
    for (let key = 1; key <= 200; key++) await store.put(stored(key));
    const oneByOne = performance.now() - started;
    const again = performance.now();
    await Promise.all(Array.from({ length: 200 }, (_, index) => store.put(stored(1000 + index))));
    expect(performance.now() - again).toBeLessThan(oneByOne / 10);
  });

  it('is of one connection at a time: another of this process is refused by name', async () => {
    await bench.opened();
    const error = await failureOf(() => bench.make().open());
    expect(error).toMatchObject({ code: 'MQTT_STORE_IN_USE' });
    expect(String(error)).toContain(`${bench.file} is in use by another connection of this process`);
    // The attempt has not undone the lock that keeps other processes out.
    const program = `new (require('node:sqlite').DatabaseSync)(${JSON.stringify(bench.file)}).exec('SELECT * FROM message')`;
    expect(() => execFileSync(process.execPath, ['-e', program], { stdio: 'pipe' })).toThrow(/database is locked/);
  });

  it('is of one process at a time: another is refused by name, and gets it when that one is gone', async () => {
    mkdirSync(dirname(bench.file), { recursive: true });
    const program = `
      const { DatabaseSync } = require('node:sqlite');
      const database = new DatabaseSync(${JSON.stringify(bench.file)});
      database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; CREATE TABLE one (two)');
      process.stdout.write('open');
      setInterval(() => undefined, 1000);`;
    const child = execFile(process.execPath, ['-e', program]);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    const owner = { pid: child.pid, host: 'elsewhere', since: '2026-01-01T00:00:00.000Z' };
    writeFileSync(`${bench.file}.owner`, JSON.stringify(owner));
    const error = await failureOf(() => bench.make().open());
    expect(String(error)).toContain(`in use by the process ${String(child.pid)} on elsewhere, since 2026-01-01`);
    const exit = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exit;
    expect(await failureOf(() => bench.make().open())).toMatchObject({ code: 'MQTT_STORE_VERSION' });
  });

  it('is left as it is where a later version, or another program, has made it', async () => {
    await filled(1);
    const database = new DatabaseSync(bench.file);
    database.exec('PRAGMA user_version = 99');
    database.close();
    const newer = await failureOf(() => bench.make().open());
    expect(String(newer)).toMatch(/was written by a later version .* its version is 99, and 1 is known here/);
    rmSync(bench.file);
    const foreign = new DatabaseSync(bench.file);
    foreign.exec('CREATE TABLE holiday (photo BLOB)');
    foreign.close();
    const before = readFileSync(bench.file);
    expect(await failureOf(() => bench.make().open())).toMatchObject({ code: 'MQTT_STORE_VERSION' });
    expect(readFileSync(bench.file).equals(before)).toBe(true);
    expect(bench.problems).toEqual([]);
  });

  it('sets aside what is no database, and goes on', async () => {
    mkdirSync(dirname(bench.file), { recursive: true });
    writeFileSync(bench.file, 'this is not a database, however long one looks at it. '.repeat(100));
    const store = bench.make();
    expect(await keysIn(store)).toEqual([]);
    await store.put(stored(1));
    expect(bench.problems).toEqual([expect.stringMatching(/^MQTT_STORE_DAMAGED .* 0 messages of it could be read/)]);
    expect(beside('.damaged-')).toHaveLength(1);
  });

  it('sets aside a message that is not what was written, and has the others', async () => {
    await filled(50);
    const database = new DatabaseSync(bench.file);
    database.exec(`UPDATE message SET body = substr(body, 1, 30) || x'00' || substr(body, 32) WHERE key = 7`);
    database.exec(`UPDATE message SET body = x'0102' WHERE key = 9`);
    database.close();
    const store = bench.make();
    const keys = await keysIn(store);
    expect(keys).toHaveLength(48);
    expect([keys.includes(7), keys.includes(9), store.status.messages]).toEqual([false, false, 48]);
    expect(bench.problems).toEqual([expect.stringMatching(/^MQTT_STORE_DAMAGED 2 messages .* set aside/)]);
    await store.close();
    const after = new DatabaseSync(bench.file);
    expect(after.prepare('SELECT key FROM damaged ORDER BY key').all()).toEqual([{ key: 7 }, { key: 9 }]);
    after.close();
  });

  it('has what is before and behind pages that the disk has spoilt', async () => {
    await filled(2000);
    const bytes = readFileSync(bench.file);
    const pages = bytes.length / 4096;
    // Somewhere among the messages: those of one page after the other, 4096 bytes each.
    bytes.fill(0xa5, Math.floor(pages / 2) * 4096, Math.floor(pages / 2 + 2) * 4096);
    writeFileSync(bench.file, bytes);
    const store = bench.make();
    const keys = await keysIn(store);
    expect(keys.length).toBeGreaterThan(1800);
    expect(keys.length).toBeLessThan(2000);
    expect([keys[0], keys.at(-1)]).toEqual([1, 2000]);
    expect(bench.problems).toEqual([
      expect.stringMatching(new RegExp(`^MQTT_STORE_DAMAGED .* ${keys.length} messages of it could be read`)),
    ]);
    await store.put(stored(3000));
  });

  it('refuses what comes while its disk is full, says so once, and goes on when there is room', async ({ skip }) => {
    const mount = join(bench.directory, 'small');
    mkdirSync(mount);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mount], { stdio: 'ignore' });
    } catch {
      const reason = 'a small file system cannot be mounted (root only)';
      if (process.env['CI'] === 'true' && process.getuid?.() === 0) throw new Error(reason);
      console.warn(`Left out: ${reason}`);
      skip();
    }
    try {
      const ballast = join(mount, 'ballast');
      const store = await bench.opened({ file: join(mount, 'one.db') });
      await store.put(stored(1, { qos: 2 }));
      writeFileSync(ballast, Buffer.alloc(500_000));
      const refusals: unknown[] = [];
      for (let key = 2; refusals.length < 3; key++) {
        const payload = Buffer.alloc(50_000);
        const refusal = await failureOf(() => store.put(stored(key, { payload })));
        if (refusal !== undefined) refusals.push(refusal);
      }
      expect(refusals).toEqual(Array(3).fill(expect.objectContaining({ code: 'MQTT_STORE_FULL' })));
      expect(bench.problems).toEqual([expect.stringMatching(/^MQTT_STORE_FULL .*the disk is full/)]);
      expect(store.status.error).toMatchObject({ code: 'MQTT_STORE_FULL' });
      const noted = store.update(stored(1, { qos: 2, packetId: 7 }));
      rmSync(ballast);
      await noted;
      expect([bench.recoveries, store.status.error]).toEqual([1, undefined]);
      await store.put(stored(1000));
      await store.close();
      const again = bench.make({ file: join(mount, 'one.db') });
      const { messages } = await again.open();
      expect(messages[0]).toMatchObject({ key: 1, packetId: 7 });
      expect(messages.at(-1)).toMatchObject({ key: 1000 });
      await again.close();
    } finally {
      execFileSync('umount', [mount]);
    }
  });

  it('is written anew where somebody has deleted it, with all that was in it', async () => {
    const store = await bench.opened();
    await store.put(stored(1));
    rmSync(dirname(bench.file), { recursive: true });
    await store.put(stored(2));
    store.remove(1);
    await store.put(stored(3));
    expect(bench.problems).toEqual([expect.stringMatching(/^MQTT_STORE_FAILED .* had gone, and was written anew/)]);
    await store.close();
    expect(await keysIn(bench.make())).toEqual([2, 3]);
  });

  it('refuses what comes while its directory cannot be made, and has all that it had when it can', async () => {
    const store = await bench.opened();
    await store.put(stored(1));
    const directory = dirname(bench.file);
    renameSync(directory, `${directory}-away`);
    writeFileSync(directory, 'in the way');
    expect(await failureOf(() => store.put(stored(2)))).toMatchObject({ code: 'MQTT_STORE_FAILED' });
    expect(await failureOf(() => store.put(stored(3)))).toMatchObject({ code: 'MQTT_STORE_FAILED' });
    rmSync(directory);
    await expect.poll(() => bench.recoveries).toBe(1);
    await store.put(stored(4));
    await store.close();
    expect(await keysIn(bench.make())).toEqual([1, 4]);
  });

  it('says what is wrong where it cannot be made at all', async () => {
    writeFileSync(join(bench.directory, 'stores'), 'in the way');
    const error = await failureOf(() => bench.make().open());
    expect(error).toMatchObject({ code: 'MQTT_STORE_FAILED' });
  });

  it('does not hold up the event loop while it waits for the disk', async () => {
    const store = await bench.opened();
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    for (let turn = 0; turn < 50; turn++) {
      await Promise.all(Array.from({ length: 20 }, (_, index) => store.put(stored(turn * 20 + index + 1))));
    }
    clearInterval(timer);
    console.log(`longest turn of the event loop under 50 synced commits: ${longest.toFixed(1)} ms`);
    expect(longest).toBeLessThan(100);
  });

  it('closes with all that it was told, and twice', async () => {
    const store = await bench.opened({ syncEveryMs: 1000 });
    void store.put(stored(1));
    void store.put(stored(2));
    void store.update(stored(2, { packetId: 5 }));
    store.remove(1);
    await Promise.all([store.close(), store.close()]);
    const { messages } = await bench.make().open();
    expect(messages).toMatchObject([{ key: 2, packetId: 5 }]);
  });
});

/** The error that `action` throws or rejects with; undefined where it succeeds. */
async function failureOf(action: () => Promise<unknown>): Promise<unknown> {
  try {
    await action();
    return undefined;
  } catch (error) {
    return error;
  }
}
