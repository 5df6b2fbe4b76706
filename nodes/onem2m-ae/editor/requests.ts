import { demand } from '../../../src/editor/form/ask';
import type { Dialog } from '../../../src/editor/dialog/dialog';

/** One resource, as `POST devicelink/onem2m/browse` describes it. */
export interface ResourceNode {
  readonly name: string;
  /** `container` */
  readonly type: string;
  readonly ty: number;
  /** Structured, from the CSEBase on. */
  readonly address: string;
  readonly hasChildren: boolean;
}

export interface Representation {
  readonly to: string;
  readonly ty: number;
  readonly type: string;
  readonly representation: unknown;
}

/** What the dialog asks the server of Node-RED about the CSE; each rejects with an Error that says in words why. */
export interface CseRequests {
  /** Children of a resource (of the CSEBase where `to` is empty), from the `offset`-th on. */
  browse(to: string, offset: number): Promise<{ readonly nodes: readonly ResourceNode[]; readonly next?: number }>;
  retrieve(to: string): Promise<Representation>;
}

interface BrowseReply {
  readonly children: readonly ResourceNode[];
  readonly next?: number;
}

/** Requests with the settings as they are in the dialog, saved or not; stored secrets stay on the server. */
export function createCseRequests(dialog: Dialog, credentials: () => Record<string, string>): CseRequests {
  const post = <T>(path: string, more: object) => {
    const { id, type } = dialog.node;
    return demand<T>('POST', `onem2m/${path}`, { id, type, config: dialog.draft, credentials: credentials(), ...more });
  };
  return {
    async browse(to, offset) {
      const { children, next } = await post<BrowseReply>('browse', { ...(to === '' ? {} : { to }), offset });
      return { nodes: children, ...(next === undefined ? {} : { next }) };
    },
    retrieve: (to) => post('retrieve', { to }),
  };
}
