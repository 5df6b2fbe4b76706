import { describe, expect, it } from 'vitest';
import { checkDevice } from '../../../src/editor/checks/device';
import { checkExtension, checkName } from '../../../nodes/mqtt-extension/editor/checks';
import { freeName } from '../../../src/editor/form/free-name';
import { headersOf, linesOf } from '../../../src/editor/table/headers';
import { topicFormOf } from '../../../src/editor/topic/topic-form';
import { parseModbusConfig } from '../../../src/drivers/modbus/config/config';

describe('freeName', () => {
  it.each([
    ['pump', ['pump'], 'pump-2'],
    ['pump-2', ['pump', 'pump-2', 'pump-3'], 'pump-4'],
    ['', [''], '-2'],
  ])('%j among %j is %j', (name, taken, expected) => {
    expect(freeName(name, taken)).toBe(expected);
  });
});

describe('headers', () => {
  it('keeps several values of a name', () => {
    const headers = { 'X-Tenant': ['a', 'b'], Authorization: ['x'] };
    expect(headersOf(linesOf(headers))).toEqual(headers);
  });

  it('takes plain text and leaves out lines without a name', () => {
    expect(linesOf({ 'X-A': 'one' })).toEqual([{ name: 'X-A', value: 'one' }]);
    expect(headersOf([{ name: ' ', value: 'lost' }])).toEqual({});
    expect(linesOf(undefined)).toEqual([]);
  });

  it('cannot reach a prototype', () => {
    const headers = headersOf([{ name: '__proto__', value: 'x' }]);
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
  });
});

describe('topicFormOf', () => {
  it.each([
    [undefined, ''],
    [{ name: '', prefix: '', template: '' }, ''],
    [{ name: 'a', prefix: 'b', with: 'uid' }, 'name'],
    [{ template: ':uid', prefix: 'b' }, 'template'],
    [{ prefix: 'b', with: 'uid' }, 'uid'],
    [{ prefix: 'b' }, 'nn'],
  ])('of %j is %j', (topic, form) => {
    expect(topicFormOf(topic)).toBe(form);
  });
});

describe('checks', () => {
  const fields = (problems: readonly { field: string }[]) => problems.map(({ field }) => field);

  it('refuses an extension the name of which is its id', () => {
    expect(fields(checkName('a1b2', 'a1b2'))).toEqual(['name']);
    expect(fields(checkName('plant', 'a1b2'))).toEqual([]);
  });

  it('names the fields of an extension that are wrong', () => {
    const client = {
      server: 'http://broker',
      protocolVersion: 3,
      clientID: 'x'.repeat(24),
      keepAlive: '30',
      messageChannelDepth: -1,
      store: { type: 'disk' },
      will: { topic: { name: 'a/+' }, payloadEncode: 'base64', payloadContent: '?' },
    };
    const raw = { client, message: { topic: { prefix: 'a/#' }, qos: 3 } };
    expect(fields(checkExtension(raw)).sort()).toEqual([
      'client.clientID',
      'client.keepAlive',
      'client.messageChannelDepth',
      'client.server',
      'client.store.type',
      'client.will.payloadContent',
      'client.will.topic.name',
      'message.qos',
      'message.topic.prefix',
    ]);
  });

  it('is content with a whole extension, and with one from the environment', () => {
    const message = { topic: { prefix: 'plant', with: 'nn' } };
    expect(checkExtension({ client: { server: 'tcp://127.0.0.1:1883' }, message })).toEqual([]);
    expect(
      checkExtension({ client: { server: 'tcp://${HOST}' }, message: { topic: { prefix: '${PREFIX}' } } }),
    ).toEqual([]);
  });

  it('demands a topic of an extension, not of a device', () => {
    expect(fields(checkExtension({ client: { server: 'tcp://a' }, message: {} }))).toEqual(['message.topic.prefix']);
    const device = { protocol: { tcp: { endpoint: 'plc', workerID: 1 } }, properties: [], message: { qos: 9 } };
    expect(fields(checkDevice(device, parseModbusConfig))).toEqual(['message.qos']);
  });
});
