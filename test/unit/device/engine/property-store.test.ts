import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeviceError, type ErrorInfo } from '../../../../src/base/errors.ts';
import { valueChanged } from '../../../../src/device/engine/changes.ts';
import type { Reading } from '../../../../src/device/driver.ts';
import type { Property } from '../../../../src/device/property.ts';
import type { PropertyState } from '../../../../src/device/snapshot.ts';
import { errorInfo, PropertyStore } from '../../../../src/device/engine/property-store.ts';
import { statusDocument } from '../../../../src/device/documents/status-document.ts';
import { property } from '../../../support/device/device-bench.ts';

const identity = { name: 'press', namespace: 'plant', uid: 'u-1', protocol: 'fake' };

describe('what a device remembers of a property', () => {
  it('takes the type the driver learned, where none is declared', () => {
    const store = new PropertyStore([{ name: 'speed', accessMode: 'ReadOnly' }, property('count')]);
    store.merge([
      { name: 'speed', value: 1.5, quality: 'good', updatedAt: 1, type: 'double' },
      { name: 'count', value: 2, quality: 'good', updatedAt: 1, type: 'double' },
    ]);
    expect(store.states.list.map(({ type }) => type)).toEqual(['double', 'int32']);
  });

  it('keeps both times of the last good value, and tells them in msg.status', () => {
    const store = new PropertyStore([property('speed')]);
    store.merge([
      { name: 'speed', value: 1, quality: 'good', updatedAt: 3000, sourceTimestamp: 1000, serverTimestamp: 2000 },
    ]);
    const error = new DeviceError('OPCUA_BadNoCommunication', 'away');
    store.merge([{ name: 'speed', value: undefined, quality: 'bad', error, updatedAt: 9000, serverTimestamp: 8000 }]);
    const status = statusDocument({
      device: identity,
      state: 'degraded',
      missedBeats: 0,
      properties: store.states.list,
    });
    expect(status).toMatchObject({
      properties: [
        {
          value: 1,
          quality: 'bad',
          updatedAt: '1970-01-01T00:00:03.000Z',
          sourceTimestamp: '1970-01-01T00:00:01.000Z',
          serverTimestamp: '1970-01-01T00:00:02.000Z',
        },
      ],
    });
  });

  it('takes another quality for a change, but no other time or error text', () => {
    const store = new PropertyStore([property('speed')]);
    const bad = (message: string): Reading => {
      const error = new DeviceError('TIMEOUT', message);
      return { name: 'speed', value: undefined, quality: 'bad', error, updatedAt: 5 };
    };
    const good = (updatedAt: number): Reading => ({ name: 'speed', value: 1, quality: 'good', updatedAt });
    const changes = [good(1), good(2), bad('a'), bad('b'), good(6)].map((reading) => store.merge([reading]).length);
    expect(changes).toEqual([1, 0, 1, 0, 1]);
  });

  it('is what readings one after the other make of it, and what was given out stays as it was', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const store = new PropertyStore(PROPERTIES);
        const model = new Model();
        const kept = steps.map((one) => {
          if (one.does === 'merge') expect(store.merge(one.readings)).toEqual(model.merge(one.readings));
          if (one.does === 'lose') {
            store.markBad(LOST);
            model.markBad();
          }
          if (one.does === 'look') expect(store.states.list).toEqual(model.states);
          expect(store.bad.map(({ name, error }) => ({ name, error }))).toEqual(model.bad);
          expect(store.hasBad).toBe(model.bad.length > 0);
          // Looked at only in the end, when all else has been said.
          return one.does === 'keep' ? { given: store.states, states: [...model.states] } : undefined;
        });
        expect(PROPERTIES.map(({ name }) => store.stateOf(name))).toEqual(model.states);
        for (const one of kept) {
          if (one === undefined) continue;
          expect(one.given.list).toEqual(one.states);
          const { names, types, values, raws } = one.given;
          const rows = names.map((name, row) => ({ name, type: types[row], value: values[row], raw: raws[row] }));
          expect(rows).toEqual(one.states.map(({ name, type, value, raw }) => ({ name, type, value, raw })));
        }
      }),
      { numRuns: 1000 },
    );
  });
});

const LOST: ErrorInfo = { code: 'LINK_LOST', message: 'gone' };
const PROPERTIES: readonly Property[] = [
  property('a', 'ReadWrite', { deadband: 2, unit: 'V' }),
  property('b', 'WriteOnly'),
  { name: 'c', accessMode: 'ReadOnly' },
];

const value = fc.constantFrom(0, -0, 1, 2, 3, 4.5, NaN, 7n, 'text', true, undefined, null);
const time = fc.option(fc.constantFrom(0, 1, 1.7e12), { nil: undefined });
const reading: fc.Arbitrary<Reading> = fc
  .record({
    ...{ name: fc.constantFrom('a', 'b', 'c', 'nobody'), value, raw: fc.option(value, { nil: undefined }) },
    ...{ quality: fc.constantFrom('good', 'uncertain', 'bad'), updatedAt: fc.constantFrom(0, 1, 2) },
    ...{ sourceTimestamp: time, serverTimestamp: time, type: fc.constantFrom(undefined, 'double', 'string') },
  })
  .map((one) => (one.quality === 'bad' ? { ...one, error: new DeviceError('TIMEOUT', 'silent') } : one));
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant('merge'), readings: fc.array(reading, { maxLength: 4 }) }) },
  fc.constantFrom({ does: 'lose' } as const, { does: 'look' } as const, { does: 'keep' } as const),
);

/** An object for each state of each property. */
class Model {
  states: readonly PropertyState[] = PROPERTIES.map(({ name, type, unit, accessMode }) => ({
    ...{ name, type, unit, accessMode, value: undefined, raw: undefined, quality: undefined, error: undefined },
    ...{ updatedAt: undefined, sourceTimestamp: undefined, serverTimestamp: undefined },
  }));
  private readonly reported = [...this.states];

  get bad(): { name: string; error: ErrorInfo | undefined }[] {
    return this.states.flatMap(({ name, quality, error }) => (quality === 'bad' ? [{ name, error }] : []));
  }

  merge(readings: readonly Reading[]): string[] {
    return readings.flatMap((one) => {
      const index = this.states.findIndex(({ name }) => name === one.name);
      const before = this.states[index];
      const reported = this.reported[index];
      if (before === undefined || reported === undefined) return [];
      const { value, raw, updatedAt, sourceTimestamp, serverTimestamp } =
        one.quality === 'bad' && one.value !== null ? before : one;
      const after: PropertyState = {
        ...{ ...before, value, raw, updatedAt, sourceTimestamp, serverTimestamp, quality: one.quality },
        ...{ type: before.type ?? one.type, error: one.error && errorInfo(one.error) },
      };
      this.states = this.states.with(index, after);
      const deadband = PROPERTIES[index]?.deadband;
      if (after.quality === reported.quality && !valueChanged(reported.value, after.value, deadband)) return [];
      this.reported[index] = after;
      return [one.name];
    });
  }

  markBad(): void {
    this.states = this.states.map((state) =>
      state.accessMode !== 'WriteOnly' ? { ...state, quality: 'bad', error: LOST } : state,
    );
  }
}
