import { show } from '../../base/show';
import { parseServerUrl, type ServerUrl } from './server-url';

export type ServerListResult =
  | { readonly ok: true; readonly value: readonly [ServerUrl, ...ServerUrl[]] }
  | { readonly ok: false; readonly message: string };

const MOST_SERVERS = 20;
/** What is between two addresses: a comma or blanks, before the next scheme. Paths may have either. */
const BETWEEN = /(?:\s*,\s*|\s+)(?=[a-z][a-z0-9+.-]*:\/\/)/i;

/** One broker address or several, the one to prefer first: a list of texts, or one text with commas or blanks between. Pure. */
export function parseServerList(given: unknown): ServerListResult {
  const texts = Array.isArray(given) ? (given as unknown[]) : splitServers(given);
  const servers: ServerUrl[] = [];
  for (const [index, text] of texts.entries()) {
    const place = texts.length === 1 ? '' : `number ${index + 1} `;
    if (typeof text !== 'string') return { ok: false, message: `${place}must be text, got ${show(text)}` };
    const parsed = parseServerUrl(text);
    if (!parsed.ok) return { ok: false, message: place + parsed.message };
    if (servers.some((other) => other.text === parsed.value.text)) {
      return { ok: false, message: `${place}is given twice, got ${show(parsed.value.text)}` };
    }
    servers.push(parsed.value);
  }
  const [first, ...others] = servers;
  if (first === undefined) return parseServerList('');
  if (servers.length > MOST_SERVERS) return { ok: false, message: `must be at most ${MOST_SERVERS} servers` };
  return { ok: true, value: [first, ...others] };
}

/** What parts of a text are addresses of their own; anything else is left for the parser to refuse. */
export function splitServers(given: unknown): readonly unknown[] {
  if (given === undefined || given === null) return [''];
  return typeof given === 'string' ? given.trim().replace(/,\s*$/, '').split(BETWEEN) : [given];
}
