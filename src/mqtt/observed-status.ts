/** The specification's *Status* section plus live fields. Completed by src/mqtt; never holds a secret. */
export interface ObservedStatus {
  readonly connected: boolean;
  readonly queued: number;
}
