import { describe, expect, it } from 'vitest';
import { PROFILE_NAMES, profileOf, PROFILES, recognizeProfile } from '../../../../src/onem2m/binding/profile';

/** First answers as seen on the wire: docs/facts/onem2m.md#creating-an-ae-by-hand. */
const ANSWERS = {
  tinyiot: { rsc: 2001, rqi: 'r-0001', to: 'TinyIoT', fr: 'CProbe1', rvi: '3' },
  acme: { fr: '/id-in', to: 'CaeACME', ot: '20261122T032406,990781', rsc: 2001, rqi: 'r-0001', rvi: '4' },
  openmtc: { rvi: '2a', to: 'onem2m', rqi: 'q1', fr: 'Cseq2', rsc: 2001 },
  mobius4: { rqi: 'q1', rvi: '3', rsc: 2001 },
  mobius2: { rsc: 2001, rqi: 'q1', to: 'Cae', fr: '/Mobius2' },
};

describe('PROFILES', () => {
  it('has every profile under its name', () => {
    expect(Object.keys(PROFILES).sort()).toEqual([...PROFILE_NAMES].sort());
    for (const name of PROFILE_NAMES) expect(profileOf(name).name).toBe(name);
  });

  it('tries no registration topic that a CSE does not hear', () => {
    expect(PROFILE_NAMES.filter((name) => !profileOf(name).registration.includes('reg_req'))).toEqual([
      'openmtc',
      'mobius4',
    ]);
  });
});

describe('recognizeProfile', () => {
  it.each([
    ['tinyiot', { hasTypeLevel: true, hasFloats: true }],
    ['acme', { hasTypeLevel: true, hasFloats: false }],
    ['openmtc', { hasTypeLevel: false, hasFloats: false }],
    ['mobius4', { hasTypeLevel: true, hasFloats: false }],
  ] as const)('knows %s by its first answer over MQTT', (name, traits) => {
    expect(recognizeProfile({ traits, response: ANSWERS[name] })).toBe(name);
  });

  it.each([
    [true, false],
    [false, true],
  ])('knows Mobius 2 by its double answer (%s, then %s)', (first, second) => {
    const again = { hasTypeLevel: second };
    expect(recognizeProfile({ traits: { hasTypeLevel: first }, again, response: ANSWERS.mobius2 })).toBe('mobius2');
  });

  it('knows ACME over HTTP by its server or its times', () => {
    expect(recognizeProfile({ traits: { server: 'ACME 2026.05.1' }, response: ANSWERS.mobius4 })).toBe('acme');
    expect(recognizeProfile({ traits: {}, response: ANSWERS.acme })).toBe('acme');
  });

  it('knows by the CSEBase what the answer alone does not tell', () => {
    const response = { rsc: 2000, rqi: 'q' };
    expect(recognizeProfile({ traits: {}, response })).toBeUndefined();
    expect(recognizeProfile({ traits: {}, response, cseBase: { ri: 'cb0', csi: '/in-cse-1' } })).toBe('openmtc');
    expect(recognizeProfile({ traits: {}, response, cseBase: { csi: '/Mobius4' } })).toBe('mobius4');
    expect(recognizeProfile({ traits: { hasTypeLevel: false }, response, cseBase: { csi: '/Mobius2' } })).toBe(
      'mobius2',
    );
  });

  it('guesses nothing about a CSE that does as the specification says', () => {
    const response = { rsc: 2000, rqi: 'q', to: 'Cae', fr: '/cse' };
    expect(recognizeProfile({ traits: { hasTypeLevel: true, hasFloats: false }, response })).toBeUndefined();
    expect(recognizeProfile({ traits: { server: 'nginx' }, response })).toBeUndefined();
  });
});
