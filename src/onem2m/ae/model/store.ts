/** What an AE remembers over restarts. */
export interface AeMemory {
  /** The id that the CSE assigned. */
  readonly originator?: string;
  /** See AeSecret. */
  readonly secret?: string;
}

/** Where it is remembered. None of it may be essential: what cannot be loaded is as if it had never been saved. */
export interface AeStore {
  load(): Promise<AeMemory | undefined>;
  /** What is given changes; the rest of what is remembered stays. */
  save(changes: AeMemory): Promise<void>;
  /** Forgets the id that the CSE assigned. */
  clear(): Promise<void>;
}
