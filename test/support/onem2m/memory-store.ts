import { randomBytes } from 'node:crypto';
import { AeSecret } from '../../../src/onem2m/ae/model/secret.ts';
import type { AeMemory, AeStore } from '../../../src/onem2m/ae/model/store.ts';

/** What an AE remembers, in memory: given to a second AE it is a restart. */
export class MemoryStore implements AeStore {
  memory: AeMemory | undefined;

  load(): Promise<AeMemory | undefined> {
    return Promise.resolve(this.memory);
  }

  save(changes: AeMemory): Promise<void> {
    this.memory = { ...this.memory, ...changes };
    return Promise.resolve();
  }

  clear(): Promise<void> {
    const { secret } = this.memory ?? {};
    this.memory = secret === undefined ? undefined : { secret };
    return Promise.resolve();
  }

  /** As `AeSecret.of`, at once. */
  secret(): AeSecret {
    const isNew = this.memory?.secret === undefined;
    const text = this.memory?.secret ?? randomBytes(16).toString('hex');
    this.memory = { ...this.memory, secret: text };
    return new AeSecret(text, isNew);
  }
}
