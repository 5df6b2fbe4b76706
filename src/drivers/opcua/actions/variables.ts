import { nodeIdText, naturalVariant } from '../values/natural';
import { builtInName, type BuiltInName } from '../values/types';
import { ask, chunksOf, type ActionContext } from './context';

/** What a browse adds to variables. */
export interface VariableFacts {
  /** Undefined where the server has none, or does not let it be read. */
  readonly value: unknown;
  /** Built-in type of the value; `Null` where there is none. */
  readonly builtInType: BuiltInName;
  /** NodeId of the data type. */
  readonly dataType?: string;
  /** Name of the status: `Good`, `BadUserAccessDenied`. */
  readonly status: string;
}

interface BrowsedLike {
  readonly nodeID: string;
  readonly nodeClass: string;
}

const VALUE = 13;
const DATA_TYPE = 14;

/** The nodes, those that are variables with their present value and data type. */
export async function readVariables<T extends BrowsedLike>(
  context: ActionContext,
  nodes: readonly T[],
): Promise<(T & Partial<VariableFacts>)[]> {
  const { session, operationLimits } = context.ua;
  const facts = new Map<string, VariableFacts>();
  const variables = nodes.filter(({ nodeClass }) => nodeClass === 'Variable');
  for (const chunk of chunksOf(variables, Math.max(1, Math.floor(operationLimits.maxNodesPerRead / 2)))) {
    const ids = chunk.flatMap(({ nodeID }) => [
      { nodeId: nodeID, attributeId: VALUE },
      { nodeId: nodeID, attributeId: DATA_TYPE },
    ]);
    const values = await ask(context, 'cannot read values', () => session.read(ids));
    await context.ua.structures.complete(
      values.map(({ value }) => value),
      context.signal,
    );
    chunk.forEach(({ nodeID }, index) => {
      const value = values[2 * index];
      const dataType: unknown = values[2 * index + 1]?.value.value;
      if (value === undefined) return;
      facts.set(nodeID, {
        value: value.statusCode.isBad() ? undefined : naturalVariant(value.value),
        builtInType: builtInName(value.value.dataType),
        ...(dataType instanceof context.library.NodeId ? { dataType: nodeIdText(dataType) } : {}),
        status: value.statusCode.name,
      });
    });
  }
  return nodes.map((node) => ({ ...node, ...facts.get(node.nodeID) }));
}
