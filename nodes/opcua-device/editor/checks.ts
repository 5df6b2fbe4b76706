import type { Problem } from '../../../src/base/fields/problems';
import { parseOpcUaConfig } from '../../../src/drivers/opcua/config/config';
import { hasEnvironment } from '../../../src/editor/form/environment';

/** Who the session is for. Not stored: what the credentials say decides. */
export const IDENTITIES = ['anonymous', 'user', 'certificate'] as const;
export type Identity = (typeof IDENTITIES)[number];

type Credentials = Readonly<Record<string, string>>;

const NAMES: Readonly<Record<Identity, readonly string[]>> = {
  anonymous: [],
  user: ['username', 'password'],
  certificate: ['certFilePEM', 'keyFilePEM'],
};

/** The identity that credentials, or placeholders for them, stand for. */
export function identityOf(credentials: Credentials): Identity {
  const isGiven = (name: string) => (credentials[name] ?? '').trim() !== '';
  return IDENTITIES.find((identity) => NAMES[identity].some(isGiven)) ?? 'anonymous';
}

/** The credentials of one identity; those of the others are empty, so that they are forgotten. */
export function credentialsFor(identity: Identity, credentials: Credentials): Record<string, string> {
  const others = IDENTITIES.filter((other) => other !== identity).flatMap((other) => NAMES[other]);
  const own = Object.entries(credentials).filter(([name]) => NAMES[identity].includes(name));
  return Object.fromEntries([...others.map((name) => [name, ''] as const), ...own]);
}

/** What is wrong with what was typed; a credential that is absent stays as stored, and `${ENV}` is known only at run time. */
export function checkCredentials(identity: Identity, typed: Credentials): readonly Problem[] {
  const isOpen = (name: string) => !Object.hasOwn(typed, name) || hasEnvironment(typed[name]);
  if (identity === 'user' && (typed['username'] ?? '') === '') {
    return [{ field: 'credentials.username', message: 'is required' }];
  }
  const filled = Object.fromEntries(NAMES[identity].map((name) => [name, typed[name] ?? '']));
  if (identity === 'certificate' && !NAMES.certificate.some(isOpen) && identityOf(filled) === 'anonymous') {
    return [{ field: 'credentials.certFilePEM', message: 'is required' }];
  }
  const parsed = parseOpcUaConfig({}, filled);
  const problems = parsed.ok ? [] : parsed.problems;
  return problems.filter(({ field }) => field.startsWith('credentials.') && !isOpen(field.replace('credentials.', '')));
}
