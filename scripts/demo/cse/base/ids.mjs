import { randomBytes } from 'node:crypto';
import { formatTime } from './times.mjs';
import { TYPES } from './resource-types.mjs';

/** Ten letters and digits, as most CSEs end their ids. */
export const randomId = () => {
  let text = '';
  while (text.length < 10)
    text += randomBytes(12)
      .toString('base64')
      .replace(/[^A-Za-z0-9]/g, '');
  return text.slice(0, 10);
};

/** How the CSEs name new resources: `(ty, count, nowMs) => ri`. */
export const RESOURCE_IDS = {
  'type-random': (ty) => `${nameOf(ty)}${randomId()}`,
  'type-counter': (ty, count) => `${nameOf(ty)}${count}`,
  'type-date': (ty, count, now) => `${ty}-${formatTime(now, 3).replace(/[T,]/g, '')}${count}`,
  random: () => randomId(),
};

const nameOf = (ty) => TYPES[ty]?.name ?? { 13: 'mgmtobj', 28: 'fcnt' }[ty] ?? 'res';

/**
 * The AE-ID for an originator: `C` and `S` (or none) let the CSE choose, others keep their own.
 *
 * @returns undefined where an AE may not have it
 */
export function aeIdFor(originator, { aeIds, id }, count) {
  const last = (originator ?? '').startsWith('/') ? originator.split('/').at(-1) : (originator ?? '');
  if (aeIds === 'c-or-counter') return /^C/.test(last) ? last : `CAE${count}`;
  if (last === '' || last === 'C') return `C${randomId()}`;
  if (last === 'S') return `S${randomId()}`;
  return /^[CS]/.test(last) && last !== id ? last : undefined;
}
