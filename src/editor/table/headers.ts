import { isSecretHeader } from '../../mqtt/extension/http-headers';

/** HTTP headers as they are stored, `{ "X-Tenant": ["a", "b"] }`, and as lines of a table. */
export interface HeaderLine {
  name: string;
  value: string;
}

/** `{ "X-Tenant": ["a", "b"] }` as lines; a single value may be plain text. */
export function linesOf(headers: unknown): HeaderLine[] {
  if (typeof headers !== 'object' || headers === null) return [];
  return Object.entries(headers).flatMap(([name, values]: [string, unknown]) =>
    (Array.isArray(values) ? values : [values]).map((value) => ({ name, value: String(value) })),
  );
}

/** Lines without a name are left out. */
export function headersOf(lines: readonly HeaderLine[]): Record<string, string[]> {
  const headers = new Map<string, string[]>();
  for (const { name, value } of lines) {
    if (name.trim() !== '') headers.set(name.trim(), [...(headers.get(name.trim()) ?? []), value]);
  }
  return Object.fromEntries(headers);
}

/** Lines apart by whether their names say that they are secret; those as the text that `secretHeaders` is. */
export function separated(lines: readonly HeaderLine[]): { plain: HeaderLine[]; secret: string } {
  const isSecret = ({ name }: HeaderLine): boolean => isSecretHeader(name) && name.trim() !== '';
  const secret = lines.filter(isSecret).map(({ name, value }) => `${name.trim()}: ${value}`);
  return { plain: lines.filter((line) => !isSecret(line)), secret: secret.join('\n') };
}
