import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../../src/base/errors.ts';
import { PropertyStore } from '../../../../src/device/engine/property-store.ts';
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
    expect(store.states.map(({ type }) => type)).toEqual(['double', 'int32']);
  });

  it('keeps both times of the last good value, and tells them in msg.status', () => {
    const store = new PropertyStore([property('speed')]);
    store.merge([
      { name: 'speed', value: 1, quality: 'good', updatedAt: 3000, sourceTimestamp: 1000, serverTimestamp: 2000 },
    ]);
    const error = new DeviceError('OPCUA_BadNoCommunication', 'away');
    store.merge([{ name: 'speed', value: undefined, quality: 'bad', error, updatedAt: 9000, serverTimestamp: 8000 }]);
    const status = statusDocument({ device: identity, state: 'degraded', missedBeats: 0, properties: store.states });
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
});
