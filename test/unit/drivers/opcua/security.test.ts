import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkSecurity,
  chooseEndpoint,
  policyFromUri,
  policyToUri,
  type RatedEndpoint,
} from '../../../../src/drivers/opcua/security/security';
import { SECURITY_MODES, SECURITY_POLICIES } from '../../../../src/drivers/opcua/security/security-names';

const offer = fc.record<RatedEndpoint>({
  securityPolicy: fc.constantFrom(...SECURITY_POLICIES),
  securityMode: fc.constantFrom(...SECURITY_MODES),
  securityLevel: fc.nat(255),
});

describe('chooseEndpoint', () => {
  it('never takes a weaker mode, nor in the same mode a weaker policy, than the best offered', () => {
    fc.assert(
      fc.property(fc.array(offer, { minLength: 1 }), (offers) => {
        const chosen = chooseEndpoint(offers, { securityPolicy: 'auto', securityMode: 'auto' });
        const mode = SECURITY_MODES.indexOf(chosen.securityMode);
        const policy = SECURITY_POLICIES.indexOf(chosen.securityPolicy);
        for (const other of offers) {
          const otherMode = SECURITY_MODES.indexOf(other.securityMode);
          expect(otherMode).toBeLessThanOrEqual(mode);
          if (otherMode === mode) expect(SECURITY_POLICIES.indexOf(other.securityPolicy)).toBeLessThanOrEqual(policy);
        }
      }),
    );
  });

  it('gives what was asked for or refuses: never something else', () => {
    const wish = fc.record({
      securityPolicy: fc.constantFrom(...SECURITY_POLICIES, 'auto' as const),
      securityMode: fc.constantFrom(...SECURITY_MODES, 'auto' as const),
    });
    fc.assert(
      fc.property(fc.array(offer), wish, (offers, wanted) => {
        try {
          const chosen = chooseEndpoint(offers, wanted);
          if (wanted.securityPolicy !== 'auto') expect(chosen.securityPolicy).toBe(wanted.securityPolicy);
          if (wanted.securityMode !== 'auto') expect(chosen.securityMode).toBe(wanted.securityMode);
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^OPCUA_BadSecurity(Policy|Mode)Rejected$/) });
          const fits = offers.some(
            (o) =>
              (wanted.securityPolicy === 'auto' || o.securityPolicy === wanted.securityPolicy) &&
              (wanted.securityMode === 'auto' || o.securityMode === wanted.securityMode),
          );
          expect(fits).toBe(false);
        }
      }),
    );
  });
});

it('turns policies into URIs and back', () => {
  for (const policy of SECURITY_POLICIES) expect(policyFromUri(policyToUri(policy))).toBe(policy);
  expect(policyFromUri('http://opcfoundation.org/UA/SecurityPolicy#ECC_nistP256')).toBeUndefined();
  expect(policyFromUri(null)).toBeUndefined();
});

it.each([
  ['None', 'Sign', /needs a policy/],
  ['Basic256Sha256', 'None', /needs mode/],
] as const)('%s with %s contradicts itself', (securityPolicy, securityMode, text) => {
  expect(checkSecurity({ securityPolicy, securityMode })).toMatch(text);
});

it.each([
  ['None', 'None'],
  ['auto', 'Sign'],
  ['Basic256Sha256', 'auto'],
] as const)('%s with %s is fine', (securityPolicy, securityMode) => {
  expect(checkSecurity({ securityPolicy, securityMode })).toBeUndefined();
});
