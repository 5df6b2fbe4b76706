import type { AeConfig } from './config';
import type { Profile } from '../profile';

/**
 * `nu` of a subscription whose notifications are to come to this AE: peers understand different forms of its name
 * (reference/onem2m.md, facts 5 and 8). `originator` is the AE-ID, perhaps in its longer forms.
 */
export function notificationUri(
  { cse, notify }: Pick<AeConfig, 'cse' | 'notify'>,
  profile: Profile,
  originator: string,
  pointOfAccess: readonly string[],
): string {
  const id = originator.slice(originator.lastIndexOf('/') + 1);
  const [poa] = pointOfAccess;
  // Through a polling channel, and where there is no address, the CSE can only go by the id.
  const form =
    notify.kind === 'poll' || (profile.notificationUri === 'url' && poa === undefined)
      ? 'cse-relative'
      : profile.notificationUri;
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
