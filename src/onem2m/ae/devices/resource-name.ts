/** Names that mean something else in an address: virtual resources, the short form of the CSEBase, and what URLs resolve. */
const TAKEN: readonly string[] = ['la', 'ol', 'latest', 'oldest', 'fopt', 'pcu', '-', '.', '..', '_'];

/** What a resource name may hold (unreserved characters of RFC 3986), without `~`, which escapes the others here. */
const ALLOWED = /[A-Za-z0-9._-]/;

/**
 * A name of a device or property as a resource name (`rn`): characters that oneM2M does not allow there become `~` and two
 * hexadecimal digits for each byte of their UTF-8 form (`fan speed` is `fan~20speed`), and so does the first one of a name
 * that means something else (`la` is `~6Ca`) or is in `reserved`. Reversible, and different for different names.
 */
export function toResourceName(name: string, reserved: readonly string[] = []): string {
  const escaped = Array.from(name, (character) => (ALLOWED.test(character) ? character : escape(character))).join('');
  if (!TAKEN.includes(escaped) && !reserved.includes(escaped)) return escaped;
  return escape(escaped.slice(0, 1)) + escaped.slice(1);
}

/** The name that `toResourceName` was given. */
export function fromResourceName(resourceName: string): string {
  const bytes: number[] = [];
  for (const [part, hex] of resourceName.matchAll(/~([0-9A-F]{2})|[^~]|~/g)) {
    if (hex === undefined) bytes.push(...new TextEncoder().encode(part));
    else bytes.push(Number.parseInt(hex, 16));
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

function escape(character: string): string {
  const bytes = new TextEncoder().encode(character);
  return Array.from(bytes, (byte) => `~${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}
