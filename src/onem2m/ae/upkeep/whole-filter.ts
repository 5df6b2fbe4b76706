import type { Profile } from '../../binding/profile';
import type { RequestDraft } from '../../exchange/requester';
import { isElsewhere } from './nu';

/** The conditions that OpenMTC reads as integers, whatever is in them. */
const NONE = { sts: 0, stb: 0, sza: 0, szb: 0, lim: 0 };

/**
 * A request as a CSE can pass it on. OpenMTC forwards each absent member of a filter as null, which the next one cannot read (5103); 0 it
 * reads, and leaves out of account (db06cd7: `parse_filter_criteria`, `check_match`).
 */
export function withWholeFilter(draft: RequestDraft, { needsWholeFilters }: Profile, cseID: string): RequestDraft {
  const { fc, to } = draft;
  if (!needsWholeFilters || fc === undefined || !isElsewhere(to, cseID)) return draft;
  return { ...draft, fc: { ...NONE, ...fc } };
}
