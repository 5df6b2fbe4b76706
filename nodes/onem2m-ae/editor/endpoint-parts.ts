/** An endpoint (`mqtt://host:1883/path#mn-cse-1`) in pieces, each as it is written; half of one while somebody types. */
export interface EndpointParts {
  readonly scheme: string;
  /** With its brackets for IPv6. */
  readonly host: string;
  readonly port: string;
  /** With its slash. */
  readonly path: string;
  /** Without a slash. */
  readonly cse: string;
}

export interface Account {
  readonly username: string;
  readonly password: string;
}

const PARTS = /^(?:([A-Za-z][\w+.-]*):\/\/)?(\[[^\]]*\]?|[^:/?#]*)(?::([^/?#]*))?([^#]*)(?:#(.*))?$/su;

/**
 * Takes apart what is typed, right or wrong; src/onem2m/binding/endpoint.ts says what is wrong. User and password are apart, decoded,
 * because the flow must not hold them.
 */
export function splitEndpoint(text: string): { readonly parts: EndpointParts; readonly account?: Account } {
  const { rest, account } = takeAccount(text.trim());
  const [, scheme = '', host = '', port = '', path = '', fragment = ''] = PARTS.exec(rest) ?? [];
  const parts = { scheme, host, port, path, cse: fragment.replace(/^\/+/u, '') };
  return account === undefined ? { parts } : { parts, account };
}

export function joinEndpoint({ scheme, host, port, path, cse }: EndpointParts): string {
  const isAddress = host !== '' || port !== '';
  const start = scheme !== '' && (isAddress || path !== '') ? `${scheme}://` : '';
  const way = path === '' || path.startsWith('/') ? path : `/${path}`;
  const fragment = cse.trim().replace(/^[/#]+/u, '');
  return `${start}${host}${port === '' ? '' : `:${port}`}${way}${fragment === '' ? '' : `#${fragment}`}`;
}

/** The endpoint without `user:password@`. */
function takeAccount(text: string): { rest: string; account?: Account } {
  const [, scheme = '', rest = ''] = /^((?:[A-Za-z][\w+.-]*:\/\/)?)(.*)$/su.exec(text) ?? [];
  const at = endOfAccount(rest);
  if (at < 0) return { rest: text };
  const written = rest.slice(0, at);
  const colon = written.indexOf(':');
  const username = decode(colon < 0 ? written : written.slice(0, colon));
  const password = colon < 0 ? '' : decode(written.slice(colon + 1));
  return { rest: scheme + rest.slice(at + 1), account: { username, password } };
}

/** Where the `@` is that ends user and password; also of a password whose `/` or `#` should have been encoded. */
function endOfAccount(rest: string): number {
  const authority = /^[^/?#]*/u.exec(rest)?.[0] ?? '';
  const at = authority.lastIndexOf('@');
  if (at >= 0) return at;
  const isPort = /^[^:]*:\d{1,5}$/u.test(authority);
  return authority.includes(':') && !isPort && !authority.startsWith('[') ? rest.lastIndexOf('@') : -1;
}

/** Percent-decoded, or as it is where it is not encoded rightly. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
