import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { DataType, Variant, VariantArrayType } from 'node-opcua';

/**
 * The values of the OPC UA simulator that the Octopus manifests are written for, under the same NodeIds of namespace 1:
 * `the.answer` and `myByteString`, which can be written, and one random value of each scalar type, new at every look.
 */
export function addOctopusValues(namespace) {
  const folder = namespace.addFolder('ObjectsFolder', { browseName: 'Octopus', nodeId: 's=octopus' });
  addWritable(namespace, folder, 'the.answer', DataType.Int32, 42);
  addWritable(namespace, folder, 'myByteString', DataType.ByteString, Buffer.from('test123'));
  for (const { id, type, value } of RANDOM_SCALARS) {
    namespace.addVariable({
      componentOf: folder,
      browseName: `Random ${DataType[type]}`,
      nodeId: `i=${id}`,
      dataType: type,
      accessLevel: 'CurrentRead',
      userAccessLevel: 'CurrentRead',
      minimumSamplingInterval: 100,
      value: { get: () => new Variant({ dataType: type, arrayType: VariantArrayType.Scalar, value: value() }) },
    });
  }
}

function addWritable(namespace, folder, name, dataType, value) {
  namespace.addVariable({
    componentOf: folder,
    browseName: name,
    nodeId: `s=${name}`,
    dataType,
    value: { dataType, value },
  });
}

/** Upper and lower half, as node-opcua holds 64 bits. */
const random64 = () => [randomInt(2 ** 32), randomInt(2 ** 32)];

const RANDOM_SCALARS = [
  { id: 43001, type: DataType.Boolean, value: () => Math.random() < 0.5 },
  { id: 43101, type: DataType.Int16, value: () => randomInt(-32_768, 32_768) },
  { id: 43201, type: DataType.UInt16, value: () => randomInt(65_536) },
  { id: 43301, type: DataType.Int32, value: () => randomInt(-(2 ** 31), 2 ** 31) },
  { id: 43401, type: DataType.UInt32, value: () => randomInt(2 ** 32) },
  { id: 43501, type: DataType.Int64, value: random64 },
  { id: 43601, type: DataType.UInt64, value: random64 },
  { id: 43701, type: DataType.Float, value: () => Math.fround(Math.random()) },
  { id: 43801, type: DataType.Double, value: Math.random },
  { id: 43901, type: DataType.String, value: () => randomUUID().slice(0, 8) },
  { id: 44101, type: DataType.ByteString, value: () => randomBytes(8) },
];
