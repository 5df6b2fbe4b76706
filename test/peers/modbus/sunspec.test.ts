import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyOperations } from '../../../src/device/config/operations';
import { parseModbusProperty } from '../../../src/drivers/modbus/config/property';
import type { FoundModel } from '../../../src/drivers/modbus/sunspec/properties';
import { configOf, driverFor, never } from '../../support/modbus/modbus-device';
import { Pymodbus, pymodbusAvailable } from '../../support/modbus/pymodbus';
import { PySunSpec, pysunspecAvailable } from '../../support/modbus/sunspec';

const UNIT = 1;
const available = pymodbusAvailable() && pysunspecAvailable();

const COMMON = { Mn: 'Maker', Md: 'Model 7', Vr: '1.2', SN: 'A-0001', DA: 1 };
const INVERTER = {
  A: 1234,
  AphA: 411,
  A_SF: -2,
  PhVphA: 2301,
  PhVphB: 2299,
  V_SF: -1,
  W: -12_345,
  W_SF: 1,
  Hz: 4998,
  Hz_SF: -2,
  VA: 700,
  VA_SF: 0,
  PF: -990,
  PF_SF: -1,
  WH: 123_456_789,
  WH_SF: 0,
  TmpCab: 451,
  Tmp_SF: -1,
  St: 4,
  Evt1: 2,
};
const DEVICE = [
  [1, COMMON],
  [103, INVERTER],
  [113, { A: 12.5, W: 2500.25, Hz: 50.01, WH: 1e6, St: 4 }],
  [120, { DERTyp: 4, WRtg: 5000, WRtg_SF: 0, VARtg: 5200, VARtg_SF: 0 }],
  [121, { WMax: 4800, WMax_SF: 0, VRef: 230, VRef_SF: 0 }],
  [122, { ActWh: 123_456_789_012, PVConn: 7 }],
  [123, { WMaxLimPct: 800, WMaxLimPct_SF: -1, Conn: 1, WMaxLim_Ena: 0 }],
  [124, { WChaMax: 3000, WChaMax_SF: 0, ChaState: 755, ChaState_SF: -1 }],
  [
    160,
    {
      N: 2,
      DCA_SF: -1,
      DCV_SF: -1,
      DCW_SF: 0,
      module: [
        { ID: 1, IDStr: 'east', DCA: 15, DCV: 3201, DCW: 480 },
        { ID: 2, DCA: 25, DCV: 3105, DCW: 776 },
      ],
    },
  ],
  [203, { A: 100, A_SF: -1, W: -2500, W_SF: 0, TotWhImp: 987_654, TotWhExp: 1, TotWh_SF: 1, PF: 990, PF_SF: -3 }],
  [213, { A: 1.5, W: -300.5, TotWhImp: 1e7, PF: 0.98 }],
  [
    701,
    {
      W: -1500,
      W_SF: 0,
      Hz: 50_000,
      Hz_SF: -3,
      TotWhInj: 9_007_199_254_740,
      TotWh_SF: 0,
      InvSt: 3,
      LNV: 2300,
      V_SF: -1,
    },
  ],
  [704, { PF_SF: -3, WMaxLimPctEna: 1, WMaxLimPct: 900, WMaxLimPct_SF: -1, PFWInj: { PF: 950, Ext: 0 } }],
  [
    705,
    {
      NPt: 2,
      NCrv: 2,
      V_SF: -1,
      DeptRef_SF: 0,
      Crv: [
        {
          ActPt: 2,
          Pt: [
            { V: 950, Var: 30 },
            { V: 1050, Var: -30 },
          ],
        },
        {
          ActPt: 1,
          Pt: [
            { V: 900, Var: 44 },
            { V: 1000, Var: 0 },
          ],
        },
      ],
    },
  ],
  [
    707,
    {
      NPt: 1,
      NCrvSet: 1,
      V_SF: -1,
      Tms_SF: -2,
      Crv: [{ ReadOnly: 1, MustTrip: { ActPt: 1, Pt: [{ V: 500, Tms: 160 }] } }],
    },
  ],
  [714, { NPrt: 1, DCA_SF: -1, DCV_SF: -1, DCW_SF: 0, Prt: [{ ID: 1, DCA: 105, DCV: 4000, DCW: 4200 }] }],
  [802, { AHRtg: 1000, AHRtg_SF: -1, SoC: 555, SoC_SF: -1, V: 512, V_SF: -1, W: -700, W_SF: 0 }],
] as const;

describe.skipIf(!available)('a SunSpec device that pysunspec2 has made and pymodbus serves', () => {
  let server: Pymodbus;
  let sunspec: PySunSpec;

  beforeAll(async () => {
    [server, sunspec] = await Promise.all([new Pymodbus().start(), PySunSpec.start()]);
  });

  afterAll(async () => {
    await Promise.all([server.stop(), sunspec.stop()]);
  });

  const port = () => Number(server.endpoint.split(':')[1]);

  async function serve(base: number, models: Parameters<PySunSpec['image']>[0]): Promise<void> {
    await server.set(UNIT, 3, 40_000, new Array<number>(4000).fill(0));
    await server.set(UNIT, 3, base, await sunspec.image(models));
  }

  async function discover(): Promise<{ base: number; models: FoundModel[] }> {
    const driver = driverFor(configOf(server.endpoint, []));
    try {
      await driver.connect(never());
      return (await driver.perform('discover', {}, never())) as { base: number; models: FoundModel[] };
    } finally {
      await driver.close();
    }
  }

  /** Values of all properties by name, as a flow sees them. */
  async function valuesOf(models: readonly FoundModel[]): Promise<Map<string, unknown>> {
    const properties = models
      .flatMap((model) => model.properties)
      .map((raw, at) => {
        const parsed = parseModbusProperty(raw, `properties[${at}]`);
        if (!parsed.ok) expect.unreachable(JSON.stringify(parsed.problems));
        expect(parsed.warnings ?? []).toEqual([]);
        return parsed.value;
      });
    const driver = driverFor(configOf(server.endpoint, properties));
    try {
      await driver.connect(never());
      const readings = await driver.read(properties, never());
      return new Map(
        readings.map(({ name, value, quality, error }, at) => {
          expect([name, quality, error?.message]).toEqual([name, 'good', undefined]);
          const { orderOfOperations = [] } = properties[at] ?? {};
          const isNumber = typeof value === 'number' || typeof value === 'bigint';
          return [name, isNumber ? applyOperations(value, orderOfOperations) : value];
        }),
      );
    } finally {
      await driver.close();
    }
  }

  it('has the models and the values that pysunspec2 reads of it, point by point', async () => {
    await serve(40_000, DEVICE);
    const { base, models } = await discover();
    expect([base, models.map(({ id }) => id)]).toEqual([40_000, DEVICE.map(([id]) => id)]);
    const ours = await valuesOf(models);
    const theirs = await sunspec.read(port(), UNIT);
    const missing: string[] = [];
    let compared = 0;
    for (const { id, name, notImplemented, withoutScale } of models) {
      for (const [key, value] of Object.entries(theirs)) {
        if (!key.startsWith(`${id}/1.`)) continue;
        const path = key.slice(`${id}/1.`.length);
        if (path === 'ID' || path === 'L' || /_SF$|^Pad|\.Pad/.test(path)) continue;
        const own = ours.get(`${name}.${path}`);
        if (own === undefined) {
          // An accumulator that counts 0 has a value here; a value without its scale factor has none.
          if (value !== null && !withoutScale.includes(path)) missing.push(`${id}.${path}`);
          expect(notImplemented.includes(path) || withoutScale.includes(path)).toBe(true);
          continue;
        }
        compared += 1;
        const number = typeof own === 'bigint' ? Number(own) : own;
        if (value === null) expect([path, number]).toEqual([path, 0]);
        else if (typeof number === 'number') expect(number).toBeCloseTo(Number(value), 5);
        else expect([path, number]).toEqual([path, value]);
      }
    }
    expect(missing).toEqual([]);
    // No property of ours that they do not have.
    expect([compared, compared > 90]).toEqual([ours.size, true]);
  });

  it('is found at 0 and at 50000 as well, with what is unknown as raw registers', async () => {
    const image = await sunspec.image([[1, COMMON]]);
    const unknown = [...image.slice(0, -2), 64_999, 3, 1, 2, 3, 0xffff, 0];
    for (const base of [0, 50_000]) {
      await server.set(UNIT, 3, 40_000, [0, 0]);
      await server.set(UNIT, 3, 0, [0, 0]);
      await server.set(UNIT, 3, base, unknown);
      const found = await discover();
      expect(found.base).toBe(base);
      const raw = found.models[1];
      expect([raw?.name, raw?.known, raw?.length]).toEqual(['model-64999', false, 3]);
      expect((await valuesOf(found.models)).get('model-64999')).toBe('000100020003');
      await server.set(UNIT, 3, base, [0, 0]);
    }
  });

  it('has no value where its scale factor is not implemented, and none for points that it does not have', async () => {
    await serve(40_000, [[103, { ...INVERTER, W_SF: null }]]);
    const { models } = await discover();
    expect(models[0]?.withoutScale).toContain('W');
    const names = models[0]?.properties.map(({ name }) => name);
    expect(names).not.toContain('inverter.W');
    expect(models[0]?.notImplemented).toContain('AphB');
    expect(names).toContain('inverter.PhVphA');
  });

  it('says that there is no chain', async () => {
    await server.set(UNIT, 3, 40_000, [0, 0]);
    await expect(discover()).rejects.toThrow('no SunSpec models');
  });
});
