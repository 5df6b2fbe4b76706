import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { ListAnswers, PointList } from '../../../../../src/base/lists/point-list';
import { readModbusList } from '../../../../../src/drivers/modbus/lists';
import { parseYaml } from '../../../../../src/editor/lists/yaml';

function read(text: string, answers: ListAnswers = {}): PointList {
  const result = readModbusList(text, answers, parseYaml);
  if (!result.ok) expect.unreachable(result.message);
  return result.list;
}

const first = (text: string, answers?: ListAnswers): Record<string, unknown> => {
  const [point] = read(text, answers).points;
  expect(point?.problems).toEqual([]);
  return point?.property ?? {};
};

const visitorOf = (text: string, answers?: ListAnswers): unknown => first(text, answers)['visitor'];

const problemsOf = (text: string, answers?: ListAnswers): string[] =>
  read(text, answers).points.flatMap(({ line, problems }) => problems.map((problem) => `${line}: ${problem}`));

const asked = (list: PointList): string[] =>
  list.questions.filter(({ answer }) => answer === undefined).map(({ id }) => id);

describe('the words of types', () => {
  it.each([
    ['UINT16', 'uint16', 1, 'BigEndian'],
    ['U16', 'uint16', 1, 'BigEndian'],
    ['WORD', 'uint16', 1, 'BigEndian'],
    ['short', 'int16', 1, 'BigEndian'],
    ['DINT', 'int32', 2, 'BigEndian'],
    ['UDINT', 'uint32', 2, 'BigEndian'],
    ['FLOAT32', 'float32', 2, 'BigEndian'],
    ['REAL', 'float32', 2, 'BigEndian'],
    ['LREAL', 'float64', 4, 'BigEndian'],
    ['floatbe', 'float', 2, 'BigEndian'],
    ['floatsw', 'float', 2, 'LittleEndianSwap'],
    ['uint32sw', 'uint32', 2, 'LittleEndianSwap'],
    ['uint32le', 'uint32', 2, 'LittleEndian'],
    ['int16le', 'int16', 1, 'LittleEndian'],
    ['uint32s', 'uint32', 2, 'LittleEndianSwap'],
    ['int32nan', 'int32', 2, 'BigEndian'],
    ['32-bit unsigned', 'uint32', 2, 'BigEndian'],
    ['16 Bit ohne Vorzeichen', 'uint16', 1, 'BigEndian'],
    ['enum16', 'uint16', 1, 'BigEndian'],
    ['STR32', 'string', 16, 'BigEndian'],
    ['STRING(8)', 'string', 4, 'BigEndian'],
  ])('%s', (word, type, quantity, endianness) => {
    const property = first(`name,address,type,register\na,7,${word},holding`);
    expect(property['type']).toBe(type);
    expect(property['visitor']).toEqual({ register: 'HoldingRegister', offset: 7, quantity, endianness });
  });

  it('asks for what has two sizes or two orders', () => {
    const table = 'name,offset,type,register\na,0,INT,holding\nb,2,uint32sb,holding';
    expect(asked(read(table))).toEqual(['int', 'sb']);
    expect(problemsOf(table)).toEqual([
      '2: type: "INT" can be read in two ways, see above',
      '3: type: "uint32sb" can be read in two ways, see above',
    ]);
    const [a, b] = read(table, { int: '16', sb: 'BADC' }).points;
    expect([a?.property?.['type'], b?.property]).toMatchObject(['int16', { visitor: { endianness: 'BigEndianSwap' } }]);
  });

  it('knows what INT is where the length says it', () => {
    const list = read('name,offset,type,register,length\na,0,INT,holding,1\nb,2,INT,holding,2\nc,4,UINT,holding,4');
    expect(asked(list)).toEqual([]);
    expect(list.points.map(({ property }) => property?.['type'])).toEqual(['int16', 'int32', 'uint64']);
  });

  it('takes lengths in bytes or bits where they fit all types', () => {
    expect(visitorOf('name,offset,type,register,size\na,0,U32,holding,4\nb,2,STRING,holding,20')).toMatchObject({
      quantity: 2,
    });
    const [, text] = read('name,offset,type,register,size\na,0,U32,holding,4\nb,2,STRING,holding,20').points;
    expect(text?.property?.['visitor']).toMatchObject({ quantity: 10 });
  });
});

describe('the words of tables', () => {
  it.each([
    ['holding', 'HoldingRegister'],
    ['4x', 'HoldingRegister'],
    ['Holding Register', 'HoldingRegister'],
    ['Halteregister', 'HoldingRegister'],
    ['FC3', 'HoldingRegister'],
    ['0x03', 'HoldingRegister'],
    ['input', 'InputRegister'],
    ['3x', 'InputRegister'],
    ['fc 04', 'InputRegister'],
    ['coil', 'CoilRegister'],
    ['discrete input', 'DiscreteInputRegister'],
  ])('%s', (word, register) => {
    expect(visitorOf(`name,address,type,kind\na,7,BOOL,${word}`)).toMatchObject({ register, offset: 7 });
  });

  it('asks whether a bare 3 is a function or a table, unless the column says it', () => {
    const table = 'name,address,type,register type\na,7,U16,3';
    expect(asked(read(table))).toEqual(['digits']);
    expect(visitorOf(table, { digits: 'table' })).toMatchObject({ register: 'InputRegister' });
    expect(visitorOf(table, { digits: 'function' })).toMatchObject({ register: 'HoldingRegister' });
    expect(visitorOf('name,address,type,function code\na,7,U16,3')).toMatchObject({ register: 'HoldingRegister' });
    expect(visitorOf(`${table}\nb,1,BOOL,0`)).toMatchObject({ register: 'InputRegister' });
    expect(visitorOf(`${table}\nb,1,BOOL,2`)).toMatchObject({ register: 'HoldingRegister' });
  });

  it('takes codes for writing as access', () => {
    expect(first('name,address,type,function\na,7,U16,03/06/16')['accessMode']).toBe('ReadWrite');
    expect(first('name,address,type,function\na,7,U16,6')['accessMode']).toBe('WriteOnly');
  });

  it('has one table for lines that do not say it', () => {
    const list = read('name,address,type\na,7,U16', { register: 'InputRegister' });
    expect(list.points[0]?.property?.['visitor']).toMatchObject({ register: 'InputRegister' });
    expect(asked(list)).toEqual([]);
  });
});

describe('addresses', () => {
  it.each([
    ['400001', 'HoldingRegister', 0],
    ['4x0001', 'HoldingRegister', 0],
    ['465536', 'HoldingRegister', 65_535],
    ['3x0010', 'InputRegister', 9],
    ['000001', 'CoilRegister', 0],
    ['0x0102', 'HoldingRegister', 258],
    ['0102h', 'HoldingRegister', 258],
    ['16#0A', 'HoldingRegister', 10],
    ['%MW10', 'HoldingRegister', 10],
    ['%IW3', 'InputRegister', 3],
  ])('%s', (text, register, offset) => {
    expect(visitorOf(`name,address,type\na,${text},U16`)).toMatchObject({ register, offset });
  });

  it('takes 0x0001 for a coil only beside 1x, 3x or 4x', () => {
    expect(visitorOf('name,address,type\na,0x0010,BOOL\nb,4x0001,U16')).toMatchObject({
      register: 'CoilRegister',
      offset: 9,
    });
  });

  it('takes five digits as numbers where the table or another line says so', () => {
    expect(asked(read('name,address,type,kind\na,40084,I16,input'))).toEqual([]);
    expect(asked(read('name,address,type\na,40084,I16\nb,7,I16'))).toEqual([]);
    expect(asked(read('name,address,type,kind\na,40084,I16,holding'))).toEqual(['five']);
    expect(asked(read('name,offset,type\na,40084,I16'))).toEqual([]);
  });

  it('reads ranges and bits', () => {
    const list = read('name,address,type,kind\na,10-13,STRING,holding\nb,5.12,BOOL,holding\nc,6.1,,holding');
    expect(list.points.map(({ property }) => property?.['visitor'])).toMatchObject([
      { offset: 10, quantity: 4 },
      { offset: 5, bit: 12 },
      { offset: 6, bit: 1 },
    ]);
  });

  it('tells an address that is in another table than the line says', () => {
    expect(problemsOf('name,address,type,kind\na,400001,U16,input')).toEqual([
      '2: address: "400001" is in another table than "input"',
    ]);
  });

  it('prefers decimal addresses to hexadecimal ones, and takes those alone', () => {
    expect(visitorOf('name,address,hex,type\na,16,10,U16')).toMatchObject({ offset: 16 });
    expect(visitorOf('name,hex,type\na,10,U16')).toMatchObject({ offset: 16 });
  });
});

describe('factors and offsets', () => {
  const operations = (cells: string, answers?: ListAnswers): unknown =>
    first(`name;address;type;${cells}`, answers)['orderOfOperations'];

  it.each([
    ['0,1', [{ type: 'Multiply', value: '0.1' }]],
    ['0.01', [{ type: 'Multiply', value: '0.01' }]],
    ['x10', [{ type: 'Multiply', value: '10' }]],
    ['1/10', [{ type: 'Divide', value: '10' }]],
    ['/ 10', [{ type: 'Divide', value: '10' }]],
    ['10^-2', [{ type: 'Divide', value: '100' }]],
    ['1.000,5', [{ type: 'Multiply', value: '1000.5' }]],
    ['1', undefined],
    ['1,0', undefined],
  ])('scale %s', (text, expected) => {
    expect(operations(`scale\na;7;I16;${text}`)).toEqual(expected);
  });

  it('asks what a gain is, and what 1,234 is', () => {
    expect(asked(read('name;address;type;gain\na;7;I16;10'))).toEqual(['gain']);
    expect(operations('gain\na;7;I16;10', { gain: 'divide' })).toEqual([{ type: 'Divide', value: '10' }]);
    const open = 'name;address;type;scale\na;7;I16;1,234';
    expect([asked(read(open)), problemsOf(open)]).toEqual([
      ['mark'],
      ['2: scale: "1,234" can be read in two ways, see above'],
    ]);
    expect(operations('scale\na;7;I16;1,234', { mark: 'comma' })).toEqual([{ type: 'Multiply', value: '1.234' }]);
    expect(operations('scale\na;7;I16;1,234', { mark: 'point' })).toEqual([{ type: 'Multiply', value: '1234' }]);
    expect(operations('scale\na;7;I16;1,234\nb;8;I16;0,5')).toEqual([{ type: 'Multiply', value: '1.234' }]);
  });

  it('asks what an offset beside an address is', () => {
    const table = 'name;address;type;scale;offset\na;7;I16;0,1;-40';
    expect(asked(read(table))).toEqual(['offset']);
    expect(problemsOf(table)).toEqual(['2: offset: "-40" can be read in several ways, see above']);
    const how = (offset: string): Record<string, unknown> => first(table, { offset });
    const times = { type: 'Multiply', value: '0.1' };
    const minus = { type: 'Subtract', value: '40' };
    expect(how('after')['orderOfOperations']).toEqual([times, minus]);
    expect(how('before')['orderOfOperations']).toEqual([minus, times]);
    expect(how('ignore')['orderOfOperations']).toEqual([times]);
    expect(first('name;address;type;offset\na;100;I16;3', { offset: 'address' })).toMatchObject({
      visitor: { offset: 103 },
    });
  });
});

describe('the rest of a table', () => {
  it('has several units on a line, one of which is taken', () => {
    const table = 'name,address,type,slave\na,0,U16,1\na,0,U16,2';
    expect(read(table).questions.find(({ id }) => id === 'unitId')).toMatchObject({ choices: ['1', '2'], answer: '1' });
    expect(read(table, { unitId: '2' }).points.map(({ line }) => line)).toEqual([3]);
    expect(read('name,address,type,unit\na,0,U16,3').notes).toEqual([{ id: 'unit', values: { unit: '3' } }]);
  });

  it('passes over titles of sections and lines of dashes', () => {
    const list = read('name,address,type\nPhase 1,,\na,0,U16\n---,---,---\nb,1,U16');
    expect(list.points.map(({ line }) => line)).toEqual([3, 5]);
    expect(list.notes).toContainEqual({ id: 'titlesSkipped', values: { count: 2 } });
  });

  it('takes the description for the name where there is none', () => {
    expect(first('address,type,description\n0,U16,Voltage')['name']).toBe('Voltage');
  });

  it.each([
    ['', 'nothing in it'],
    ['power,7,uint16\ncurrent,8,uint16', 'the first line must name the columns'],
    ['name,address,type', 'no line below'],
    ['[{]', 'not valid JSON'],
    ['- a: 1\n b: 2', 'not valid YAML'],
    ['[[inputs.modbus]]\n  coils = [ {', 'a name is expected here'],
    ['{"a": 1}', 'no list of registers was found'],
  ])('says what is wrong with %j', (text, message) => {
    const result = readModbusList(text, {}, parseYaml);
    expect(result.ok ? 'ok' : result.message).toContain(message);
  });

  it('never throws, whatever is pasted', () => {
    const cell = fc.oneof(
      fc.string({ maxLength: 6 }),
      fc.constantFrom('name', 'address', 'type', 'offset', '40001', '0,1', 'INT', '%MW', '{{', '"'),
    );
    const lines = fc.array(fc.array(cell, { maxLength: 6 }), { maxLength: 6 });
    const separated = fc
      .tuple(lines, fc.constantFrom(',', ';', '\t', ': ', ' = '))
      .map(([rows, mark]) => rows.map((row) => row.join(mark)).join('\n'));
    fc.assert(
      fc.property(
        fc.oneof(separated, fc.string()),
        (text) => typeof readModbusList(text, {}, parseYaml).ok === 'boolean',
      ),
      { numRuns: 500 },
    );
  });

  it('tells each mistake of 10,000 lines with errors in every kind of cell, in bounded time', () => {
    const wrong = ['name', 'address', 'register', 'type', 'order', 'length', 'scale', 'access', 'bit'] as const;
    const lines = Array.from({ length: 10_000 }, (_, at) => {
      const bad = wrong[at % wrong.length];
      const cells = {
        name: `value ${at}`,
        address: String(at),
        register: 'holding',
        type: 'U16',
        order: 'ABCD',
        length: '1',
        scale: '0.1',
        access: 'R',
        bit: '',
      };
      return Object.values(bad === 'name' ? { ...cells, name: '' } : { ...cells, [bad ?? '']: '?!' }).join(',');
    });
    const begun = performance.now();
    const list = read(['name,address,register,type,byte order,length,scale,access,bit', ...lines].join('\n'));
    expect(performance.now() - begun).toBeLessThan(3000);
    expect(list.points).toHaveLength(10_000);
    // A missing name is for the rules of the property to tell.
    expect(list.points.filter(({ problems }) => problems.length === 0)).toHaveLength(Math.ceil(10_000 / wrong.length));
    const fields = list.points
      .slice(1, wrong.length)
      .map(({ problems }) => problems.map((text) => text.split(':', 1)[0]));
    expect(fields).toEqual([
      ['address'],
      ['register'],
      ['type'],
      ['byte order'],
      ['length'],
      ['scale'],
      ['access'],
      ['bit'],
    ]);
  });
});
