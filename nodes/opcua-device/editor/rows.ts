import type { Draft } from '../../../src/editor/dialog/dialog';
import { freeName } from '../../../src/editor/form/free-name';
import type { ServerNode } from './requests';
import { valueAt } from '../../../src/editor/form/paths';
import { toInput } from '../../../src/editor/form/text-value';

/** Characters that separate or select in MQTT topics, where the name of a property may become a segment. */
const FOR_TOPICS = /[/+#\s]+/g;

/** A new property for a variable of the server. Its type is left to the server, which knows it best. */
export function propertyOf(node: ServerNode, properties: readonly Draft[]): Draft {
  const wished = node.displayName.trim().replace(FOR_TOPICS, '-') || 'value';
  const taken = properties.map(({ name }) => toInput(name));
  const name = taken.includes(wished) ? freeName(wished, taken) : wished;
  return {
    name,
    ...(node.writable === false ? { accessMode: 'ReadOnly' } : {}),
    visitor: { nodeID: node.nodeID, browseName: node.browseName },
  };
}

/** The NodeIds in the property table. */
export const nodeIdsIn = (properties: unknown): ReadonlySet<string> =>
  new Set(Array.isArray(properties) ? properties.map((property) => toInput(valueAt(property, 'visitor.nodeID'))) : []);
