import { type AttributeIds, type BaseNode, DataValue, type ISessionContext, StatusCodes } from 'node-opcua';

/** As gopcua 0.8.0 answers where it is asked for ValueRank, AccessLevel and others: it has no such attribute. */
export function withoutAttributes<N extends BaseNode>(node: N, ...attributes: AttributeIds[]): N {
  const read = node.readAttribute.bind(node);
  node.readAttribute = (context: ISessionContext | null, attribute: AttributeIds, ...rest) =>
    attributes.includes(attribute)
      ? new DataValue({ statusCode: StatusCodes.BadAttributeIdInvalid })
      : read(context, attribute, ...rest);
  return node;
}
