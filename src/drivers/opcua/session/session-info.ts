import type { ClientSession } from 'node-opcua-client';

/** How many operations the server takes in one request; each at least 1. */
export interface OperationLimits {
  readonly maxNodesPerRead: number;
  readonly maxNodesPerWrite: number;
  readonly maxNodesPerBrowse: number;
  readonly maxNodesPerMethodCall: number;
  readonly maxNodesPerRegisterNodes: number;
  readonly maxNodesPerTranslateBrowsePathsToNodeIds: number;
  readonly maxMonitoredItemsPerCall: number;
  readonly maxNodesPerHistoryReadData: number;
  readonly maxNodesPerHistoryReadEvents: number;
}

/** What has to be known of a server before it can be used well. */
export interface ServerInfo {
  readonly namespaces: readonly string[];
  readonly operationLimits: OperationLimits;
}

/** Taken where the server sets no limit (0, or no such node): keeps one request below the usual message size of 64 kB to 1 MB. */
export const DEFAULT_LIMIT = 1000;

const NAMESPACE_ARRAY = 'i=2255';

/** NodeIds of Server.ServerCapabilities.OperationLimits (OPC 10000-5, 6.3.11). */
const LIMIT_NODES: Readonly<Record<keyof OperationLimits, string>> = {
  maxNodesPerRead: 'i=11705',
  maxNodesPerWrite: 'i=11707',
  maxNodesPerBrowse: 'i=11710',
  maxNodesPerMethodCall: 'i=11709',
  maxNodesPerRegisterNodes: 'i=11711',
  maxNodesPerTranslateBrowsePathsToNodeIds: 'i=11712',
  maxMonitoredItemsPerCall: 'i=11714',
  maxNodesPerHistoryReadData: 'i=12165',
  maxNodesPerHistoryReadEvents: 'i=12166',
};

/** Reads namespaces and limits in a request or two, never more nodes at a time than the server takes. */
export async function readServerInfo(session: Pick<ClientSession, 'read'>): Promise<ServerInfo> {
  const [namespaces, readLimit] = await readValues(session, [NAMESPACE_ARRAY, LIMIT_NODES.maxNodesPerRead]);
  const maxNodesPerRead = toLimit(readLimit);
  const names = Object.keys(LIMIT_NODES) as (keyof OperationLimits)[];
  const limits: Partial<Record<keyof OperationLimits, number>> = {};
  for (let start = 0; start < names.length; start += maxNodesPerRead) {
    const chunk = names.slice(start, start + maxNodesPerRead);
    const values = await readValues(
      session,
      chunk.map((name) => LIMIT_NODES[name]),
    );
    chunk.forEach((name, index) => (limits[name] = toLimit(values[index])));
  }
  return { namespaces: toNamespaces(namespaces), operationLimits: limits as OperationLimits };
}

async function readValues(session: Pick<ClientSession, 'read'>, nodeIds: readonly string[]): Promise<unknown[]> {
  const values = await session.read(nodeIds.map((nodeId) => ({ nodeId, attributeId: VALUE_ATTRIBUTE })));
  return values.map((value) => (value.statusCode.isGood() ? (value.value.value as unknown) : undefined));
}

/** AttributeIds.Value */
const VALUE_ATTRIBUTE = 13;

function toLimit(value: unknown): number {
  return typeof value === 'number' && value >= 1 ? Math.min(Math.floor(value), DEFAULT_LIMIT) : DEFAULT_LIMIT;
}

function toNamespaces(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map((uri) => String(uri)) : ['http://opcfoundation.org/UA/'];
}
