import { describe, expect, it } from 'vitest';
import { notificationUri } from '../../../../src/onem2m/ae/upkeep/nu.ts';
import { profileOf, type ProfileName } from '../../../../src/onem2m/binding/profile.ts';

const CSE = { id: '/in-cse-1', base: 'onem2m', spID: '', release: '3', profile: 'auto' } as const;
const HERE = 'onem2m/MYAPP/data';
const ELSEWHERE = '/mn-cse-1/onem2m/OTHER/data';

const uri = (profile: ProfileName, target: string, kind: 'same' | 'poll' = 'same', poa = ['mqtt://broker:1883']) =>
  notificationUri({ cse: CSE, notify: { kind } }, profileOf(profile), 'Cmy', poa, target);

describe('nu of a subscription', () => {
  it('is the id of the AE at its own CSE, and names that CSE at any other', () => {
    expect(uri('generic', HERE)).toBe('Cmy');
    expect(uri('generic', `/in-cse-1/${HERE}`)).toBe('Cmy');
    expect(uri('generic', ELSEWHERE)).toBe('/in-cse-1/Cmy');
    expect(uri('acme', ELSEWHERE, 'poll')).toBe('/in-cse-1/Cmy');
  });

  it('is a URL where the CSE wants one, and the id where there is no address', () => {
    expect(uri('tinyiot', HERE)).toBe('mqtt://broker:1883/Cmy');
    expect(uri('tinyiot', ELSEWHERE)).toBe('mqtt://broker:1883/Cmy');
    expect(uri('tinyiot', ELSEWHERE, 'same', [])).toBe('/in-cse-1/Cmy');
    expect(uri('tinyiot', HERE, 'same', [])).toBe('Cmy');
  });
});
