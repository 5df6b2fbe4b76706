import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { offsetToReference, referenceToOffset } from '../../../../../src/drivers/modbus/config/reference';
import { REGISTER_KINDS, type RegisterKind } from '../../../../../src/drivers/modbus/pdu/registers';

describe('the 40001 notation', () => {
  it.each<[string, RegisterKind, number]>([
    ['40001', 'HoldingRegister', 0],
    ['49999', 'HoldingRegister', 9998],
    ['410000', 'HoldingRegister', 9999],
    ['465536', 'HoldingRegister', 65_535],
    ['30012', 'InputRegister', 11],
    ['10001', 'DiscreteInputRegister', 0],
    ['00001', 'CoilRegister', 0],
  ])('%s is %s at %i', (reference, register, offset) => {
    expect(referenceToOffset(reference)).toEqual({ ok: true, value: { register, offset } });
    expect(offsetToReference(register, offset)).toBe(reference);
  });

  it('takes six digits for low numbers too', () => {
    expect(referenceToOffset('400001')).toEqual({ ok: true, value: { register: 'HoldingRegister', offset: 0 } });
  });

  it.each(['', '4001', '4000001', '40000', '465537', '20001', '50001', '4x001', '-0001'])('refuses %j', (reference) => {
    expect(referenceToOffset(reference).ok).toBe(false);
  });

  it('is its own inverse for every address', () => {
    fc.assert(
      fc.property(fc.constantFrom(...REGISTER_KINDS), fc.nat(65_535), (register, offset) => {
        expect(referenceToOffset(offsetToReference(register, offset))).toEqual({
          ok: true,
          value: { register, offset },
        });
      }),
    );
  });
});
