/**
 * What is wrong with a Base64 text, or undefined. Tolerant as Octopus is (docs/facts/octopus.md#base64): the URL-safe alphabet,
 * missing padding and line breaks are accepted. Pure: also runs in the editor.
 */
export function checkBase64(text: string): string | undefined {
  const digits = text.replace(/[\r\n]/g, '');
  const body = digits.replace(/={0,2}$/, '');
  if (!/^[A-Za-z0-9+/_-]*$/.test(body)) return 'is not Base64: it contains other characters than A-Z a-z 0-9 + / =';
  if (body.length % 4 === 1) return 'is not Base64: a character is missing at the end';
  const padded = body.length < digits.length;
  return padded && digits.length % 4 !== 0 ? 'is not Base64: the padding (=) at the end does not fit' : undefined;
}
