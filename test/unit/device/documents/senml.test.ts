import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { senmlPack } from '../../../../src/device/documents/senml';
import type { DeviceSnapshot, PropertyState } from '../../../../src/device/snapshot';

const AT = 1_591_000_000_250;

const property = (name: string, value: unknown, more: Partial<PropertyState> = {}): PropertyState => ({
  name,
  accessMode: 'ReadOnly',
  value,
  updatedAt: AT,
  ...more,
});

const packOf = (...properties: PropertyState[]): ReturnType<typeof senmlPack> =>
  senmlPack({
    device: { name: 'boiler 1', namespace: 'plant', uid: 'u', protocol: 'dummy' },
    state: 'healthy',
    missedBeats: 0,
    properties,
  } satisfies DeviceSnapshot);

describe('senmlPack', () => {
  it('has one record a value, each kind in its field, the base name in the first', () => {
    const t = 1_591_000_000.25;
    expect(
      packOf(
        property('temperature', 21.5, { unit: 'Cel' }),
        property('alarm', true),
        property('text', 'hi'),
        property('large', 2n ** 60n),
        property('small', 5n),
        property('bytes', Buffer.from([0xfb, 0xff])),
        property('encoded', '+/8=', { type: 'base64String' }),
        property('when', new Date(0)),
        property('list', [1, 2n ** 60n]),
        property('timed', 1, { sourceTimestamp: AT - 5000 }),
      ),
    ).toEqual([
      { bn: 'plant/boiler_1/', n: 'temperature', u: 'Cel', v: 21.5, t },
      { n: 'alarm', vb: true, t },
      { n: 'text', vs: 'hi', t },
      { n: 'large', vs: '1152921504606846976', t },
      { n: 'small', v: 5, t },
      { n: 'bytes', vd: '-_8', t },
      { n: 'encoded', vd: '-_8', t },
      { n: 'when', vs: '1970-01-01T00:00:00.000Z', t },
      { n: 'list', vs: '[1,"1152921504606846976"]', t },
      { n: 'timed', v: 1, t: t - 5 },
    ]);
  });

  it('has no time that would be read as relative to now: that of a clock which was never set is replaced by ours', () => {
    const relative = 2 ** 28 * 1000;
    const times = (...properties: PropertyState[]) => packOf(...properties).map(({ t }) => t);
    expect(
      times(
        property('1970', 1, { sourceTimestamp: 5000 }),
        property('1601', 1, { sourceTimestamp: Date.UTC(1601, 0, 1) }),
        property('last', 1, { sourceTimestamp: relative - 1 }),
        property('first', 1, { sourceTimestamp: relative }),
        property('both', 1, { sourceTimestamp: 0, updatedAt: 86_400_000 }),
      ),
    ).toEqual([AT / 1000, AT / 1000, AT / 1000, 2 ** 28, undefined]);
  });

  it('leaves out what SenML has nothing for, and what was never read', () => {
    expect(packOf(property('nan', NaN), property('never', undefined), property('nothing', null))).toEqual([]);
    expect(packOf(property('inf', Infinity), property('ok', 1))).toMatchObject([{ bn: 'plant/boiler_1/', n: 'ok' }]);
  });

  it('makes names that RFC 8428 allows, and never one of two', () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(names, (given) => {
        const records = packOf(...given.map((name) => property(name, 1)));
        expect(new Set(records.map(({ n }) => n)).size).toBe(given.length);
        for (const { n } of records) expect(`plant/boiler_1/${n}`).toMatch(/^[A-Za-z0-9][A-Za-z0-9\-:./_]*$/);
      }),
    );
  });
});
