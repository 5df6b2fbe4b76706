const HIDDEN = '***';
/** Shorter texts occur by chance inside other words; they are hidden only where they are the whole text. */
const SHORTEST_PART = 4;

/** The credentials that nobody may see again; a user name is not one. */
export function secretsOf(credentials: Readonly<Record<string, string>>): string[] {
  return Object.entries(credentials)
    .filter(([name]) => name !== 'username')
    .flatMap(([, secret]) => [secret, ...secret.split('\n').map((line) => line.trim())])
    .filter((secret) => secret !== '');
}

/** A copy in which no text holds any of the secrets: a last guard behind code that never writes them. */
export function redact<T>(value: T, secrets: readonly string[]): T {
  return redactAny(value, secrets) as T;
}

function redactAny(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') {
    return secrets.reduce((text, secret) => {
      if (text === secret) return HIDDEN;
      return secret.length < SHORTEST_PART ? text : text.replaceAll(secret, HIDDEN);
    }, value);
  }
  if (Array.isArray(value)) return value.map((item: unknown) => redactAny(item, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redactAny(item, secrets)]));
}
