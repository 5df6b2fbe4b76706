import type { NodeId } from 'node-opcua-client';
import { DeviceError, ErrorCode } from '../../../base/errors';
import { show } from '../../../base/fields/fields';
import type { ActionContext } from './context';
import type { NodeRef } from './payload';

/**
 * The node a message means, on this session.
 * @throws DeviceError OPCUA_BadNodeIdUnknown for an unknown namespace, OPCUA_BadNoMatch for a path that leads nowhere
 */
export async function resolveNode({ addresses, signal }: ActionContext, node: NodeRef): Promise<NodeId> {
  const [outcome] = await addresses.resolve([node], signal);
  if (outcome?.ok === true) return outcome.answer;
  throw outcome?.error ?? new DeviceError(ErrorCode.BAD_RESPONSE, `${node.text} was not found`);
}

/**
 * The NodeId of a type of the specification, by its name.
 * @throws DeviceError BAD_MESSAGE naming `field`
 */
export function standardNode(
  library: ActionContext['library'],
  table: 'ReferenceTypeIds' | 'ObjectTypeIds',
  name: string,
  field: string,
): NodeId {
  const ids = library[table] as unknown as Readonly<Record<string, unknown>>;
  const id = Object.hasOwn(ids, name) ? ids[name] : undefined;
  if (typeof id === 'number') return library.coerceNodeId(`i=${id}`);
  const message = `must be the name of a type of the specification, or a NodeId, got ${show(name)}`;
  throw new DeviceError(ErrorCode.BAD_MESSAGE, `msg.payload.${field}: ${message}`);
}
