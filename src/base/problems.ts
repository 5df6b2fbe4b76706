/** A rule that a configuration breaks: the field's path as in the flow (`properties[2].visitor.quantity`) and what is expected. */
export interface Problem {
  readonly field: string;
  readonly message: string;
}

/** A checked configuration, or everything that is wrong with it. */
export type Checked<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] };
