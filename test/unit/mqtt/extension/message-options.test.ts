import { describe, expect, it } from 'vitest';
import { FieldReader } from '../../../../src/base/fields/fields';
import { MESSAGE_DEFAULTS, readMessage, type MessageSettings } from '../../../../src/mqtt/extension/message-options';

const extension: MessageSettings = {
  ...MESSAGE_DEFAULTS,
  topic: { prefix: 'plant', with: 'uid' },
  qos: 1,
  retained: true,
  waitTimeoutMs: 5000,
};

const override = (raw: unknown): MessageSettings => readMessage(new FieldReader(raw, 'message'), extension);

describe("a device's message settings over its extension's", () => {
  it.each([undefined, {}, { topic: { name: '', prefix: '' }, qos: '', payloadEncode: '' }])(
    'inherits what %j leaves out',
    (raw) => {
      const { topic, qos, retained, waitTimeoutMs, payloadEncode } = override(raw);
      expect({ topic, qos, retained, waitTimeoutMs, payloadEncode }).toEqual({
        topic: { prefix: 'plant', with: 'uid' },
        qos: 1,
        retained: true,
        waitTimeoutMs: 5000,
        payloadEncode: 'raw',
      });
    },
  );

  it('overrides one by one', () => {
    expect(override({ qos: 0, retained: false, waitTimeout: '0s', payloadEncode: 'base64' })).toMatchObject({
      qos: 0,
      retained: false,
      waitTimeoutMs: 0,
      payloadEncode: 'base64',
    });
  });

  it.each([
    [{ name: 'own' }, { name: 'own', with: 'uid' }],
    [{ prefix: 'other' }, { prefix: 'other', with: 'uid' }],
    [
      { prefix: 'other', with: 'nn' },
      { prefix: 'other', with: 'nn' },
    ],
    [{ template: 'a/:name' }, { template: 'a/:name', with: 'uid' }],
    [{ with: 'nn' }, { prefix: 'plant', with: 'nn' }],
  ])('topic %j gives %j', (topic, expected) => {
    expect(override({ topic }).topic).toEqual(expected);
  });

  it('a static name of the extension gives way to a prefix of the device', () => {
    const base = { ...MESSAGE_DEFAULTS, topic: { name: 'all' } };
    expect(readMessage(new FieldReader({ topic: { prefix: 'p' } }), base).topic).toEqual({ prefix: 'p', with: 'nn' });
  });
});
