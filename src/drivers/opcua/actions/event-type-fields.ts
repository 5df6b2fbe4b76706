import type { BrowseResult, NodeId } from 'node-opcua-client';
import { qualifiedNameText } from '../values/natural';
import { ask, chunksOf, type ActionContext } from './context';

const BASE_EVENT_TYPE = 'i=2041';
const HAS_SUBTYPE = 'i=45';
/** HasProperty and HasComponent are of these. */
const AGGREGATES = 'i=44';
const VARIABLE = 2;
const DATA_AND_NAME = 63;
/** A server with more than so many types or fields of its own is asked for those of the first. */
const MOST_TYPES = 200;
const MOST_FIELDS = 200;

/**
 * The fields that event types of other namespaces add to those of the specification: of `eventType`, what it is derived
 * from and what is derived from it; without one of all. Empty where the server does not let its types be browsed.
 */
export async function ownEventFields(context: ActionContext, eventType: NodeId | undefined): Promise<string[]> {
  const start = eventType ?? context.library.coerceNodeId(BASE_EVENT_TYPE);
  try {
    const types = [...(await supertypesOf(context, start)), start, ...(await subtypesOf(context, start))];
    const own = types.filter(({ namespace }) => namespace !== 0).slice(0, MOST_TYPES);
    const results = await browse(context, own, AGGREGATES, 'Forward', VARIABLE);
    const names = results.flatMap(({ references }) =>
      (references ?? []).map(({ browseName }) => qualifiedNameText(browseName)),
    );
    return [...new Set(names)].slice(0, MOST_FIELDS);
  } catch (error) {
    if (context.signal.aborted) throw error;
    return [];
  }
}

async function supertypesOf(context: ActionContext, type: NodeId): Promise<NodeId[]> {
  const found: NodeId[] = [];
  let at: NodeId | undefined = type;
  while (at !== undefined && at.namespace !== 0 && found.length < MOST_TYPES) {
    const [result]: BrowseResult[] = await browse(context, [at], HAS_SUBTYPE, 'Inverse', 0);
    at = result?.references?.[0]?.nodeId;
    if (at !== undefined) found.unshift(at);
  }
  return found;
}

async function subtypesOf(context: ActionContext, type: NodeId): Promise<NodeId[]> {
  const found: NodeId[] = [];
  let level = [type];
  while (level.length > 0 && found.length < MOST_TYPES) {
    const results = await browse(context, level, HAS_SUBTYPE, 'Forward', 0);
    level = results.flatMap(({ references }) => (references ?? []).map(({ nodeId }) => nodeId));
    found.push(...level);
  }
  return found;
}

async function browse(
  context: ActionContext,
  nodes: readonly NodeId[],
  referenceTypeId: string,
  direction: 'Forward' | 'Inverse',
  nodeClassMask: number,
): Promise<BrowseResult[]> {
  const { library, ua } = context;
  const results: BrowseResult[] = [];
  for (const chunk of chunksOf(nodes, ua.operationLimits.maxNodesPerBrowse)) {
    const descriptions = chunk.map((nodeId) => ({
      nodeId,
      referenceTypeId,
      includeSubtypes: true,
      browseDirection: library.BrowseDirection[direction],
      nodeClassMask,
      resultMask: DATA_AND_NAME,
    }));
    results.push(...(await ask(context, 'cannot browse event types', () => ua.session.browse(descriptions))));
  }
  return results;
}
