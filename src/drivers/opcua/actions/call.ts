import type { Argument, CallMethodResult, NodeId } from 'node-opcua-client';
import { DeviceError, ErrorCode } from '../../../base/errors';
import { show, type FieldReader } from '../../../base/fields/fields';
import { parseNodeId } from '../address/node-address';
import { toLibraryNodeId } from '../address/node-address-ids';
import { itemError } from '../library/status-item';
import { nodeIdText } from '../values/natural';
import { decodeOutputs, encodeArguments, nameOf, type GivenArguments } from './arguments';
import { browse } from './browse';
import { ask, type ActionContext } from './context';
import { readNodeRef, type NodeRef } from './payload';
import { resolveNode } from './resolve';

export interface CallRequest {
  /** The object whose method it is. */
  readonly object: NodeRef;
  /** A NodeId, or the browse name of a method of the object, with or without its namespace index. */
  readonly method: string;
  readonly arguments: GivenArguments;
}

export interface CallAnswer {
  /** `Good`, or an uncertain status. */
  readonly status: string;
  /** Output arguments by name. */
  readonly outputs: Readonly<Record<string, unknown>>;
  /** The same by position. */
  readonly values: readonly unknown[];
}

export function readCallRequest(reader: FieldReader): CallRequest {
  const given = reader.given('arguments') ?? [];
  if (typeof given !== 'object' || ArrayBuffer.isView(given)) {
    reader.fail('arguments', `must be a list, or an object {name: value}, got ${show(given)}`);
  }
  return {
    object: readNodeRef(reader),
    method: reader.requiredString('method', 'the NodeId or the browse name of the method').trim(),
    arguments: given as GivenArguments,
  };
}

/**
 * Calls a method with arguments in the types it declares.
 * @throws DeviceError BAD_MESSAGE for arguments that do not fit; OPCUA_<status> with the status of each argument the server
 * refused
 */
export async function call(context: ActionContext, request: CallRequest): Promise<CallAnswer> {
  const { ua } = context;
  const what = `cannot call ${request.method} of ${request.object.text}`;
  const objectId = await resolveNode(context, request.object);
  const methodId = await findMethod(context, request, objectId);
  const { inputArguments, outputArguments } = await ask(context, what, () =>
    ua.session.getArgumentDefinition(methodId),
  );
  const encoded = await encodeArguments(context, inputArguments, request.arguments);
  const result = await ask(context, what, () => ua.session.call({ objectId, methodId, inputArguments: encoded }));
  if (result.statusCode.isBad()) throw refusal(what, result, inputArguments);
  const outputs = result.outputArguments ?? [];
  await ua.structures.complete(outputs, context.signal);
  return { status: result.statusCode.name, ...decodeOutputs(outputArguments, outputs) };
}

async function findMethod(context: ActionContext, request: CallRequest, objectId: NodeId): Promise<NodeId> {
  const { library, ua } = context;
  const parsed = parseNodeId(request.method);
  if (parsed.ok) return toLibraryNodeId(library, parsed.value, ua.namespaces());
  const { nodes } = await browse(context, {
    start: request.object,
    depth: 1,
    nodeClasses: new Set(['Method']),
    referenceType: 'HasComponent',
    includeSubtypes: true,
    direction: 'forward',
    limit: 10_000,
    values: false,
  });
  const wanted = request.method;
  const found = nodes.filter(({ browseName }) => browseName === wanted || browseName.replace(/^\d+:/, '') === wanted);
  const [only] = found;
  if (only !== undefined && found.length === 1) return library.resolveNodeId(only.nodeID);
  const names = nodes.map(({ browseName }) => browseName).join(', ');
  const problem = found.length === 0 ? `${nodeIdText(objectId)} has no such method` : 'several methods have this name';
  throw new DeviceError(
    ErrorCode.BAD_MESSAGE,
    `msg.payload.method: ${problem}; it has ${names === '' ? 'none' : names}, got ${show(wanted)}`,
  );
}

/** The reason, and which arguments the server did not take. */
function refusal(
  what: string,
  { statusCode, inputArgumentResults }: CallMethodResult,
  inputs: readonly Argument[],
): DeviceError {
  const error = itemError(statusCode, what);
  const bad = (inputArgumentResults ?? []).flatMap((status, index) =>
    status.isBad() ? [`${nameOf({ name: inputs[index]?.name ?? '' }, index)}: ${status.name}`] : [],
  );
  if (bad.length === 0) return error;
  const { code, message, advice } = error;
  return new DeviceError(code, `${message}; ${bad.join(', ')}`, advice === undefined ? {} : { advice });
}
