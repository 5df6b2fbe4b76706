import { X509Certificate } from 'node:crypto';

/** Names of the extension that holds a role: 1.3.6.1.4.1.50316.802.1 (MODBUS/TCP Security V36, section 8.4), as DER. */
const ROLE_OID = Buffer.from('060b2b0601040183890c862201', 'hex');
const BOOLEAN = 0x01;
const OCTET_STRING = 0x04;
const UTF8_STRING = 0x0c;

/** The role that a client certificate (PEM) gives its bearer; undefined where it has none, or is no certificate. */
export function roleOf(pem: string | undefined): string | undefined {
  const der = pem === undefined ? undefined : derOf(pem);
  const at = der?.indexOf(ROLE_OID) ?? -1;
  if (der === undefined || at < 0) return undefined;
  let next = elementAt(der, at + ROLE_OID.length);
  if (next?.tag === BOOLEAN) next = elementAt(der, next.end); // critical
  if (next?.tag !== OCTET_STRING) return undefined;
  const role = elementAt(der, next.start);
  return role?.tag === UTF8_STRING ? der.toString('utf8', role.start, role.end) : undefined;
}

function derOf(pem: string): Buffer | undefined {
  try {
    return new X509Certificate(pem).raw;
  } catch {
    return undefined;
  }
}

interface Element {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

/** A DER element with a length of at most 127 bytes: a role is a short name. */
function elementAt(der: Buffer, at: number): Element | undefined {
  const [tag, length] = [der[at], der[at + 1]];
  if (tag === undefined || length === undefined || length > 127 || at + 2 + length > der.length) return undefined;
  return { tag, start: at + 2, end: at + 2 + length };
}
