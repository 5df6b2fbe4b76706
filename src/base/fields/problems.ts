/**
 * Something about a configuration: the field's path as in the flow (`properties[2].visitor.quantity`), and what is expected there. As a
 * problem it keeps the configuration from being used; as a warning it is only worth knowing.
 */
export interface Problem {
  readonly field: string;
  readonly message: string;
}

/** A checked configuration, or everything that is wrong with it; in both cases with what is worth knowing, if anything is. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T; readonly warnings?: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly warnings?: readonly Problem[] };
