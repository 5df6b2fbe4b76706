import { describe, expect, it } from 'vitest';
import type { DeviceSnapshot, PropertyState } from '../../../../src/device/snapshot';
import { payloadDocument, statusDocument, valuesOf } from '../../../../src/device/documents/status-document';

const AT = Date.UTC(2020, 5, 1, 2, 43, 43, 987);

const good = (name: string, value: unknown, more: Partial<PropertyState> = {}): PropertyState => ({
  name,
  accessMode: 'ReadOnly',
  value,
  quality: 'good',
  updatedAt: AT,
  ...more,
});

const snapshotOf = (...properties: PropertyState[]): DeviceSnapshot => ({
  device: { name: 'boiler-1', namespace: 'default', uid: 'u', protocol: 'modbus' },
  state: 'degraded',
  lastError: { code: 'TIMEOUT', message: 'no answer' },
  lastSync: AT,
  missedBeats: 2,
  properties,
});

const PLANT = snapshotOf(
  good('temperature', 24.35, { type: 'float', unit: 'Cel', raw: 297.5, sourceTimestamp: AT - 1000 }),
  good('threshold', 9007199254740993n, { type: 'int64' }),
  good('alarm', false, {
    type: 'boolean',
    quality: 'bad',
    error: { code: 'MODBUS_EXCEPTION_2', message: 'illegal data address' },
  }),
  { name: 'never', accessMode: 'ReadOnly', type: 'int', value: undefined },
);

describe('the octopus shape', () => {
  it('is the status JSON of the specification', () => {
    expect(JSON.stringify(payloadDocument(PLANT, 'octopus'))).toBe(
      '{"properties":[' +
        '{"name":"temperature","type":"float","value":"297.5","operatedValue":"24.350000","updatedAt":"2020-06-01T02:43:43Z"},' +
        '{"name":"threshold","type":"int64","value":"9007199254740993","updatedAt":"2020-06-01T02:43:43Z"},' +
        '{"name":"alarm","type":"boolean","value":"false","updatedAt":"2020-06-01T02:43:43Z"},' +
        '{"name":"never","type":"int"}]}',
    );
  });

  it('has all digits of an operated 64-bit integer', () => {
    const snapshot = snapshotOf(good('big', 9007199254740993n, { raw: 9007199254740992n }));
    expect(payloadDocument(snapshot, 'octopus')).toMatchObject({
      properties: [{ value: '9007199254740992', operatedValue: '9007199254740993.000000' }],
    });
  });

  it('is left to the kind of device where that has a shape of its own', () => {
    expect(payloadDocument(PLANT, 'octopus', ({ state }) => ({ state }))).toEqual({ state: 'degraded' });
    expect(payloadDocument(PLANT, 'values', () => 'unused')).toHaveProperty('temperature', 24.35);
  });
});

describe('the values shape', () => {
  it('is flat typed JSON without what was never read', () => {
    expect(payloadDocument(PLANT, 'values')).toEqual({
      temperature: 24.35,
      threshold: '9007199254740993',
      alarm: false,
    });
  });

  it('valuesOf keeps the true types', () => {
    expect(valuesOf(PLANT)).toEqual({ temperature: 24.35, threshold: 9007199254740993n, alarm: false });
  });

  it('takes a property of any name as a plain one', () => {
    expect(JSON.stringify(payloadDocument(snapshotOf(good('__proto__', 1)), 'values'))).toBe('{"__proto__":1}');
  });
});

describe('statusDocument', () => {
  it('tells all that is known, with times in ISO 8601', () => {
    expect(statusDocument(PLANT)).toEqual({
      state: 'degraded',
      lastError: { code: 'TIMEOUT', message: 'no answer' },
      lastSync: '2020-06-01T02:43:43.987Z',
      missedBeats: 2,
      properties: [
        {
          name: 'temperature',
          type: 'float',
          unit: 'Cel',
          value: 24.35,
          raw: 297.5,
          quality: 'good',
          updatedAt: '2020-06-01T02:43:43.987Z',
          sourceTimestamp: '2020-06-01T02:43:42.987Z',
        },
        {
          name: 'threshold',
          type: 'int64',
          value: '9007199254740993',
          quality: 'good',
          updatedAt: '2020-06-01T02:43:43.987Z',
        },
        {
          name: 'alarm',
          type: 'boolean',
          value: false,
          quality: 'bad',
          error: { code: 'MODBUS_EXCEPTION_2', message: 'illegal data address' },
          updatedAt: '2020-06-01T02:43:43.987Z',
        },
        { name: 'never', type: 'int' },
      ],
    });
  });

  it('has no place for what is not known yet', () => {
    const { device } = PLANT;
    expect(statusDocument({ device, state: 'idle', missedBeats: 0, properties: [] })).toEqual({
      state: 'idle',
      missedBeats: 0,
      properties: [],
    });
  });
});
