import {
  addAggregateSupport,
  LocalizedText,
  DataType,
  StatusCodes,
  VariantArrayType,
  type Variant,
  type AddressSpace,
  type UAObject,
  type UAVariable,
} from 'node-opcua';

/** What the tests do to the machine from the server's side. */
export interface OpcUaMachine {
  readonly machine: UAObject;
  setTemperature(value: number): void;
  /** The last arguments of `Start`, as the server got them. */
  readonly started: Variant[][];
  raise(severity: number, message: string): void;
  /** An event of the type BatchEventType of namespace 1, with the fields Batch and, of its subtype, Waste. */
  raiseBatch(batch: string, waste: number): void;
  readonly batchType: string;
}

const HISTORY_START = Date.UTC(2026, 0, 1);

/** Time of the n-th value of `Temperature`'s history; its value is n. */
export const historyTime = (n: number): string => new Date(HISTORY_START + n * 1000).toISOString();

/**
 * A machine in namespace 1: `Machine` with `Temperature` (historized: 3000 values a second apart; a high alarm above 80),
 * `Speed`, the methods `Start`, `Sum` and `Stop`, and `Many` with 2500 variables; it tells events.
 */
export function addMachine(addressSpace: AddressSpace): OpcUaMachine {
  const namespace = addressSpace.getOwnNamespace();
  addressSpace.installAlarmsAndConditionsService();
  addAggregateSupport(addressSpace);
  const machine = namespace.addObject({
    browseName: 'Machine',
    nodeId: 's=Machine',
    organizedBy: addressSpace.rootFolder.objects,
    eventNotifier: 1,
    notifierOf: addressSpace.rootFolder.objects.server,
  });
  const variable = (browseName: string, value: number): UAVariable =>
    namespace.addVariable({
      browseName,
      nodeId: `s=Machine.${browseName}`,
      componentOf: machine,
      dataType: 'Double',
      value: { dataType: DataType.Double, value },
      ...(browseName === 'Temperature' ? { eventSourceOf: machine } : {}),
    });
  const temperature = variable('Temperature', 20);
  variable('Speed', 1500);
  addMany(addressSpace, machine);
  addHistory(addressSpace, temperature);
  const started = addMethods(machine);
  namespace.instantiateExclusiveLimitAlarm('ExclusiveLimitAlarmType', {
    browseName: 'TooHot',
    conditionName: 'TooHot',
    conditionSource: temperature,
    inputNode: temperature,
    componentOf: machine,
    highHighLimit: 95,
    highLimit: 80,
    lowLimit: -10,
    lowLowLimit: -20,
    optionals: ['ConfirmedState', 'Confirm'],
  });
  const raise = (severity: number, message: string): void => {
    machine.raiseEvent('BaseEventType', {
      message: { dataType: DataType.LocalizedText, value: new LocalizedText({ text: message }) },
      severity: { dataType: DataType.UInt16, value: severity },
      sourceName: { dataType: DataType.String, value: 'Machine' },
    });
  };
  const batchType = namespace.addEventType({ browseName: 'BatchEventType' });
  const wasteType = namespace.addEventType({
    browseName: 'WasteEventType',
    subtypeOf: batchType,
  });
  const field = (browseName: string, dataType: string, propertyOf: typeof batchType): void => {
    namespace.addVariable({ browseName, dataType, propertyOf, modellingRule: 'Mandatory' });
  };
  field('Batch', 'String', batchType);
  field('Waste', 'Double', wasteType);
  const raiseBatch = (batch: string, waste: number): void => {
    machine.raiseEvent(wasteType, {
      message: { dataType: DataType.LocalizedText, value: new LocalizedText({ text: 'batch' }) },
      severity: { dataType: DataType.UInt16, value: 200 },
      sourceName: { dataType: DataType.String, value: 'Machine' },
      batch: { dataType: DataType.String, value: batch },
      waste: { dataType: DataType.Double, value: waste },
    });
  };
  const setTemperature = (value: number): void => {
    temperature.setValueFromSource({ dataType: DataType.Double, value });
  };
  return { machine, setTemperature, started, raise, raiseBatch, batchType: batchType.nodeId.toString() };
}

function addMany(addressSpace: AddressSpace, machine: UAObject): void {
  const namespace = addressSpace.getOwnNamespace();
  const many = namespace.addObject({ browseName: 'Many', nodeId: 's=Machine.Many', organizedBy: machine });
  for (let index = 0; index < 2500; index += 1) {
    namespace.addVariable({
      browseName: `Item${index}`,
      nodeId: `s=Item${index}`,
      organizedBy: many,
      dataType: 'Int32',
      value: { dataType: DataType.Int32, value: index },
    });
  }
}

function addHistory(addressSpace: AddressSpace, temperature: UAVariable): void {
  addressSpace.installHistoricalDataNode(temperature, { maxOnlineValues: 5000 });
  for (let n = 0; n < 3000; n += 1) {
    const time = new Date(HISTORY_START + n * 1000);
    temperature.setValueFromSource({ dataType: DataType.Double, value: n }, StatusCodes.Good, time);
  }
}

function addMethods(machine: UAObject): Variant[][] {
  const started: Variant[][] = [];
  const namespace = machine.addressSpace.getOwnNamespace();
  const start = namespace.addMethod(machine, {
    browseName: 'Start',
    nodeId: 's=Machine.Start',
    inputArguments: [
      { name: 'speed', dataType: DataType.UInt16 },
      { name: 'recipe', dataType: DataType.String },
    ],
    outputArguments: [
      { name: 'batch', dataType: DataType.Int64 },
      { name: 'text', dataType: DataType.LocalizedText },
    ],
  });
  start.bindMethod((inputs, _context, done) => {
    started.push(inputs);
    if ((inputs[0]?.value as number) > 3000) {
      done(null, {
        statusCode: StatusCodes.BadInvalidArgument,
        inputArgumentResults: [StatusCodes.BadOutOfRange, StatusCodes.Good],
      });
      return;
    }
    done(null, {
      statusCode: StatusCodes.Good,
      outputArguments: [
        { dataType: DataType.Int64, arrayType: VariantArrayType.Scalar, value: [0x200000, 1] },
        { dataType: DataType.LocalizedText, value: new LocalizedText({ text: `started ${String(inputs[1]?.value)}` }) },
      ],
    });
  });
  const sum = namespace.addMethod(machine, {
    browseName: 'Sum',
    nodeId: 's=Machine.Sum',
    inputArguments: [{ name: 'values', dataType: DataType.Double, valueRank: 1 }],
    outputArguments: [{ name: 'sum', dataType: DataType.Double }],
  });
  sum.bindMethod((inputs, _context, done) => {
    const values = [...(inputs[0]?.value as Float64Array)];
    const value = values.reduce((total, each) => total + each, 0);
    done(null, { statusCode: StatusCodes.Good, outputArguments: [{ dataType: DataType.Double, value }] });
  });
  namespace
    .addMethod(machine, { browseName: 'Stop', nodeId: 's=Machine.Stop', inputArguments: [], outputArguments: [] })
    .bindMethod((_inputs, _context, done) => done(null, { statusCode: StatusCodes.BadUserAccessDenied }));
  return started;
}
