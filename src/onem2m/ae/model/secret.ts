import { createHmac, randomBytes } from 'node:crypto';
import type { AeStore } from './store';

const BITS_128 = 16;

/**
 * What nobody but this AE and its CSE can know. Whoever reaches the port or the broker may write a notification that looks genuine; to
 * name the path it has to come by, or the subscription it is said to be of, he would have to guess 128 bits.
 */
export class AeSecret {
  constructor(
    private readonly text: string,
    /** It was made just now: what an AE of this name has at the CSE is from before. */
    readonly isNew: boolean,
  ) {}

  static create(): AeSecret {
    return new AeSecret(randomBytes(BITS_128).toString('hex'), true);
  }

  /** That of last time; else a new one, which is kept from now on. Never rejects. */
  static async of(store: AeStore): Promise<AeSecret> {
    const memory = await store.load();
    if (memory?.secret !== undefined) return new AeSecret(memory.secret, false);
    const made = AeSecret.create();
    await store.save({ ...memory, secret: made.text });
    return made;
  }

  /** 32 hexadecimal digits, the same each time for one purpose. Those of one purpose tell nothing of those of another. */
  tag(purpose: string): string {
    return createHmac('sha256', this.text)
      .update(purpose)
      .digest('hex')
      .slice(0, 2 * BITS_128);
  }
}

/** An AE-ID (TS-0001 7.2) that no other AE has: `C`, the name as far as an id may have it, and digits of its own. */
export const ownID = (name: string, secret: AeSecret): string =>
  `C${name.replaceAll(/[^A-Za-z0-9]/g, '')}-${secret.tag('AE-ID').slice(0, 12)}`;
