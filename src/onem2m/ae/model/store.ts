/** What an AE remembers over restarts. */
export interface AeMemory {
  /** The id that the CSE assigned. */
  readonly originator?: string;
}

/** Where it is remembered. None of it may be essential: what cannot be loaded is as if it had never been saved. */
export interface AeStore {
  load(): Promise<AeMemory | undefined>;
  save(memory: AeMemory): Promise<void>;
  clear(): Promise<void>;
}
