import type { BrowseDescriptionOptions, BrowseResult, DataValue, ReferenceDescription } from 'node-opcua-client';
import { valueToText } from '../../base/values/index';
import { ATTRIBUTES } from '../../drivers/opcua/config/attributes';
import { loadOpcUa } from '../../drivers/opcua/library/load';
import { formatNodeId, parseNodeId } from '../../drivers/opcua/address/node-address';
import type { UaSession } from '../../drivers/opcua/session/session-pool';
import { toOpcUaError } from '../../drivers/opcua/library/status-codes';
import { decodeVariant } from '../../drivers/opcua/values/decode';
import { builtInName } from '../../drivers/opcua/values/types';

/** One node as the address-space tree of the dialog shows it. */
export interface PickedNode {
  /** As a property's `visitor.nodeID`: by the URI of the namespace, whose index may be another after a restart of the server. */
  readonly nodeID: string;
  /** The same by the namespace's index at the moment. */
  readonly indexNodeID: string;
  /** `2:Level` */
  readonly browseName: string;
  readonly displayName: string;
  /** `Object`, `Variable`, `Method`, `View`, ... */
  readonly nodeClass: string;
  readonly hasChildren: boolean;
  /** Of variables: `Double`, `Int32[]`, or the name of a type of the server's own. */
  readonly dataType?: string;
  /** Of variables: the value now, as text, shortened; or in brackets why there is none. */
  readonly value?: string;
  /** Of variables: whether this user may write it. */
  readonly writable?: boolean;
}

export interface PickedPage {
  readonly nodes: readonly PickedNode[];
  /** Where the next page begins; absent when this was the last. */
  readonly next?: number;
}

const OBJECTS_FOLDER = 'i=85';
/** HierarchicalReferences and all its subtypes. */
const HIERARCHICAL = 'i=33';
/** Nodes of one answer: each variable costs three reads. */
const PAGE = 100;
/** References of one node that are looked at; a folder with more is for people who know the NodeId. */
const MOST_REFERENCES = 10_000;
const LONGEST_VALUE = 120;
const CURRENT_WRITE = 2;

/** One level of the tree: the children of a node (default: the Objects folder), from the `start`-th on. */
export async function readLevel(ua: UaSession, nodeID: string | undefined, start = 0): Promise<PickedPage> {
  const parent = toServerNodeId(ua, nodeID ?? OBJECTS_FOLDER);
  const [references = []] = await browseNodes(ua, [parent], `cannot browse ${nodeID ?? 'Objects'}`);
  const end = start + PAGE;
  const nodes = await describeNodes(ua, references.slice(start, end));
  return { nodes, ...(references.length > end ? { next: end } : {}) };
}

/** What hierarchical references lead to from each of the nodes, forward, each target once. @throws DeviceError when one cannot be browsed */
export async function browseNodes(
  { session, operationLimits }: UaSession,
  nodeIds: readonly string[],
  context: string,
): Promise<ReferenceDescription[][]> {
  const { BrowseDirection } = await loadOpcUa();
  const lists: ReferenceDescription[][] = [];
  for (const chunk of chunksOf(nodeIds, operationLimits.maxNodesPerBrowse)) {
    const requests = chunk.map((nodeId): BrowseDescriptionOptions => ({
      nodeId,
      browseDirection: BrowseDirection.Forward,
      referenceTypeId: HIERARCHICAL,
      includeSubtypes: true,
      nodeClassMask: 0,
      resultMask: 63,
    }));
    try {
      for (const result of await session.browse(requests)) lists.push(await allReferences(session, result, context));
    } catch (error) {
      throw toOpcUaError(error, context);
    }
  }
  return lists;
}

async function allReferences(
  session: UaSession['session'],
  first: BrowseResult,
  context: string,
): Promise<ReferenceDescription[]> {
  if (first.statusCode.isBad()) throw toOpcUaError(first.statusCode, context);
  const references = [...(first.references ?? [])];
  let point = first.continuationPoint as Buffer | null | undefined;
  while (point && point.length > 0) {
    const isEnough = references.length >= MOST_REFERENCES;
    const more = await session.browseNext(point, isEnough);
    if (isEnough) break;
    if (more.statusCode.isBad()) throw toOpcUaError(more.statusCode, context);
    references.push(...(more.references ?? []));
    point = more.continuationPoint;
  }
  const byId = new Map(references.map((reference) => [reference.nodeId.toString(), reference]));
  // A node of another server cannot be reached through this session.
  return [...byId.values()].filter(({ nodeId }) => nodeId.serverIndex === 0);
}

/** What there is to show of nodes; types and values in a few requests for all. */
export async function describeNodes(ua: UaSession, references: readonly ReferenceDescription[]): Promise<PickedNode[]> {
  const variables = references.filter((reference) => classOf(reference) === 'Variable');
  const facts = await describeVariables(ua, variables);
  return references.map((reference) => ({
    nodeID: toFlowNodeId(ua, reference.nodeId.toString()),
    indexNodeID: withoutZero(reference.nodeId.toString()),
    browseName: `${reference.browseName.namespaceIndex}:${reference.browseName.name ?? ''}`,
    displayName: reference.displayName.text ?? reference.browseName.name ?? '',
    nodeClass: classOf(reference),
    hasChildren: ['Object', 'View'].includes(classOf(reference)),
    ...facts.get(reference),
  }));
}

/** Part 3, 8.29 */
const NODE_CLASSES: Readonly<Record<number, string>> = {
  1: 'Object',
  2: 'Variable',
  4: 'Method',
  8: 'ObjectType',
  16: 'VariableType',
  32: 'ReferenceType',
  64: 'DataType',
  128: 'View',
};

const classOf = ({ nodeClass }: ReferenceDescription): string => NODE_CLASSES[nodeClass] ?? 'Unspecified';

/** What a level waits for types of structures; those that take longer are shown as bytes. */
const STRUCTURES_MS = 1500;

type VariableFacts = Pick<PickedNode, 'hasChildren' | 'dataType' | 'value' | 'writable'>;

async function describeVariables(
  ua: UaSession,
  variables: readonly ReferenceDescription[],
): Promise<Map<ReferenceDescription, VariableFacts>> {
  const ids = variables.map(({ nodeId }) => nodeId.toString());
  const names = ['DataType', 'ValueRank', 'UserAccessLevel', 'Value'] as const;
  const values = await readAttributes(
    ua,
    ids.flatMap((nodeId) => names.map((name) => ({ nodeId, attributeId: ATTRIBUTES[name].id }))),
  );
  const shownValues = ids.flatMap((_, index) => values[index * names.length + names.indexOf('Value')]?.value ?? []);
  await ua.structures.complete(shownValues, AbortSignal.timeout(STRUCTURES_MS));
  const typeNames = await typeNamesOf(
    ua,
    ids.map((_, index) => String(values[index * names.length]?.value.value ?? '')),
  );
  const children = await browseNodes(ua, ids, 'cannot browse').catch(() => []);
  return new Map(
    variables.map((variable, index) => {
      const at = index * names.length;
      const [rank, access, value] = [values[at + 1], values[at + 2], values[at + 3]];
      const isArray = Number(rank?.value.value ?? -1) >= 0 || (value?.value.arrayType ?? 0) > 0;
      return [
        variable,
        {
          hasChildren: (children[index] ?? []).length > 0,
          dataType: `${typeNames[index] ?? ''}${isArray ? '[]' : ''}`,
          value: shown(value),
          writable: (Number(access?.value.value ?? 0) & CURRENT_WRITE) !== 0,
        },
      ];
    }),
  );
}

async function readAttributes(
  { session, operationLimits }: UaSession,
  requests: readonly { nodeId: string; attributeId: number }[],
): Promise<DataValue[]> {
  const values: DataValue[] = [];
  try {
    for (const chunk of chunksOf(requests, operationLimits.maxNodesPerRead)) {
      values.push(...(await session.read([...chunk])));
    }
    return values;
  } catch (error) {
    throw toOpcUaError(error, 'cannot read');
  }
}

/** Names of data types by their NodeIds; those of the specification's built-in types need no request. */
async function typeNamesOf(ua: UaSession, nodeIds: readonly string[]): Promise<string[]> {
  const builtIn = (nodeId: string) => /^(?:ns=0;)?i=(\d+)$/.exec(nodeId)?.[1];
  const isKnown = (nodeId: string) => nodeId === '' || Number(builtIn(nodeId) ?? 0) in KNOWN;
  const unknown = [...new Set(nodeIds.filter((nodeId) => !isKnown(nodeId)))];
  const read = await readAttributes(
    ua,
    unknown.map((nodeId) => ({ nodeId, attributeId: ATTRIBUTES.BrowseName.id })),
  );
  const names = new Map(
    unknown.map((nodeId, index) => {
      const name = (read[index]?.value.value as { name?: string | null } | null | undefined)?.name;
      return [nodeId, name ?? nodeId];
    }),
  );
  return nodeIds.map((nodeId) =>
    nodeId === '' ? '' : (names.get(nodeId) ?? KNOWN[Number(builtIn(nodeId))] ?? nodeId),
  );
}

/** The built-in types under their own NodeIds (part 6, 5.1.2). `i=24` is BaseDataType: any type at all. */
const KNOWN: Readonly<Record<number, string>> = {
  ...Object.fromEntries(Array.from({ length: 23 }, (_, index) => [index + 1, builtInName(index + 1)])),
  22: 'Structure',
  24: 'any',
  26: 'Number',
  27: 'Integer',
  28: 'UInteger',
  29: 'Enumeration',
};

function shown(value: DataValue | undefined): string {
  if (value === undefined) return '';
  if (value.statusCode.isBad()) return `(${value.statusCode.name})`;
  try {
    const text = valueToText(decodeVariant(value.value));
    return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)} …` : text;
  } catch {
    return `(${builtInName(value.value.dataType)})`;
  }
}

/** Namespace 0 need not be named. */
export const withoutZero = (nodeId: string): string => nodeId.replace(/^ns=0;/, '');

/** A NodeId of the server as a flow keeps it: from namespace 2 on by URI. Index 0 and 1 mean the same on every start. */
export function toFlowNodeId(ua: Pick<UaSession, 'namespaces'>, nodeId: string): string {
  const parsed = parseNodeId(nodeId);
  if (!parsed.ok) return nodeId;
  const { namespace, identifier } = parsed.value;
  const uri = 'index' in namespace && namespace.index >= 2 ? ua.namespaces()[namespace.index] : undefined;
  return formatNodeId(uri === undefined ? parsed.value : { namespace: { uri }, identifier });
}

/** The NodeId of a flow with the index that its namespace has on the server now. @throws DeviceError OPCUA_BadNodeId... */
export function toServerNodeId(ua: Pick<UaSession, 'namespaces'>, nodeID: string): string {
  const parsed = parseNodeId(nodeID);
  if (!parsed.ok) throw toOpcUaError({ name: 'BadNodeIdInvalid' }, nodeID);
  const { namespace, identifier } = parsed.value;
  if ('index' in namespace) return formatNodeId(parsed.value);
  const index = ua.namespaces().indexOf(namespace.uri);
  if (index < 0) throw toOpcUaError({ name: 'BadNodeIdUnknown' }, nodeID);
  return formatNodeId({ namespace: { index }, identifier });
}

function* chunksOf<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
