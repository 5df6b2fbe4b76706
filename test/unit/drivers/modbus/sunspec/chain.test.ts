import { describe, expect, it } from 'vitest';
import { ModbusExceptionError } from '../../../../../src/drivers/modbus/pdu/exceptions';
import { readChain } from '../../../../../src/drivers/modbus/sunspec/chain';
import { describeChain } from '../../../../../src/drivers/modbus/sunspec/properties';

/** Holding registers from 40000; `most`: so many a request at most. */
function device(registers: readonly number[], most = 125) {
  const asked: [offset: number, quantity: number][] = [];
  const read = (offset: number, quantity: number): Promise<readonly number[]> => {
    asked.push([offset, quantity]);
    const at = offset - 40_000;
    const isThere = at >= 0 && at + quantity <= registers.length && quantity <= most;
    if (!isThere) return Promise.reject(new ModbusExceptionError(quantity > most ? 3 : 2, 'read'));
    return Promise.resolve(registers.slice(at, at + quantity));
  };
  return { read, asked };
}

const SUNS = [0x5375, 0x6e53];
const block = (id: number, length: number, word = 0xffff): number[] => [
  id,
  length,
  ...new Array<number>(length).fill(word),
];

describe('a chain of models', () => {
  it('is read in few requests, and in smaller ones where the device bears no more', async () => {
    const registers = [...SUNS, ...block(1, 66), ...block(160, 248), 0xffff, 0];
    const { read, asked } = device(registers);
    expect((await readChain(read)).models.map(({ id, offset }) => [id, offset])).toEqual([
      [1, 40_002],
      [160, 40_070],
    ]);
    expect(asked).toHaveLength(1 + 3 + 1 + 2);
    const narrow = device(registers, 50);
    expect((await readChain(narrow.read)).models).toEqual((await readChain(read)).models);
  });

  it.each([
    ['ends with the id alone', [...SUNS, ...block(1, 66), 0xffff], [1], undefined],
    ['ends in nothing', [...SUNS, ...block(1, 66)], [1], 'refuses register 40070'],
    ['goes on with zeros', [...SUNS, ...block(1, 66), 0, 0], [1], 'no model at register 40070'],
    [
      'says more registers than there are',
      [...SUNS, ...block(1, 66), 103, 50, 1, 2],
      [1],
      'refuses the registers of model 103',
    ],
  ])('that %s', async (_what, registers, ids, broken) => {
    const chain = await readChain(device(registers).read);
    expect(chain.models.map(({ id }) => id)).toEqual(ids);
    if (broken === undefined) expect(chain.broken).toBeUndefined();
    else expect(chain.broken).toContain(broken);
  });

  it('that leads round in circles comes to an end', async () => {
    const read = (offset: number) => Promise.resolve(offset === 40_000 ? SUNS : [7, 0]);
    expect((await readChain(read)).broken).toContain('more than 200 models');
  });

  it('gives a model that is shorter than its definition the points that are there', async () => {
    const chain = await readChain(device([...SUNS, ...block(103, 4, 7), 0xffff, 0]).read);
    const [inverter] = describeChain(chain);
    // Without its scale factor a current means nothing.
    expect([inverter?.properties, inverter?.withoutScale]).toEqual([[], ['A', 'AphA', 'AphB', 'AphC']]);
  });

  it('gives two models of a kind names of their own', async () => {
    const chain = await readChain(device([...SUNS, ...block(203, 105, 0), ...block(204, 105, 0), 0xffff, 0]).read);
    expect(describeChain(chain).map(({ name }) => name)).toEqual(['meter', 'meter-2']);
  });
});
