import type { IncomingRequest } from '../../binding/binding';

/** `cse`: it speaks for subscriptions; `other`: another originator, for whom the CSE has passed it on; `stranger`: it did not come through the CSE. */
export type Notifier = 'cse' | 'other' | 'stranger';

/**
 * Who sends a notification, by its originator and by the topic it came on, for which the access list of a broker may vouch. One that says
 * neither (tinyIoT over MQTT, docs/facts/onem2m.md#nine-facts, 6) counts as the CSE. `cseIDs`: of our CSE and of those that something is
 * subscribed to at; where ours is not known (empty), any CSE will do.
 */
export function notifierOf({ request, sender }: IncomingRequest, cseIDs: readonly string[]): Notifier {
  const { fr = '' } = request;
  const level = sender?.originator ?? '';
  if (level !== '' && !isOne(level.split(':').at(-1), cseIDs)) return 'stranger';
  return fr === '' || isOne(cseOf(fr), cseIDs) ? 'cse' : 'other';
}

function isOne(name: string | undefined, cseIDs: readonly string[]): boolean {
  if (name === undefined) return false;
  return cseIDs.includes('') || cseIDs.includes(`/${name}`);
}

/** The CSE that an originator names: `/in-cse`, `//sp/in-cse`, `in-cse`; undefined for what is below one, such as an AE. */
function cseOf(originator: string): string | undefined {
  return /^(?:\/\/[^/]+)?\/?([^/]+)$/u.exec(originator)?.[1];
}
