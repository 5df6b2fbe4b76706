/** Headers of the WebSocket handshake: `client.httpHeaders`, which stand in the flow, and the credential `secretHeaders`. Pure. */
import type { FieldReader } from '../../base/fields/fields';

export type HttpHeaders = Readonly<Record<string, readonly string[]>>;

/** Set by the WebSocket handshake itself (RFC 6455, 4.1). */
const RESERVED = /^(?:host|connection|upgrade|content-length|transfer-encoding|sec-websocket-.*)$/i;
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Whether a header of this name carries a secret, as a rule: then it does not belong into a flow, which is exported. */
export const isSecretHeader = (name: string): boolean =>
  /auth|cookie|token|secret|passw|key|credential|signature|session/i.test(name);

/** `client.httpHeaders`: texts, or lists of texts. */
export function readHeaders(reader: FieldReader): Record<string, readonly string[]> {
  const headers: Record<string, readonly string[]> = {};
  for (const name of reader.keys()) {
    const given = reader.given(name) ?? '';
    const values: unknown[] = Array.isArray(given) ? given : [given];
    const problem = nameProblem(name);
    if (problem !== undefined) reader.fail(name, problem);
    else if (!values.every((value) => typeof value === 'string' && VALUE.test(value))) {
      reader.fail(name, 'must be text without line breaks, or a list of such texts'); // never the value: it may be a token
    } else {
      headers[name] = values.map(String);
      if (isSecretHeader(name)) {
        reader.warn(name, 'stands in the flow, and in what is exported: give it among the secret headers');
      }
    }
  }
  return headers;
}

/** The credential `secretHeaders`: a line `Name: value` for each value. */
export function readSecretHeaders(credentials: FieldReader): Record<string, readonly string[]> {
  const headers: Record<string, readonly string[]> = {};
  for (const [index, line] of credentials.string('secretHeaders').split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const [, name = '', value = ''] = /^([^:]*):(.*)$/.exec(line) ?? [];
    const problem = nameProblem(name.trim());
    const fail = (message: string): void => credentials.fail('secretHeaders', `line ${index + 1} ${message}`);
    if (name.trim() === '') fail('must be a header as "Name: value"');
    else if (problem !== undefined) fail(`begins with what ${problem}`);
    else if (!VALUE.test(value)) fail('has a value that an HTTP header cannot have');
    else headers[name.trim()] = [...(headers[name.trim()] ?? []), value.trim()];
  }
  return headers;
}

function nameProblem(name: string): string | undefined {
  if (!NAME.test(name)) return 'is not a name that an HTTP header can have';
  return RESERVED.test(name) ? 'is set by the WebSocket handshake itself' : undefined;
}
