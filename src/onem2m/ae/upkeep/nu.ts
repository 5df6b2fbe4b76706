import { parseAddress } from '../../primitive/addressing';
import type { Profile } from '../../binding/profile';
import type { AeConfig } from '../model/config';

/**
 * `nu` of a subscription whose notifications are to come to this AE: peers understand different forms of its name
 * (docs/facts/onem2m.md#nine-facts, 5 and 8). `originator` is the AE-ID, perhaps in its longer forms; `target` is what is subscribed to:
 * another CSE than ours does not know the AE by its id alone.
 */
export function notificationUri(
  { cse, notify }: Pick<AeConfig, 'cse' | 'notify'>,
  profile: Profile,
  originator: string,
  pointOfAccess: readonly string[],
  target = '',
): string {
  const id = originator.slice(originator.lastIndexOf('/') + 1);
  const [poa] = pointOfAccess;
  // Through a polling channel, and where there is no address, the CSE can only go by the id.
  const byId = isElsewhere(target, cse.id) ? 'sp-relative' : 'cse-relative';
  const needsId = notify.kind === 'poll' || (profile.notificationUri === 'url' && poa === undefined);
  const form = needsId || profile.notificationUri === 'cse-relative' ? byId : profile.notificationUri;
  switch (form) {
    case 'cse-relative':
      return id;
    case 'sp-relative':
      return cse.id === '' ? originator : `${cse.id}/${id}`;
    case 'absolute':
      return cse.id === '' || cse.spID === '' ? originator : `${cse.spID}${cse.id}/${id}`;
    case 'url':
      return `${(poa ?? '').replace(/\/+$/, '')}/${id}`;
  }
}

/** Whether an address is that of something at another CSE than `cseID`. */
export function isElsewhere(target: string, cseID: string): boolean {
  if (!target.startsWith('/') || cseID === '') return false;
  return parseAddress(target).cseID !== cseID;
}
