import { describe, expect, it } from 'vitest';
import { checkCredentials, credentialsFor, identityOf } from '../../../nodes/opcua-device/editor/checks';
import { parseOpcUaConfig } from '../../../src/drivers/opcua/config/config';
import { checkDevice } from '../../../src/editor/checks/device';
import type { ServerNode } from '../../../nodes/opcua-device/editor/requests';
import { nodeIdsIn, propertyOf } from '../../../nodes/opcua-device/editor/rows';

const node = (more: Partial<ServerNode> = {}): ServerNode => ({
  nodeID: 'nsu=urn:plant;s=speed',
  indexNodeID: 'ns=2;s=speed',
  browseName: '2:Speed',
  displayName: 'Speed',
  nodeClass: 'Variable',
  hasChildren: false,
  writable: true,
  ...more,
});

const checkOpcUa = (raw: Readonly<Record<string, unknown>>) => checkDevice(raw, (given) => parseOpcUaConfig(given, {}));

describe('propertyOf', () => {
  it('names a property after the node and leaves its type to the server', () => {
    expect(propertyOf(node(), [])).toEqual({
      name: 'Speed',
      visitor: { nodeID: 'nsu=urn:plant;s=speed', browseName: '2:Speed' },
    });
  });

  it('takes a free name, and none that an MQTT topic could not hold', () => {
    expect(propertyOf(node(), [{ name: 'Speed' }, { name: 'Speed-2' }])['name']).toBe('Speed-3');
    expect(propertyOf(node({ displayName: ' a/b #1 + c ' }), [])['name']).toBe('a-b-1-c');
    expect(propertyOf(node({ displayName: '' }), [])['name']).toBe('value');
  });

  it('only reads what may not be written', () => {
    expect(propertyOf(node({ writable: false }), [])).toMatchObject({ accessMode: 'ReadOnly' });
  });

  it('makes what the check accepts', () => {
    const properties = [propertyOf(node(), [])];
    expect(checkOpcUa({ protocol: { endpoint: 'opc.tcp://plc:4840' }, properties })).toEqual([]);
  });
});

describe('nodeIdsIn', () => {
  it('survives whatever a flow may hold', () => {
    expect(nodeIdsIn(undefined)).toEqual(new Set());
    expect([...nodeIdsIn([5, null, { visitor: { nodeID: 'i=85' } }, { visitor: 'x' }])]).toContain('i=85');
  });
});

describe('the check of an OPC UA device', () => {
  it('names the fields of protocol and properties that are wrong', () => {
    const raw = {
      protocol: { endpoint: 'plc', securityPolicy: 'None', securityMode: 'Sign' },
      properties: [{ name: 'a', visitor: { nodeID: 'nowhere', samplingInterval: '1' } }],
    };
    expect(checkOpcUa(raw).map(({ field }) => field)).toEqual(
      expect.arrayContaining([
        'protocol.endpoint',
        'protocol.securityMode',
        'properties[0].visitor.nodeID',
        'properties[0].visitor.samplingInterval',
      ]),
    );
  });
});

describe('identity', () => {
  it.each([
    [{}, 'anonymous'],
    [{ username: ' ', keyFilePEM: '' }, 'anonymous'],
    [{ username: 'operator' }, 'user'],
    [{ password: '__PWRD__' }, 'user'],
    [{ certFilePEM: 'stored' }, 'certificate'],
  ] as const)('of %j is %s', (credentials, identity) => {
    expect(identityOf(credentials)).toBe(identity);
  });

  it('forgets the credentials of the others', () => {
    const all = { username: 'u', password: 'p', certFilePEM: 'c', keyFilePEM: 'k' };
    expect(credentialsFor('user', all)).toEqual({ username: 'u', password: 'p', certFilePEM: '', keyFilePEM: '' });
    expect(credentialsFor('anonymous', all)).toEqual({ username: '', password: '', certFilePEM: '', keyFilePEM: '' });
    expect(credentialsFor('certificate', { certFilePEM: 'c' })).toEqual({
      username: '',
      password: '',
      certFilePEM: 'c',
    });
  });

  it('says what is missing, but nothing about what is stored or from the environment', () => {
    const fields = (...args: Parameters<typeof checkCredentials>) =>
      checkCredentials(...args).map(({ field }) => field);
    expect(fields('anonymous', {})).toEqual([]);
    expect(fields('user', { username: '', password: 'x' })).toEqual(['credentials.username']);
    expect(fields('user', { username: 'u', password: '' })).toEqual([]);
    expect(fields('certificate', { certFilePEM: '', keyFilePEM: '' })).toEqual(['credentials.certFilePEM']);
    expect(fields('certificate', { certFilePEM: 'no PEM', keyFilePEM: '${KEY}' })).toEqual(['credentials.certFilePEM']);
    expect(fields('certificate', {})).toEqual([]);
  });
});
