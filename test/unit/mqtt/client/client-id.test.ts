import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkClientId,
  defaultClientId,
  hasKeyword,
  renderClientId,
  withUid,
  type ProtocolVersion,
} from '../../../../src/mqtt/client/client-id';

describe('defaultClientId (docs/facts/octopus.md#client-ids)', () => {
  it.each([
    ['014997f5-1f12-498b-8631-d2f22920e20a', 4, 'octopus-014997f51f12498b8631d2f22920e20a'],
    ['014997f5-1f12-498b-8631-d2f22920e20a', 0, 'octopus-014997f51f12498b8631d2f22920e20a'],
    ['9e8efcb0-4b79-45e7-a4c4-3349562292e3', 3, 'octopus-efcb04957c34593'],
    ['835aea2e-5f80-4d14-88f5-40c4bda41aa3', 3, 'octopus-5a8044f40c41aa3'],
    ['9E8EFCB04B7945E7A4C43349562292E3', 3, 'octopus-efcb04957c34593'],
  ] as const)('%s with version %i gives %s', (uid, version, id) => {
    expect(defaultClientId(uid, version)).toBe(id);
  });

  it('takes any text as uid, always with the same result', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (uid) => {
        expect(defaultClientId(uid, 4)).toMatch(/^octopus-[0-9a-f]{32}$/);
        expect(defaultClientId(uid, 3)).toMatch(/^octopus-[0-9a-f]{15}$/);
        expect(defaultClientId(uid, 3)).toBe(defaultClientId(uid, 3));
      }),
    );
  });

  it('tells near texts apart', () => {
    const ids = ['', 'a', 'b', 'ab', 'a-b', '2f1d3a9c5b7e8f60', '2f1d3a9c5b7e8f61'].map((uid) =>
      defaultClientId(uid, 3),
    );
    expect(new Set(ids).size).toBe(7);
  });
});

/** What a flow of version 1 had for a device with dedicated connections. */
const deviceClientId = (base: string, uid: string, version: ProtocolVersion): string => {
  const rendered = renderClientId(withUid(base, version), { namespace: '', name: '', uid }, version);
  return rendered.ok ? rendered.clientId : rendered.message;
};

it('a device has its own id under the given one, within the limit of its version', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 23 }), fc.uuid(), fc.uuid(), (base, one, other) => {
      fc.pre(one !== other);
      expect(deviceClientId(base, one, 4)).toBe(`${base}-${one.replaceAll('-', '')}`);
      const short = deviceClientId(base, one, 3);
      expect(short.length).toBeLessThanOrEqual(23);
      expect(short.startsWith(base.slice(0, 14))).toBe(true);
    }),
  );
});

describe('renderClientId', () => {
  const identity = { namespace: 'default', name: 'boiler-1', uid: '9e8efcb0-4b79-45e7-a4c4-3349562292e3' };
  const digits = '9e8efcb04b7945e7a4c43349562292e3';

  it.each([
    ['plant', 4, 'plant'],
    ['plant-:name', 4, 'plant-boiler-1'],
    [':namespace.:name', 5, 'default.boiler-1'],
    ['gw:uid', 0, `gw${digits}`],
    [':uid', 3, expect.stringMatching(/^[0-9a-f]{23}$/) as string],
    ['plant-:name-:uid', 3, expect.stringMatching(/^plant-boiler-1-[0-9a-f]{8}$/) as string],
    ['A::Cae', 4, 'A::Cae'],
    [':names', 4, ':names'],
  ] as const)('%s with version %i is %s', (given, version, clientId) => {
    expect(renderClientId(given, identity, version)).toEqual({ ok: true, clientId });
    expect(hasKeyword(given)).toBe(given !== clientId);
  });

  it.each([
    [
      'plants-:namespace-:name',
      3,
      { field: 'clientID', message: 'must be at most 23 characters with MQTT 3.1, got 24' },
    ],
    [
      'plant-1-:name-:uid',
      3,
      { field: 'clientID', message: expect.stringMatching(/^leaves no room for :uid/) as string },
    ],
  ] as const)('%s with version %i is refused', (given, version, problem) => {
    const long = { ...identity, name: 'boiler-12' };
    expect(renderClientId(given, long, version)).toEqual({ ok: false, ...problem });
  });

  it('needs what it contains', () => {
    expect(renderClientId('a-:namespace', { ...identity, namespace: '' }, 4)).toEqual({
      ok: false,
      field: 'namespace',
      message: 'is required, because the client id contains it',
    });
  });
});

describe('checkClientId', () => {
  it('holds MQTT 3.1 to 23 characters, later versions not', () => {
    expect(checkClientId('x'.repeat(23), 3)).toBeUndefined();
    expect(checkClientId('x'.repeat(24), 3)).toMatch(/at most 23 characters with MQTT 3.1, got 24/);
    for (const version of [0, 4, 5] as const) expect(checkClientId('x'.repeat(24), version)).toBeUndefined();
  });

  it('refuses what no broker takes', () => {
    expect(checkClientId('a\0', 4)).toMatch(/control/);
    expect(checkClientId('x'.repeat(65_536), 5)).toMatch(/65535 bytes/);
  });
});
