/** A node as the editor hands it to the functions of its definition. */
export interface EditedNode {
  readonly id: string;
  readonly type: string;
  readonly z?: string;
  readonly _def: {
    readonly defaults: Readonly<Record<string, { readonly value: unknown }>>;
    readonly credentials?: Readonly<Record<string, { readonly type: 'text' | 'password' }>>;
  };
  /** Looks a key up in the catalog of the node's own set. */
  _(key: string, values?: Readonly<Record<string, string | number>>): string;
  credentials?: Record<string, unknown>;
  [property: string]: unknown;
}

/** A text of the catalogs; the build checks that literal keys exist in every language. */
export type Text = (key: string, values?: Readonly<Record<string, string | number>>) => string;

/** The properties that are saved in the flow, as a copy that may be changed. */
export function draftOf(node: EditedNode): Record<string, unknown> {
  const draft: Record<string, unknown> = {};
  for (const name of Object.keys(node._def.defaults)) {
    if (node[name] !== undefined) draft[name] = structuredClone(node[name]);
  }
  return draft;
}

/**
 * Writes the draft into the node. Properties that have an input of Node-RED's own (`node-input-name`) are left to Node-RED,
 * which also keeps the books about config nodes.
 */
export function applyDraft(node: EditedNode, draft: Readonly<Record<string, unknown>>, nativeIdPrefix: string): void {
  for (const [name, value] of Object.entries(draft)) {
    if (document.getElementById(`${nativeIdPrefix}${name}`) === null) node[name] = structuredClone(value);
  }
}
