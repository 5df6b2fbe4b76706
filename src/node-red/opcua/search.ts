import type { ReferenceDescription } from 'node-opcua-client';
import type { UaSession } from '../../drivers/opcua/session/session-pool';
import { browseNodes, describeNodes, toServerNodeId, withoutZero, type PickedNode } from './address-space';

export interface FoundNode extends PickedNode {
  /** Display names from the Objects folder to the node's parent: `Machine / Drive`. */
  readonly path: string;
}

export interface SearchResult {
  readonly nodes: readonly FoundNode[];
  /** False where the address space is larger than a search goes, or when there are more hits. */
  readonly complete: boolean;
}

/** What a search may cost the server. */
export interface SearchLimits {
  readonly nodes: number;
  readonly hits: number;
  readonly ms: number;
}

const USUAL_LIMITS: SearchLimits = { nodes: 20_000, hits: 50, ms: 8000 };
/** Nodes browsed with one request. */
const AT_ONCE = 50;
const OBJECTS_FOLDER = 'i=85';
/** The server's description of itself: thousands of nodes that nobody looks for by name. */
const SERVER_OBJECT = 'i=2253';

interface Visited {
  readonly nodeId: string;
  readonly path: string;
}

/**
 * Nodes below the Objects folder whose display name, browse name or NodeId contains `text`, whatever the case; nearest first.
 * The Server object is left out. Ends early, with `complete: false`, at the limits or once `signal` is aborted.
 */
export async function searchNodes(
  ua: UaSession,
  text: string,
  signal: AbortSignal,
  limits: SearchLimits = USUAL_LIMITS,
): Promise<SearchResult> {
  const wanted = text.trim().toLowerCase();
  const end = Date.now() + limits.ms;
  const seen = new Set([toServerNodeId(ua, OBJECTS_FOLDER), SERVER_OBJECT]);
  const queue: Visited[] = [{ nodeId: OBJECTS_FOLDER, path: '' }];
  const hits: { reference: ReferenceDescription; path: string }[] = [];
  while (queue.length > 0) {
    if (signal.aborted || Date.now() > end || seen.size > limits.nodes || hits.length > limits.hits) break;
    const batch = queue.splice(0, AT_ONCE);
    const lists = await browseNodes(
      ua,
      batch.map(({ nodeId }) => nodeId),
      'cannot search',
    );
    for (const [index, references] of lists.entries()) {
      const parent = batch[index]?.path ?? '';
      for (const reference of references) {
        const nodeId = withoutZero(reference.nodeId.toString());
        if (seen.has(nodeId)) continue;
        seen.add(nodeId);
        const name = reference.displayName.text ?? reference.browseName.name ?? '';
        if (isMatch(reference, nodeId, wanted)) hits.push({ reference, path: parent });
        queue.push({ nodeId, path: parent === '' ? name : `${parent} / ${name}` });
      }
    }
  }
  const shown = hits.slice(0, limits.hits);
  const nodes = await describeNodes(
    ua,
    shown.map(({ reference }) => reference),
  );
  return {
    nodes: nodes.map((node, index) => ({ ...node, path: shown[index]?.path ?? '' })),
    complete: queue.length === 0 && hits.length <= limits.hits,
  };
}

function isMatch({ displayName, browseName }: ReferenceDescription, nodeId: string, wanted: string): boolean {
  const texts = [displayName.text, browseName.name, nodeId];
  return texts.some((text) => text?.toLowerCase().includes(wanted) === true);
}
