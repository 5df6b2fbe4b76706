import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authorization, readAuthorization } from '../../../../src/net/http/account.ts';

describe('the Authorization header', () => {
  it('says the same to who reads it as was written', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.includes(':'));
    const login = fc.record({ username: name, password: fc.string({ unit: 'grapheme' }) });
    const token = fc.record({ token: fc.stringMatching(/^[\x21-\x7e]+$/) });
    fc.assert(
      fc.property(fc.oneof(login, token), (account) => {
        expect(readAuthorization(authorization(account).Authorization)).toEqual(account);
      }),
    );
  });

  it.each([undefined, '', 'Basic', 'Basic ', 'Digest abc', 'Basic bm9jb2xvbg==', 'Bearer a b', 'Bearer'])(
    'is nobody where it is %j',
    (header) => {
      expect(readAuthorization(header)).toBeUndefined();
    },
  );

  it('is read whatever the case of its scheme', () => {
    expect(readAuthorization('bAsIc am9lOnB3')).toEqual({ username: 'joe', password: 'pw' });
    expect(readAuthorization('BEARER t')).toEqual({ token: 't' });
  });
});
