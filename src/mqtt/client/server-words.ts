const LONGEST = 200;

/** What an MQTT 5 server adds to a reason code (5.0, 3.2.2.3.9 and 3.2.2.3.16). */
export interface ServerRemarks {
  readonly reasonString?: string | undefined;
  readonly serverReference?: string | undefined;
}

/** The remarks as the end of a sentence, without control characters and without `secrets`; empty where there are none. */
export function serverWords(remarks: ServerRemarks | undefined, secrets: readonly string[]): string {
  const said = quoted(remarks?.reasonString, secrets);
  const other = quoted(remarks?.serverReference, secrets);
  if (said === '' && other === '') return '';
  const named = other === '' ? '' : `names another server: ${other}`;
  return `; the broker ${said === '' ? named : `says ${said}`}${said !== '' && named !== '' ? `, and ${named}` : ''}`;
}

function quoted(given: string | undefined, secrets: readonly string[]): string {
  let text = (given ?? '').replace(/\p{Cc}/gu, '').trim();
  for (const secret of secrets) if (secret !== '') text = text.replaceAll(secret, '***');
  if (text === '') return '';
  return `"${text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text}"`;
}
