import { DataType, standardUnits, StatusCodes, Variant, VariantArrayType } from 'node-opcua';
import { addRecipe } from './opcua-recipe.mjs';
import { HIGH_HIGH_LIMIT, HIGH_LIMIT, MachineState, MAX_SETPOINT, MAX_SPEED } from './machine.mjs';

/** One hour of temperatures, two a second. */
const HISTORY_LENGTH = 7200;

/**
 * The machine as nodes of namespace 1, below `Objects/Machine`:
 *
 * | node                                          | what                                                          |
 * |-----------------------------------------------|---------------------------------------------------------------|
 * | `s=machine.state`                             | enumeration MachineState                                      |
 * | `s=machine.temperature`                       | Double, degrees Celsius; its last hour can be read as history |
 * | `s=machine.setpoint`                          | Double, writable, 0 to 120                                    |
 * | `s=machine.speed`                             | UInt32, revolutions a minute                                  |
 * | `s=machine.zones`                             | Double[3], temperatures of three zones                        |
 * | `s=machine.recipe`                            | structure Recipe, writable                                    |
 * | `s=machine.start`, `s=machine.stop`           | methods; BadInvalidState where there is nothing to do         |
 * | `s=machine.setSpeed`                          | method: `speed` in, `previous` out; 0 to 3000                 |
 * | `s=machine.overheated`                        | alarm: temperature above 80, and above 100                    |
 *
 * @returns `refresh()`: tells the server what the machine is like now
 */
export async function addMachine(addressSpace, machine) {
  const namespace = addressSpace.getOwnNamespace();
  const object = namespace.addObject({
    organizedBy: addressSpace.rootFolder.objects,
    browseName: 'Machine',
    nodeId: 's=machine',
    description: 'A heated mixer',
    notifierOf: addressSpace.rootFolder.objects.server,
    eventNotifier: 1,
  });
  const variables = addVariables(namespace, object, machine);
  await addRecipe(addressSpace, object, machine);
  addMethods(namespace, object, machine);
  addressSpace.installHistoricalDataNode(variables.temperature, { maxOnlineValues: HISTORY_LENGTH });
  addAlarm(namespace, object, variables.temperature);
  const refresh = () => {
    variables.state.setValueFromSource({ dataType: DataType.Int32, value: machine.state });
    variables.temperature.setValueFromSource({ dataType: DataType.Double, value: machine.temperature });
    variables.speed.setValueFromSource({ dataType: DataType.UInt32, value: machine.speed });
    variables.zones.setValueFromSource(zonesOf(machine));
  };
  refresh();
  return { refresh };
}

function addVariables(namespace, object, machine) {
  const states = namespace.addEnumerationType({
    browseName: 'MachineState',
    nodeId: 's=MachineState',
    enumeration: Object.entries(MachineState).map(([displayName, value]) => ({ displayName, value })),
  });
  const readOnly = { componentOf: object, accessLevel: 'CurrentRead', userAccessLevel: 'CurrentRead' };
  const state = namespace.addVariable({
    ...readOnly,
    browseName: 'State',
    nodeId: 's=machine.state',
    dataType: states.nodeId,
  });
  const speed = namespace.addVariable({
    ...readOnly,
    browseName: 'Speed',
    nodeId: 's=machine.speed',
    dataType: DataType.UInt32,
  });
  const zones = namespace.addVariable({
    ...readOnly,
    browseName: 'Zones',
    nodeId: 's=machine.zones',
    dataType: DataType.Double,
    valueRank: 1,
    arrayDimensions: [3],
  });
  const celsius = {
    engineeringUnitsRange: { low: 0, high: MAX_SETPOINT },
    engineeringUnits: standardUnits.degree_celsius,
  };
  const temperature = namespace.addAnalogDataItem({
    ...readOnly,
    ...celsius,
    accessLevel: 'CurrentRead | HistoryRead',
    userAccessLevel: 'CurrentRead | HistoryRead',
    browseName: 'Temperature',
    nodeId: 's=machine.temperature',
    eventSourceOf: object,
    dataType: DataType.Double,
    value: { dataType: DataType.Double, value: machine.temperature },
  });
  namespace.addAnalogDataItem({
    ...celsius,
    componentOf: object,
    browseName: 'Setpoint',
    nodeId: 's=machine.setpoint',
    dataType: DataType.Double,
    minimumSamplingInterval: 100,
    value: {
      get: () => new Variant({ dataType: DataType.Double, value: machine.setpoint }),
      set: ({ value }) => setWithin(value, MAX_SETPOINT, (setpoint) => (machine.setpoint = setpoint)),
    },
  });
  return { state, speed, zones, temperature };
}

/** The middle is warmest. */
const zonesOf = ({ temperature }) => ({
  dataType: DataType.Double,
  arrayType: VariantArrayType.Array,
  value: new Float64Array([temperature - 1, temperature, temperature - 2]),
});

function setWithin(value, highest, set) {
  if (!(value >= 0 && value <= highest)) return StatusCodes.BadOutOfRange;
  set(value);
  return StatusCodes.Good;
}

function addMethods(namespace, object, machine) {
  const add = (browseName, nodeId, run, inputArguments = [], outputArguments = []) =>
    namespace
      .addMethod(object, { browseName, nodeId, inputArguments, outputArguments })
      .bindMethod((inputs, _context, callback) => callback(null, run(inputs)));
  const unless = (isDone) => ({
    statusCode: isDone ? StatusCodes.Good : StatusCodes.BadInvalidState,
    outputArguments: [],
  });
  add('Start', 's=machine.start', () => unless(machine.start()));
  add('Stop', 's=machine.stop', () => unless(machine.stop()));
  const speed = (name, description) => ({ name, description, dataType: DataType.UInt32 });
  add(
    'SetSpeed',
    's=machine.setSpeed',
    ([{ value }]) => {
      const previous = { dataType: DataType.UInt32, value: machine.speedSetpoint };
      const statusCode = setWithin(value, MAX_SPEED, (wanted) => (machine.speedSetpoint = wanted));
      return { statusCode, outputArguments: [previous] };
    },
    [speed('speed', 'Revolutions a minute, 0 to 3000')],
    [speed('previous', 'The speed set before')],
  );
}

function addAlarm(namespace, object, temperature) {
  namespace.instantiateExclusiveLimitAlarm('ExclusiveLimitAlarmType', {
    browseName: 'Overheated',
    nodeId: 's=machine.overheated',
    componentOf: object,
    conditionSource: temperature,
    conditionName: 'Overheated',
    inputNode: temperature,
    highHighLimit: HIGH_HIGH_LIMIT,
    highLimit: HIGH_LIMIT,
    lowLimit: -20,
    lowLowLimit: -40,
    optionals: ['ConfirmedState', 'Confirm'],
  });
}
