import type { IncomingRequest } from '../../binding/binding';

/** `cse`: it speaks for subscriptions; `other`: another originator, for whom the CSE has passed it on; `stranger`: it did not come through the CSE. */
export type Notifier = 'cse' | 'other' | 'stranger';

/** The CSEs that may notify. */
export interface Notifiers {
  /** That requests go to; empty while it is not known, and then any CSE will do. */
  readonly cseID: () => string;
  /** Whether something is subscribed to at this CSE. */
  readonly isSubscribedAt: (cseID: string) => boolean;
}

/**
 * Who sends a notification, by its originator and by the topic it came on, for which the access list of a broker may vouch. One that says
 * neither (tinyIoT over MQTT, docs/facts/onem2m.md#nine-facts, 6) counts as the CSE.
 */
export function notifierOf({ request, sender }: IncomingRequest, notifiers: Notifiers): Notifier {
  const { fr = '' } = request;
  const level = sender?.originator ?? '';
  if (level !== '' && !isOne(`/${level.split(':').at(-1) ?? ''}`, notifiers)) return 'stranger';
  return fr === '' || isOne(cseOf(fr, notifiers), notifiers) ? 'cse' : 'other';
}

function isOne(cseID: string | undefined, notifiers: Notifiers): boolean {
  if (cseID === undefined) return false;
  const own = notifiers.cseID();
  return own === '' || cseID === own || notifiers.isSubscribedAt(cseID);
}

/**
 * The CSE that an originator names: `/in-cse`, `//sp/in-cse`, and `in-cse` where that is known for one; undefined for what is below one, such
 * as an AE.
 */
function cseOf(originator: string, { cseID }: Notifiers): string | undefined {
  const [, name] = /^(?:\/\/[^/]+)?\/?([^/]+)$/u.exec(originator) ?? [];
  if (name === undefined || (cseID() === '' && !originator.startsWith('/'))) return undefined;
  return `/${name}`;
}
