import { DataType, ensureDatatypeExtracted, Variant } from 'node-opcua';

/** The types stand in a namespace of their own: node-opcua learns the structures of a namespace once, all together. */
const TYPES_NAMESPACE = 'urn:devicelink:demo-machine';

const FIELDS = [
  { name: 'Name', dataType: DataType.String, valueRank: -1 },
  { name: 'Temperature', dataType: DataType.Double, valueRank: -1 },
  { name: 'Minutes', dataType: DataType.UInt32, valueRank: -1 },
  { name: 'Ingredients', dataType: DataType.String, valueRank: 1 },
];

/** The machine's recipe: a structure of a type of this server's own, which clients learn from its DataTypeDefinition. */
export async function addRecipe(addressSpace, object, { recipe }) {
  const type = await addRecipeType(addressSpace);
  const value = addressSpace.constructExtensionObject(type, recipe);
  addressSpace.getOwnNamespace().addVariable({
    componentOf: object,
    browseName: 'Recipe',
    nodeId: 's=machine.recipe',
    dataType: type.nodeId,
    value: new Variant({ dataType: DataType.ExtensionObject, value }),
  });
}

async function addRecipeType(addressSpace) {
  const namespace = addressSpace.registerNamespace(TYPES_NAMESPACE);
  const type = namespace.createDataType({
    browseName: 'Recipe',
    nodeId: 's=Recipe',
    isAbstract: false,
    subtypeOf: 'Structure',
    partialDefinition: FIELDS,
  });
  namespace.addObject({
    browseName: { name: 'Default Binary', namespaceIndex: 0 },
    nodeId: 's=Recipe.DefaultBinary',
    typeDefinition: 'DataTypeEncodingType',
    encodingOf: type,
  });
  await ensureDatatypeExtracted(addressSpace);
  return type;
}
