import type { NodeId } from 'node-opcua-client';
import { DeviceError } from '../../../device/errors';
import { namespaceIndex, toLibraryNodeId } from '../node-address-ids';
import type { PathStep } from '../node-address-path';
import { toOpcUaError } from '../status-codes';
import { ask, type ActionContext } from './context';
import type { NodeRef } from './payload';

/** The Root folder, where paths without a NodeId start. */
const ROOT = 'i=84';
/** What `/` and `.` of a path follow (part 4, A.2). */
const REFERENCES = { '/': 'HierarchicalReferences', '.': 'Aggregates' } as const;

/**
 * The NodeId a message means, on this session.
 * @throws DeviceError OPCUA_BadNodeIdUnknown for an unknown namespace, OPCUA_BadNoMatch for a path that leads nowhere
 */
export async function resolveNode(context: ActionContext, { nodeID, browsePath, text }: NodeRef): Promise<NodeId> {
  const { library, ua } = context;
  const start = nodeID === undefined ? library.resolveNodeId(ROOT) : toLibraryNodeId(library, nodeID, ua.namespaces());
  if (browsePath === undefined) return start;
  const what = `cannot find ${text}`;
  const path = new library.BrowsePath({
    startingNode: start,
    relativePath: { elements: browsePath.map((step) => pathElement(context, step)) },
  });
  const { statusCode, targets } = await ask(context, what, () => ua.session.translateBrowsePath(path));
  const [target] = targets ?? [];
  if (statusCode.isBad() || target === undefined) {
    throw statusCode.isBad()
      ? toOpcUaError(statusCode, what)
      : new DeviceError('OPCUA_BadNoMatch', `${what}: no node has this browse path (BadNoMatch)`);
  }
  return target.targetId;
}

function pathElement({ library, ua }: ActionContext, step: PathStep) {
  const { reference, isInverse, includeSubtypes, namespace, name } = step;
  return {
    referenceTypeId: referenceTypeId(library, typeof reference === 'string' ? REFERENCES[reference] : reference.name),
    isInverse,
    includeSubtypes,
    targetName: { namespaceIndex: namespaceIndex(namespace, ua.namespaces()), name },
  };
}

/** @throws DeviceError OPCUA_BadReferenceTypeIdInvalid for a name that is none of the specification's */
export function referenceTypeId(library: ActionContext['library'], name: string): NodeId {
  const types = library.ReferenceTypeIds as unknown as Readonly<Record<string, unknown>>;
  const id = Object.hasOwn(types, name) ? types[name] : undefined;
  if (typeof id === 'number') return library.resolveNodeId(`i=${id}`);
  throw new DeviceError('OPCUA_BadReferenceTypeIdInvalid', `"${name}" is no reference type of the specification`);
}
