import { show } from '../../../base/show';
import { base64ToBytes, bytesToBase64 } from '../../../base/values/byte-text';

/**
 * How a node of a server is named in a flow (OPC UA part 6, 5.3.1.10): a NodeId of any of the four kinds, its namespace by
 * index or by URI. Pure: also runs in the editor. What it means on a server is the subject of `node-address-book.ts`.
 */

/** By index (may change when the server restarts) or by URI (does not). */
export type NamespaceRef = { readonly index: number } | { readonly uri: string };

/** `i`: 0 to 2^32 - 1. `s`: any text. `g`: a GUID in lower case with hyphens. `b`: Base64 with padding. */
export type Identifier =
  { readonly kind: 'i'; readonly value: number } | { readonly kind: 's' | 'g' | 'b'; readonly value: string };

export interface NodeIdText {
  readonly namespace: NamespaceRef;
  readonly identifier: Identifier;
}

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

const EXAMPLES = 'such as "ns=2;s=temperature", "ns=2;i=1001", "nsu=http://example.org/;s=temperature" or "i=2258"';
/** A comma after the index is how the specification's examples write it. */
const NODE_ID = /^(?:ns=(\d{1,5})[;,]|nsu=([^;]+);)?([isgb])=(.*)$/s;
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const MAX_INDEX = 65_535;
const MAX_NUMERIC = 4_294_967_295;
/** Part 3, 8.2.4: at most 4096 characters. */
const MAX_IDENTIFIER = 4096;

/** `ns=2;s=name`, `ns=2;i=42`, `ns=2;g=<GUID>`, `ns=2;b=<Base64>`, `nsu=<URI>;...`, or without a namespace for namespace 0. */
export function parseNodeId(text: string): Parsed<NodeIdText> {
  const [, index, uri, kind, value = ''] = NODE_ID.exec(text.trimStart()) ?? [];
  if (kind === undefined) return refuse(`must be a NodeId, ${EXAMPLES}`, text);
  if (index !== undefined && Number(index) > MAX_INDEX) return refuse(`has a namespace index above ${MAX_INDEX}`, text);
  // Blanks at the end belong to a name: servers have such nodes.
  const identifier = parseIdentifier(kind, kind === 's' ? value : value.trimEnd());
  if (!identifier.ok) return refuse(identifier.message, text);
  const namespace = uri === undefined ? { index: Number(index ?? 0) } : { uri: decodeUri(uri) };
  return { ok: true, value: { namespace, identifier: identifier.value } };
}

/** The form `parseNodeId` reads, in its shortest spelling. */
export function formatNodeId({ namespace, identifier }: NodeIdText): string {
  const local = `${identifier.kind}=${identifier.value}`;
  if ('uri' in namespace) return `nsu=${encodeUri(namespace.uri)};${local}`;
  return namespace.index === 0 ? local : `ns=${namespace.index};${local}`;
}

function parseIdentifier(kind: string, value: string): Parsed<Identifier> {
  if (value.length > MAX_IDENTIFIER) {
    return { ok: false, message: `must have an identifier of at most ${MAX_IDENTIFIER} characters` };
  }
  switch (kind) {
    case 'i':
      if (/^\d{1,10}$/.test(value) && Number(value) <= MAX_NUMERIC)
        return { ok: true, value: { kind, value: Number(value) } };
      return { ok: false, message: `must have a whole number from 0 to ${MAX_NUMERIC} after "i="` };
    case 'g':
      if (GUID.test(value)) return { ok: true, value: { kind, value: value.toLowerCase() } };
      return { ok: false, message: 'must have a GUID after "g=", such as 09087e75-8e5e-499b-954f-f2a9603db28a' };
    case 'b': {
      const bytes = base64ToBytes(value);
      if (bytes !== undefined) return { ok: true, value: { kind, value: bytesToBase64(bytes) } };
      return { ok: false, message: 'must have Base64 after "b="' };
    }
    default:
      if (value !== '') return { ok: true, value: { kind: 's', value } };
      return { ok: false, message: 'must have a name after "s="' };
  }
}

/** Part 6, 5.3.1.11: `;` and `%` of a URI are written as %3B and %25. */
export const decodeUri = (text: string): string => text.replace(/%3B/gi, ';').replace(/%25/g, '%');
export const encodeUri = (uri: string): string => uri.replace(/%/g, '%25').replace(/;/g, '%3B');

const refuse = (message: string, text: string): { readonly ok: false; readonly message: string } => ({
  ok: false,
  message: `${message}, got ${show(text)}`,
});
