import type { BrowseDescriptionOptions, BrowseResult, NodeId, ReferenceDescription } from 'node-opcua-client';
import type { DeviceError } from '../../../base/errors';
import type { ErrorInfo } from '../../../base/errors';
import { parseNodeId } from '../address/node-address';
import { toLibraryNodeId } from '../address/node-address-ids';
import { nodeIdText, qualifiedNameText } from '../values/natural';
import { itemError } from '../library/status-item';
import type { BrowseRequest } from './browse-request';
import { ask, chunksOf, pointOf, type ActionContext } from './context';
import { resolveNode, standardNode } from './resolve';
import { readVariables, type VariableFacts } from './variables';

/** A node found by browsing. */
export interface BrowsedNode extends Partial<VariableFacts> {
  readonly nodeID: string;
  /** `2:Boiler` */
  readonly browseName: string;
  readonly displayName: string;
  readonly nodeClass: string;
  /** Name where it is one of the specification's, else NodeId. */
  readonly referenceType: string;
  readonly isForward: boolean;
  readonly typeDefinition?: string;
  /** NodeId of the node it was found at, and how many levels below the start. */
  readonly parent: string;
  readonly depth: number;
}

export interface BrowseAnswer {
  readonly nodes: readonly BrowsedNode[];
  /** There is more than `limit` allowed. */
  readonly truncated: boolean;
  /** Nodes on the way that the server did not let us browse. */
  readonly errors: readonly (ErrorInfo & { readonly nodeID: string })[];
}

/** Nodes that are looked at in one browse, matching or not. */
const MAX_VISITED = 100_000;
/** References a server is asked for at a time; more come by continuation point. */
const PAGE = 1000;

/**
 * Browses level by level, many nodes a request, and follows continuation points. Each node is answered once, however many
 * references lead to it.
 * @throws DeviceError when the start node cannot be browsed
 */
export async function browse(context: ActionContext, request: BrowseRequest): Promise<BrowseAnswer> {
  const start = await resolveNode(context, request.start);
  const walk = new Walk(context, request, start);
  await walk.run();
  const { nodes, truncated, errors } = walk;
  return { nodes: request.values ? await readVariables(context, nodes) : nodes, truncated, errors };
}

class Walk {
  readonly nodes: BrowsedNode[] = [];
  readonly errors: (ErrorInfo & { readonly nodeID: string })[] = [];
  truncated = false;
  private readonly visited: Set<string>;
  private frontier: NodeId[];
  private readonly template: Omit<BrowseDescriptionOptions, 'nodeId'>;

  constructor(
    private readonly context: ActionContext,
    private readonly request: BrowseRequest,
    start: NodeId,
  ) {
    this.visited = new Set([nodeIdText(start)]);
    this.frontier = [start];
    this.template = {
      browseDirection: context.library.BrowseDirection[DIRECTION_NAMES[request.direction]],
      referenceTypeId: toReferenceType(context, request.referenceType),
      includeSubtypes: request.includeSubtypes,
      nodeClassMask: 0,
      resultMask: 63,
    };
  }

  async run(): Promise<void> {
    for (let depth = 1; depth <= this.request.depth && this.frontier.length > 0; depth += 1) {
      const parents = this.frontier;
      this.frontier = [];
      for (const chunk of chunksOf(parents, this.context.ua.operationLimits.maxNodesPerBrowse)) {
        if (this.truncated) return;
        await this.browseChunk(chunk, depth);
      }
    }
  }

  private async browseChunk(parents: readonly NodeId[], depth: number): Promise<void> {
    const { session } = this.context.ua;
    const descriptions = parents.map((nodeId) => ({ ...this.template, nodeId }));
    session.requestedMaxReferencesPerNode = PAGE;
    const what = 'cannot browse';
    const results = await ask(this.context, what, () => session.browse(descriptions));
    let open = parents.map((parent, index) => ({ parent, result: results[index] }));
    while (open.length > 0) {
      for (const { parent, result } of open) if (result !== undefined) this.take(parent, result, depth);
      const more = open.flatMap(({ parent, result }) => {
        const point = result === undefined ? undefined : pointOf(result);
        return point === undefined ? [] : [{ parent, point }];
      });
      if (more.length === 0) return;
      const points = more.map(({ point }) => point);
      // Also when there is enough: a server keeps few of them, and each until it is told.
      const next = await ask(this.context, what, () => session.browseNext(points, this.truncated));
      if (this.truncated) return;
      open = more.map(({ parent }, index) => ({ parent, result: next[index] }));
    }
  }

  private take(parent: NodeId, { statusCode, references }: BrowseResult, depth: number): void {
    const parentID = nodeIdText(parent);
    if (statusCode.isBad()) {
      const error = itemError(statusCode, `cannot browse ${parentID}`);
      if (depth === 1) throw error;
      this.errors.push({ nodeID: parentID, ...infoOf(error) });
      return;
    }
    for (const reference of references ?? []) this.takeReference(parentID, reference, depth);
  }

  private takeReference(parent: string, reference: ReferenceDescription, depth: number): void {
    const nodeID = nodeIdText(reference.nodeId);
    if (this.visited.has(nodeID) || this.truncated) return;
    const node = describe(this.context, reference, { nodeID, parent, depth });
    const isWanted = matches(this.request, node);
    if ((isWanted && this.nodes.length >= this.request.limit) || this.visited.size >= MAX_VISITED) {
      this.truncated = true;
      return;
    }
    this.visited.add(nodeID);
    if (isWanted) this.nodes.push(node);
    // A node of another server cannot be browsed here.
    if (reference.nodeId.serverIndex === 0) this.frontier.push(reference.nodeId);
  }
}

const DIRECTION_NAMES = { forward: 'Forward', inverse: 'Inverse', both: 'Both' } as const;

function toReferenceType({ library, ua }: ActionContext, text: string): NodeId {
  const parsed = parseNodeId(text);
  if (!parsed.ok) return standardNode(library, 'ReferenceTypeIds', text, 'referenceType');
  return toLibraryNodeId(library, parsed.value, ua.namespaces());
}

function describe(
  { library }: ActionContext,
  reference: ReferenceDescription,
  place: Pick<BrowsedNode, 'nodeID' | 'parent' | 'depth'>,
): BrowsedNode {
  const { browseName, displayName, nodeClass, isForward } = reference;
  const typeDefinition = reference.typeDefinition as NodeId | null; // only objects and variables have one
  return {
    nodeID: place.nodeID,
    browseName: qualifiedNameText(browseName),
    displayName: displayName.text ?? '',
    nodeClass: library.NodeClass[nodeClass] ?? String(nodeClass),
    referenceType: referenceTypeName(library, reference.referenceTypeId),
    isForward,
    ...(typeDefinition === null || typeDefinition.isEmpty() ? {} : { typeDefinition: nodeIdText(typeDefinition) }),
    parent: place.parent,
    depth: place.depth,
  };
}

function referenceTypeName(library: ActionContext['library'], id: NodeId): string {
  const names = library.ReferenceTypeIds as unknown as Readonly<Record<string, unknown>>;
  const name = id.namespace === 0 ? names[String(id.value)] : undefined;
  return typeof name === 'string' ? name : nodeIdText(id);
}

function matches({ nodeClasses, name }: BrowseRequest, node: BrowsedNode): boolean {
  if (nodeClasses !== undefined && !nodeClasses.has(node.nodeClass)) return false;
  if (name === undefined) return true;
  return name.test(node.browseName.replace(/^\d+:/, '')) || name.test(node.displayName);
}

const infoOf = ({ code, message }: DeviceError): ErrorInfo => ({ code, message });
