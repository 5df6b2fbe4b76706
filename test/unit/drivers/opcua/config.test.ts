import { describe, expect, it } from 'vitest';
import { parseOpcUaConfig } from '../../../../src/drivers/opcua/config/config.ts';

const CERT = '-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n';
const KEY = '-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PRIVATE KEY-----\n';
const parse = (protocol: object, credentials: Record<string, string> = {}, rest: object = {}) =>
  parseOpcUaConfig({ protocol: { endpoint: 'opc.tcp://127.0.0.1:4840', ...protocol }, ...rest }, credentials);
const fieldsOf = (...given: Parameters<typeof parse>) => {
  const parsed = parse(...given);
  return parsed.ok ? [] : parsed.problems.map(({ field }) => field);
};

describe('OPC UA configuration', () => {
  it('is secure and anonymous where nothing else is said', () => {
    expect(parse({})).toEqual({
      ok: true,
      value: {
        properties: [],
        syncIntervalMs: 15_000,
        timeoutMs: 10_000,
        session: {
          endpoint: 'opc.tcp://127.0.0.1:4840',
          securityPolicy: 'auto',
          securityMode: 'auto',
          identity: { type: 'anonymous' },
          applicationName: 'DeviceLink',
          timeoutMs: 10_000,
        },
      },
    });
  });

  it('reads the specification`s spelling of the policies', () => {
    const parsed = parse({ securityPolicy: 'Aes256Sha256RsaPss', securityMode: 'SignAndEncrypt' });
    expect(parsed).toMatchObject({ ok: true, value: { session: { securityPolicy: 'Aes256_Sha256_RsaPss' } } });
  });

  it('reads who the session belongs to', () => {
    expect(parse({}, { username: 'anna', password: '' })).toMatchObject({
      value: { session: { identity: { type: 'user', username: 'anna', password: '' } } },
    });
    expect(parse({}, { certFilePEM: CERT, keyFilePEM: KEY })).toMatchObject({
      value: { session: { identity: { type: 'certificate', cert: CERT, key: KEY } } },
    });
  });

  it.each([
    ['protocol.endpoint', { endpoint: '' }],
    ['protocol.endpoint', { endpoint: 'http://127.0.0.1:4840' }],
    ['protocol.endpoint', { endpoint: 'opc.tcp://host:70000' }],
    ['protocol.endpoint', { endpoint: 'opc.tcp://user:pw@host:4840' }],
    ['protocol.securityPolicy', { securityPolicy: 'Basic999' }],
    ['protocol.securityMode', { securityMode: 'Encrypt' }],
    ['protocol.securityMode', { securityPolicy: 'Basic256Sha256', securityMode: 'None' }],
    ['protocol.securityMode', { securityPolicy: 'None', securityMode: 'Sign' }],
  ])('names %s in %j', (field, protocol) => {
    expect(fieldsOf(protocol)).toEqual([field]);
  });

  it.each([
    [['credentials.username'], { password: 'geheim' }],
    [['credentials.certFilePEM'], { username: 'a', password: 'geheim', certFilePEM: CERT, keyFilePEM: KEY }],
    [['credentials.certFilePEM'], { certFilePEM: 'geheim', keyFilePEM: KEY }],
    [['credentials.keyFilePEM'], { certFilePEM: CERT, keyFilePEM: 'geheim' }],
    [
      ['credentials.keyFilePEM'],
      {
        certFilePEM: CERT,
        keyFilePEM: '-----BEGIN ENCRYPTED PRIVATE KEY-----\ngeheim\n-----END ENCRYPTED PRIVATE KEY-----',
      },
    ],
  ])('names %j and tells no secret', (fields, credentials) => {
    const parsed = parse({}, credentials);
    expect(parsed.ok ? [] : parsed.problems.map(({ field }) => field)).toEqual(fields);
    expect(JSON.stringify(parsed)).not.toContain('geheim');
  });

  it('gathers the problems of all properties', () => {
    const properties = [
      { name: 'a', visitor: { nodeID: '?' } },
      { name: 'a', visitor: { nodeID: 'i=1' } },
    ];
    expect(fieldsOf({}, {}, { properties, parameters: { timeout: 'x' } })).toEqual([
      'parameters.timeout',
      'properties[0].visitor.nodeID',
      'properties[1].name',
    ]);
  });
});
