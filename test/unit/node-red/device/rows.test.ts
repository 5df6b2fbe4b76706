import { createRequire } from 'node:module';
import type { Request } from 'express';
import fc from 'fast-check';
import type { NodeAPI } from 'node-red';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readProbeRequest } from '../../../../src/node-red/admin/probe-request.ts';
import { replaceAsNodeRed } from '../../../../src/node-red/common/environment.ts';
import {
  admin,
  beside,
  deploy,
  errorOf,
  message,
  robot,
  useNodeRed,
} from '../../../support/node-red/node-red-helper.ts';

let RED: NodeAPI;
beside((given) => (RED = given));
useNodeRed();

interface FlowsUtil {
  readonly mapEnvVarProperties: (
    of: object,
    name: string,
    flow: { getSetting(name: string): unknown },
    config: object,
  ) => void;
}
const fromHere = createRequire(import.meta.url);
const { mapEnvVarProperties } = createRequire(fromHere.resolve('node-red'))(
  '@node-red/runtime/lib/flows/util.js',
) as FlowsUtil;

const VARIABLES: Readonly<Record<string, unknown>> = {
  A: 'a',
  N: 7,
  OFF: false,
  NULL: null,
  LIST: [1],
  X: '${A}',
  E: '',
};
const lookup = (name: string): unknown => VARIABLES[name];

describe('references in a row that is a text', () => {
  it('become what Node-RED makes of those in an object', () => {
    const reference = fc
      .tuple(fc.constantFrom('${', '$(', '$ {', 'x${'), fc.constantFrom(...Object.keys(VARIABLES), 'NOT', 'A}${N', ''))
      .chain(([open, name]) => fc.constantFrom(')', '}', '} ', '').map((close) => open + name + close));
    const leaf = fc.oneof(reference, fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    const { row } = fc.letrec((tie) => ({
      row: fc.dictionary(fc.string(), tie('value'), { maxKeys: 4, noNullPrototype: true }),
      value: fc.oneof({ maxDepth: 3 }, leaf, tie('row'), fc.array(tie('value'), { maxLength: 3 })),
    }));
    fc.assert(
      fc.property(row, (given) => {
        const ofNodeRed = { row: structuredClone(given) };
        mapEnvVarProperties(ofNodeRed, 'row', { getSetting: lookup }, {});
        expect(replaceAsNodeRed(given, lookup)).toEqual(ofNodeRed.row);
      }),
      { numRuns: 2000 },
    );
  });
});

/** References of every kind, whole and in part, to a variable of the group, the flow and the process. */
const ROWS = [
  { name: '${GROUP}', type: 'string', unit: '$(FLOW)', signal: { shape: 'constant', value: '${TEXT}' } },
  {
    name: 'n-${GROUP}',
    type: 'int16',
    signal: { shape: 'constant', value: '${NUMBER}' },
    description: '${NR_NODE_NAME}',
  },
  { name: 'plain', type: 'int64', signal: { shape: 'constant', value: '9007199254740993' } },
];
const TEXTS = ROWS.map((row) => JSON.stringify(row));
const GROUP = { id: 'g', type: 'group', z: 'f', nodes: [], env: [{ name: 'GROUP', value: 'line', type: 'str' }] };
const inGroup = (more: Record<string, unknown>) => ({ ...robot(more), g: 'g' });

describe('a device whose rows are texts', () => {
  beforeAll(() => {
    Object.assign(process.env, {
      FLOW: 'mm',
      TEXT: '"quoted" \\ ${NUMBER}',
      NUMBER: '5',
      ROW: JSON.stringify(ROWS[2]),
    });
  });
  afterAll(() => {
    for (const name of ['FLOW', 'TEXT', 'NUMBER', 'ROW']) Reflect.deleteProperty(process.env, name);
  });

  it('says the same as one whose rows are objects', async () => {
    await deploy([
      GROUP,
      { id: 'texts', type: 'collector', z: 'f', wires: [] },
      inGroup({ properties: ROWS }),
      inGroup({ properties: TEXTS, id: 'other', wires: [['texts']] }),
    ]);
    const { payload: ofObjects } = await message('out');
    const { payload: ofTexts, status } = await message('texts');
    expect(ofTexts).toEqual(ofObjects);
    expect(ofTexts).toMatchObject({ line: '"quoted" \\ 5', 'n-line': 5 });
    expect(status!.properties.map(({ name }) => name)).toEqual(['line', 'n-line', 'plain']);
    const { body } = (await admin().get('/devicelink/devices').expect(200)) as {
      body: { properties: Record<string, unknown>[] }[];
    };
    const [objects, texts] = body.map(({ properties }) =>
      properties.map((property) => ({ ...property, updatedAt: 0 })),
    );
    expect(texts).toEqual(objects);
    expect(texts![0]).toMatchObject({ unit: 'mm' });
  });

  it('may have one in a variable', async () => {
    await deploy([robot({ properties: ['${ROW}'] })]);
    expect(Object.keys((await message('out')).payload as object)).toEqual(['plain']);
  });

  it('names the field of a variable that is not set, and of a mistake', async () => {
    const properties = [
      { name: 'a', type: 'int16', unit: '${DEVICELINK_NOWHERE}' },
      { name: 'b', type: 'intt' },
    ];
    await deploy([robot({ properties: properties.map((row) => JSON.stringify(row)) })]);
    const { message: text } = await errorOf('caught');
    expect(text).toContain('properties[0].unit: the environment variable DEVICELINK_NOWHERE is not set');
    expect(text).toContain('properties[1].type: must be one of');
  });

  it('is tested by the dialog, which has objects, with the variables that the deployed one has in the same place', async () => {
    await deploy([GROUP, inGroup({ properties: TEXTS })]);
    const test = (properties: unknown[]) => {
      const body = { type: 'dummy-device', id: 'device', config: { ...robot(), properties } };
      const authInfo = { scope: 'devicelink.write' };
      return readProbeRequest(RED, { body, user: {}, authInfo } as unknown as Request).device!;
    };
    for (const properties of [TEXTS, ROWS]) {
      const { problems, config } = test(properties);
      expect(problems).toEqual([]);
      expect(config['properties']).toMatchObject([{ name: 'line' }, { name: 'n-line' }, { name: 'plain' }]);
    }
    for (const properties of [
      [TEXTS[2], TEXTS[0]],
      [ROWS[2], ROWS[0]],
    ]) {
      const { problems } = test(properties);
      expect(problems.map(({ field }) => field)).toEqual(['properties[1].name', 'properties[1].signal.value']);
    }
  });
});
