import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import mqtt from 'mqtt';

const LEVEL = 'classic-level@3.0.0';
const place = join(import.meta.dirname, '..', '..', '.cache', 'bench', 'level');

/** LevelDB, which only this needs: installed below `.cache`. */
export async function loadLevel() {
  const require = createRequire(join(place, 'package.json'));
  try {
    return require('classic-level').ClassicLevel;
  } catch {
    await mkdir(place, { recursive: true });
    await writeFile(join(place, 'package.json'), '{ "private": true }\n');
    await promisify(execFile)('npm', ['install', '--no-audit', '--no-fund', LEVEL], { cwd: place });
    return require('classic-level').ClassicLevel;
  }
}

/** An outgoing store of MQTT.js as one writes it on LevelDB: a packet is there before it leaves, until it is acknowledged. */
export async function levelStore(directory, sync) {
  const ClassicLevel = await loadLevel();
  const level = new ClassicLevel(directory, { keyEncoding: 'utf8', valueEncoding: 'buffer' });
  await level.open();
  const store = new (class extends mqtt.Store {
    put(packet, done) {
      level.put(String(packet.messageId), serialize({ ...packet }), { sync }).then(() => done(), done);
      return this;
    }

    get({ messageId }, done) {
      level.get(String(messageId)).then((bytes) => done(null, deserialize(bytes)), done);
      return this;
    }

    del({ messageId }, done) {
      level.del(String(messageId), { sync }).then(() => done(null, { messageId }), done);
      return this;
    }

    close(done) {
      done?.();
      return this;
    }
  })();
  store.end = () => level.close();
  return store;
}
