import { DeviceError, ErrorCode } from '../../base/errors';

/** Headers by lower-case name, as node:http gives them. */
export type HttpHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** One header's value; of one that came several times the first. */
export function headerOf(headers: HttpHeaders, name: string): string | undefined {
  const value = headers[name.toLowerCase()];
  return typeof value === 'string' ? value : value?.[0];
}

/**
 * `text` as the value of a header: printable ASCII without spaces at its ends, so that nothing can end the header or be read
 * differently. Throws BAD_VALUE that names the member.
 */
export function headerText(member: string, text: string): string {
  if (/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$|^$/.test(text)) return text;
  const message = `"${member}" cannot be sent over HTTP: a header holds only printable ASCII characters without spaces at the ends`;
  throw new DeviceError(ErrorCode.BAD_VALUE, message, {
    advice: 'Use letters, digits and the characters of an id or address.',
  });
}
