import type { NodeId } from 'node-opcua-client';
import { DeviceError } from '../../../base/errors';
import type { OpcUaLibrary } from '../library/load';
import { formatNodeId, type NamespaceRef, type NodeIdText } from './node-address';

/**
 * A NodeId of a flow on this server.
 * @throws DeviceError OPCUA_BadNodeIdUnknown when the server has no such namespace
 */
export function toLibraryNodeId(
  library: Pick<OpcUaLibrary, 'coerceNodeId'>,
  { namespace, identifier }: NodeIdText,
  namespaces: readonly string[],
): NodeId {
  const index = namespaceIndex(namespace, namespaces);
  return library.coerceNodeId(formatNodeId({ namespace: { index }, identifier }));
}

/**
 * The index a namespace has on this server now.
 * @throws DeviceError OPCUA_BadNodeIdUnknown
 */
export function namespaceIndex(namespace: NamespaceRef, namespaces: readonly string[]): number {
  if ('index' in namespace) return namespace.index;
  const index = namespaces.indexOf(namespace.uri);
  if (index >= 0) return index;
  throw new DeviceError('OPCUA_BadNodeIdUnknown', `the server has no namespace ${namespace.uri} (BadNodeIdUnknown)`, {
    advice: `Its namespaces are ${namespaces.join(', ')}.`,
  });
}
