import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ListAnswers, PointList } from '../../../../../src/base/lists/point-list';
import { parseModbusConfig } from '../../../../../src/drivers/modbus/config/config';
import { readModbusList } from '../../../../../src/drivers/modbus/lists';
import { parseYaml } from '../../../../../src/editor/lists/yaml';

function read(name: string, answers: ListAnswers = {}): PointList {
  const text = readFileSync(new URL(`./files/${name}`, import.meta.url), 'utf8');
  const result = readModbusList(text, answers, parseYaml);
  if (!result.ok) expect.unreachable(`${name}: ${result.message}`);
  return result.list;
}

/** `name: kind offset type quantity order bit | operations | unit | access` of each point, the defaults left out. */
function inShort({ points }: PointList): string[] {
  const properties = points.map((point) => point.property ?? {});
  const parsed = parseModbusConfig({ protocol: { tcp: { endpoint: 'h' } }, properties });
  if (!parsed.ok) expect.unreachable(JSON.stringify(parsed.problems));
  return parsed.value.properties.map(({ name, type, visitor, orderOfOperations = [], unit, accessMode }) => {
    const { register, offset, quantity, endianness, bit } = visitor;
    const kind = register.replace('Register', '');
    const order = endianness === 'BigEndian' ? '' : ` ${endianness}`;
    const steps = orderOfOperations.map((step) => ` ${step.type} ${step.value}`).join('');
    const place = `${kind} ${offset} ${type}x${quantity}${order}${bit === undefined ? '' : `.${bit}`}`;
    return `${name}: ${place}${steps}${unit === undefined ? '' : ` [${unit}]`} ${accessMode}`;
  });
}

const notes = ({ notes: all }: PointList): string[] =>
  all.map(({ id, values }) => [id, ...Object.values(values)].join(' '));

describe('lists as people have them', () => {
  it('reads a German table with decimal commas and a title above', () => {
    const list = read('heat-pump.csv');
    expect(inShort(list)).toEqual([
      'Außentemperatur: Input 0 int16x1 Multiply 0.1 [°C] ReadOnly',
      'Vorlauftemperatur: Input 1 int16x1 Multiply 0.1 [°C] ReadOnly',
      'Sollwert Vorlauf: Holding 5 int16x1 Multiply 0.1 [°C] ReadWrite',
      'Wärmemenge: Input 10 uint32x2 Multiply 0.01 [kWh] ReadOnly',
      'Verdichter läuft: DiscreteInput 3 booleanx1 ReadOnly',
      'Freigabe: Coil 0 booleanx1 ReadWrite',
    ]);
    expect(list.questions).toEqual([{ id: 'count', about: 'Register-Adresse', choices: ['0', '1'], answer: '0' }]);
    expect(list.points.map(({ line }) => line)).toEqual([3, 4, 5, 6, 7, 8]);
  });

  it('asks what 40001 is, and takes none of it before that is answered', () => {
    const open = read('meter.tsv');
    expect(open.questions).toEqual([{ id: 'five', about: '40001', choices: ['reference', 'number'] }]);
    expect(open.points.flatMap(({ property }) => property ?? [])).toEqual([]);
    expect(inShort(read('meter.tsv', { five: 'reference' }))).toEqual([
      'Voltage L1: Holding 0 float32x2 [V] ReadWrite',
      'Current L1: Holding 2 float32x2 [A] ReadWrite',
      'Active power: Holding 4 int32x2 Multiply 10 [W] ReadWrite',
      'Energy import: Holding 6 uint64x4 Divide 1000 [kWh] ReadWrite',
      'Serial: Holding 10 stringx8 ReadWrite',
    ]);
    const numbers = read('meter.tsv', { five: 'number', register: 'InputRegister', count: '1' });
    expect(inShort(numbers)[0]).toBe('Voltage L1: Input 40000 float32x2 [V] ReadOnly');
    expect(numbers.questions.map(({ id, answer }) => [id, answer])).toEqual([
      ['five', 'number'],
      ['count', '1'],
      ['register', 'InputRegister'],
    ]);
  });

  it('reads the addresses of a PLC', () => {
    expect(inShort(read('plc.csv'))).toEqual([
      'Motor.Speed: Holding 10 int16x1 ReadWrite',
      'Motor.Torque: Holding 12 float32x2 ReadWrite',
      'Motor.Fault: Holding 20 booleanx1.3 ReadWrite',
      'Tank.Level: Input 4 uint16x1 ReadOnly',
      'Pump.On: Coil 2 booleanx1 ReadWrite',
    ]);
  });

  it("reads ioBroker's table, whose offset is an addend, and tells what it leaves out", () => {
    const list = read('iobroker.tsv');
    expect(inShort(list)).toEqual([
      'Temp: Holding 0 int16x1 Multiply 0.1 [°C] ReadWrite',
      'Power: Holding 2 floatx2 LittleEndianSwap [W] ReadWrite',
      'Count: Holding 4 uint32x2 ReadWrite',
    ]);
    expect(notes(list)).toEqual(['leftOut formula, role, room, poll, wp, cw, isScale']);
    expect(list.questions.map(({ id }) => id)).toEqual(['count', 'register']);
  });

  it("reads Home Assistant's configuration.yaml", () => {
    const list = read('home-assistant.yaml');
    expect([list.format, list.questions]).toEqual(['home-assistant', []]);
    expect(inShort(list)).toEqual([
      'Outdoor temperature: Input 0 int16x1 Multiply 0.1 [°C] ReadOnly',
      'Heat: Input 10 uint32x2 LittleEndianSwap Multiply 0.01 [kWh] ReadOnly',
      'Corrected: Holding 5 int16x1 Multiply 0.1 Subtract 40 ReadWrite',
      'Compressor: DiscreteInput 3 booleanx1 ReadOnly',
      'Enable: Coil 0 booleanx1 ReadWrite',
    ]);
    expect(notes(list)).toEqual(['link 192.168.1.40:502', 'leftOut climates', 'leftOut notAvailable', 'unit 1']);
    expect(list.points.map(({ line }) => line)).toEqual([7, 16, 24, 30, 35]);
  });

  it('reads a file that Home Assistant includes, with anchors, merges and tags', () => {
    const list = read('home-assistant-include.yaml');
    expect(inShort(list)).toEqual([
      'DC power: Holding 30773 int32x2 [W] ReadWrite',
      'AC power: Holding 30775 int32x2 [W] ReadWrite',
      'Model: Holding 100 stringx8 ReadWrite',
      'Odd: Holding 1 float32x2 ReadWrite',
    ]);
    expect(notes(list)).toEqual(['link inverter_host:502', 'unit 3']);
  });

  it('reads evcc.yaml', () => {
    const list = read('evcc.yaml');
    expect(inShort(list)).toEqual([
      'grid.power: Holding 40083 int16x1 Multiply -1.0 ReadWrite',
      'grid.currents.1: Input 6 float32x2 LittleEndianSwap ReadOnly',
      'grid.currents.2: Input 8 float32x2 LittleEndianSwap ReadOnly',
    ]);
    expect(notes(list)).toEqual(['link 192.168.0.77:502', 'leftOut 103:W', 'unit 1']);
  });

  it("reads one of evcc's device templates, whose registers are in a Go template", () => {
    const list = read('evcc-template.yaml');
    expect(inShort(list)).toEqual([
      'power: Holding 40073 int32x2 LittleEndianSwap ReadWrite',
      'power-2.1: Holding 40067 int32x2 LittleEndianSwap ReadWrite',
      'power-2.2: Holding 40075 int32x2 LittleEndianSwap Multiply -1 ReadWrite',
    ]);
    expect(notes(list)).toEqual([]);
  });

  it("reads telegraf's lists of registers", () => {
    const list = read('telegraf.conf');
    expect(inShort(list)).toEqual([
      'motor_run: Coil 2 booleanx1 ReadWrite',
      'start: DiscreteInput 0 booleanx1 ReadOnly',
      'power_factor: Holding 8 int16x1 Multiply 0.01 ReadWrite',
      'energy: Holding 5 uint32x2 Multiply 0.001 ReadWrite',
      'flow: Holding 10 float32x2 LittleEndianSwap ReadWrite',
      'tank_level: Input 0 int16x1 ReadOnly',
    ]);
    expect(list.points.map(({ line }) => line)).toEqual([9, 7, 11, 12, 13, 16]);
  });

  it("reads telegraf's requests and metrics", () => {
    const list = read('telegraf-request.conf');
    expect(inShort(list)).toEqual([
      'rpm: Input 0 int16x1 LittleEndian ReadOnly',
      'force: Input 2 int32x2 LittleEndian Multiply 0.001 ReadOnly',
      'door_open: Coil 0 booleanx1 ReadWrite',
      'firmware: Holding 9 stringx8 ReadWrite',
      'alarm: Holding 20 booleanx1.5 ReadWrite',
      'low: Holding 21 uint8x1 ReadWrite',
      'high: Holding 21 uint8x1 LittleEndian ReadWrite',
    ]);
    expect(notes(list)).toEqual(['link tcp://10.0.0.9:502', 'leftOut omit', 'unit 2']);
  });

  it('reads lists of objects in JSON, and our own properties as they are', () => {
    expect(inShort(read('points.json'))).toEqual([
      'Voltage: Input 0 floatx2 [V] ReadOnly',
      'Power: Input 12 floatx2 [W] ReadOnly',
    ]);
    expect(read('own.json').points).toEqual([
      {
        item: 1,
        property: { name: 'a', type: 'int16', visitor: { register: 'HoldingRegister', offset: 3 } },
        problems: [],
      },
    ]);
  });
});
