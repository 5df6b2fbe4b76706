import type { EndpointInfo } from '../../../src/drivers/opcua/security/endpoints';
import type { CertificateInfo } from '../../../src/drivers/opcua/security/trust';
import { demand } from '../../../src/editor/form/ask';
import type { Dialog } from '../../../src/editor/dialog/dialog';

/** One node of the address space, as `POST devicelink/opcua/browse` describes it. */
export interface ServerNode {
  /** With the URI of its namespace, as the table keeps it. */
  readonly nodeID: string;
  /** With the index that the namespace has at the moment. */
  readonly indexNodeID: string;
  readonly browseName: string;
  readonly displayName: string;
  readonly nodeClass: string;
  readonly hasChildren: boolean;
  readonly dataType?: string;
  readonly value?: string;
  readonly writable?: boolean;
  /** Of search results: where the node is. */
  readonly path?: string;
}

export interface Certificates {
  readonly own?: CertificateInfo & { readonly pem: string };
  readonly trusted: readonly CertificateInfo[];
  readonly rejected: readonly CertificateInfo[];
}

/** What the dialog asks the server of Node-RED; each rejects with an Error that says in words why. */
export interface OpcUaRequests {
  endpoints(): Promise<readonly EndpointInfo[]>;
  /** Children of a node (default: the Objects folder), from the `start`-th on. */
  browse(nodeID?: string, start?: number): Promise<{ nodes: readonly ServerNode[]; next?: number }>;
  search(text: string): Promise<{ nodes: readonly ServerNode[]; complete: boolean }>;
  certificates(): Promise<Certificates>;
  trust(thumbprint: string): Promise<Certificates>;
  remove(thumbprint: string): Promise<Certificates>;
}

const TIMEOUT_MS = 30_000;

/** Requests with the settings as they are in the dialog, saved or not; stored secrets stay on the server. */
export function createRequests(dialog: Dialog, credentials: () => Record<string, string>): OpcUaRequests {
  const unsaved = () => ({ id: dialog.node.id, config: dialog.draft, credentials: credentials() });
  const request = <T>(method: string, path: string, body?: object) =>
    demand<T>(method, `opcua/${path}`, body, TIMEOUT_MS);
  const post = <T>(path: string, more: object = {}) => request<T>('POST', path, { ...unsaved(), ...more });
  return {
    endpoints: async () => (await post<{ endpoints: EndpointInfo[] }>('endpoints')).endpoints,
    browse: (nodeID, start = 0) => post('browse', { nodeID, start }),
    search: (text) => post('search', { text }),
    certificates: () => request('GET', 'certificates'),
    trust: (thumbprint) => request('POST', `certificates/${thumbprint}/trust`, {}),
    remove: (thumbprint) => request('DELETE', `certificates/${thumbprint}`),
  };
}
