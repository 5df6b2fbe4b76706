import { DeviceError, ErrorCode } from '../../../base/errors';

/** Something that is to exist at the CSE as long as the AE is registered: a resource, a subscription. */
export interface Kept {
  /** Two with the same key are the same wish. */
  readonly key: string;
  /** Creates it, or makes sure of one that is there. Rejects with a DeviceError. Answers when it expires, ms since the epoch. */
  ensure(): Promise<number | undefined>;
  /** Puts its expiry off until `et` (a timestamp). Answers as `ensure`. */
  refresh(et: string): Promise<number | undefined>;
}

interface Entry {
  readonly kept: Kept;
  isPresent: boolean;
  error?: DeviceError;
  expiresAt?: number | undefined;
  readonly waiting: Waiting[];
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: DeviceError) => void;
}

/** The wishes of an AE and what of them is fact; who reconciles the two is the application entity. */
export class KeptList {
  private readonly entries = new Map<string, Entry>();

  /** Adds a wish at the end; false if there is one with the same key, which then stays. */
  add(kept: Kept): boolean {
    if (this.entries.has(kept.key)) return false;
    this.entries.set(kept.key, { kept, isPresent: false, waiting: [] });
    return true;
  }

  has(key: string): boolean {
    return this.entries.has(key);
  }

  /** Settles when it is there, or could not be made at the next attempt. */
  whenPresent(key: string): Promise<void> {
    const entry = this.entries.get(key);
    if (entry === undefined || entry.isPresent) return Promise.resolve();
    return new Promise((resolve, reject) => entry.waiting.push({ resolve, reject }));
  }

  /** No longer wished; whoever waits for it is told. */
  remove(key: string): void {
    const waiting = this.entries.get(key)?.waiting.splice(0) ?? [];
    this.entries.delete(key);
    for (const { reject } of waiting) reject(new DeviceError(ErrorCode.CLOSED, `the ${key} is not wished any more`));
  }

  /** Gives a wish up that is no fact. */
  removeMissing(key: string): boolean {
    return this.entries.get(key)?.isPresent === false && this.entries.delete(key);
  }

  /** Nothing is there any more. */
  forgetAll(): void {
    for (const entry of this.entries.values()) entry.isPresent = false;
  }

  forget(key: string): void {
    const entry = this.entries.get(key);
    if (entry !== undefined) entry.isPresent = false;
  }

  missing(): Entry[] {
    return [...this.entries.values()].filter(({ isPresent }) => !isPresent);
  }

  errors(): DeviceError[] {
    return [...this.entries.values()].flatMap(({ error }) => error ?? []);
  }

  /** Those that would be gone at `time`. */
  expiring(time: number): Entry[] {
    return [...this.entries.values()].filter(
      ({ isPresent, expiresAt }) => isPresent && expiresAt !== undefined && expiresAt <= time,
    );
  }

  present(entry: Entry, expiresAt: number | undefined): void {
    entry.isPresent = true;
    entry.expiresAt = expiresAt;
    delete entry.error;
    for (const { resolve } of entry.waiting.splice(0)) resolve();
  }

  /** Answers whether somebody waited for it, and is told thereby. */
  failed(entry: Entry, error: DeviceError): boolean {
    entry.error = error;
    const waiting = entry.waiting.splice(0);
    for (const { reject } of waiting) reject(error);
    return waiting.length > 0;
  }

  /** Nobody makes anything of what waits any more. */
  rejectAll(error: DeviceError): void {
    for (const { waiting } of this.entries.values()) for (const { reject } of waiting.splice(0)) reject(error);
  }
}
