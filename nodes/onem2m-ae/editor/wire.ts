import type { AeConfig } from '../../../src/onem2m/ae/model/config';
import { parseAeConfig } from '../../../src/onem2m/ae/parse/parse-config';
import type { Endpoint } from '../../../src/onem2m/binding/endpoint';
import { notificationFilters, requestTopic, responseFilter } from '../../../src/onem2m/primitive/topics';

/** One thing that goes over the wire: a key of the catalogs, and the topic or address. */
export interface WireLine {
  readonly key: 'wire.register' | 'wire.request' | 'wire.response' | 'wire.notification';
  /** Undefined: words of the catalogs say it (`note`). */
  readonly value?: string;
  readonly note?: 'wire.polling' | 'wire.listener' | 'wire.same';
}

/** Stands for the id that the CSE assigns. */
export const ASSIGNED_ID = '<AE-ID>';

/** What of the configuration decides what goes over the wire. */
const PARTS = ['endpoint', 'mqtt', 'binding', 'notify', 'cse', 'ae', 'serialization'];

/** The topics or addresses that these settings lead to; undefined while they are wrong. */
export function wireLines(raw: Readonly<Record<string, unknown>>): WireLine[] | undefined {
  const parsed = parseAeConfig(Object.fromEntries(PARTS.map((name) => [name, raw[name]])));
  if (!parsed.ok) return undefined;
  const prefix = typeof raw['topicPrefix'] === 'string' ? raw['topicPrefix'].trim() : '';
  return [...requestLines(parsed.value, prefix), notificationLine(parsed.value, prefix)];
}

function requestLines(config: AeConfig, prefix: string): WireLine[] {
  const { binding, cse, ae, endpoint, serialization } = config;
  if (binding !== 'mqtt')
    return [{ key: 'wire.request', value: addressOf(endpoint, binding === 'http' ? cse.base : '') }];
  const common = { receiver: cse.id, serialization, prefix };
  const credential = ae.credentialID === '' ? ae.originator : ae.credentialID;
  return [
    { key: 'wire.register', value: requestTopic({ ...common, kind: 'reg_req', originator: credential }) },
    { key: 'wire.request', value: withoutId(requestTopic({ ...common, kind: 'req', originator: idOf(config) })) },
    { key: 'wire.response', value: withoutId(responseFilter('req', idOf(config), prefix)) },
  ];
}

function notificationLine(config: AeConfig, prefix: string): WireLine {
  const { notify, binding, ae } = config;
  const key = 'wire.notification';
  if (notify.kind === 'poll') return { key, note: 'wire.polling' };
  const { scheme } = notify.kind === 'endpoint' ? notify.endpoint : config.endpoint;
  const isHttp = scheme === 'http' || scheme === 'https';
  if (isHttp) {
    const [address] = ae.pointOfAccess ?? [];
    if (notify.kind === 'endpoint') return { key, value: addressOf(notify.endpoint, '') };
    return address === undefined ? { key, note: 'wire.listener' } : { key, value: address };
  }
  if (notify.kind === 'same' && binding === 'websocket') return { key, note: 'wire.same' };
  const [filter] = notificationFilters({ aeID: idOf(config), cseID: config.cse.id, spID: config.cse.spID, prefix });
  return { key, value: withoutId(filter?.filter ?? '') };
}

/** Has no character that means something in a topic, so that it can be found again. */
const PLACE = 'Sassigned';

function idOf({ ae }: AeConfig): string {
  return ae.originator === 'C' || ae.originator === 'S' ? PLACE : ae.originator;
}

const withoutId = (topic: string): string => topic.replace(PLACE, ASSIGNED_ID);

function addressOf({ scheme, host, port, path }: Endpoint, end: string): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `${scheme}://${name}:${port}${path}${end === '' ? '' : `/${end}`}`;
}
