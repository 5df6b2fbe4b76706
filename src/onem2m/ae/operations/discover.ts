import { isPlainRecord } from '../../../base/records';
import { show } from '../../../base/show';
import { filterCriteriaOf } from '../../resource/filter-criteria';
import { OPERATIONS } from '../../primitive/primitives';
import { unwrap } from '../../resource/resource-types';
import type { AeMessage } from '../model/messages';
import type { Exchange } from '../../exchange/requester';
import { ask, badMessage, throwIfGivenUp, type Operation, type OperationContext } from './context';
import { decode, resultInfo } from './decode';
import { addressOf, draft, flagOf, isGiven, membersOf, without, type Members } from './message';
import { collectPages, type Page, type Pages } from './paging';
import { settleAll } from './parallel';
import { fromHere, referencesIn, type Reference } from './references';

/** Retrievals of `msg.resolve` that are on their way at a time. */
const RESOLVED_AT_A_TIME = 8;

/**
 * Finds resources below `msg.topic`, by default below the AE. Filter: `msg.filter`, or the payload where it is an object, or raw
 * `msg.onem2m.fc`. Answers a list of addresses, or with rcn 6 of `{ address, name, type }`. What the CSE cuts is fetched
 * page by page, `lim` being the size of a page; with `msg.paging` false, or an `ofst` of the flow's own, there is one page.
 * `msg.resolve`: retrieves each, too.
 */
export const discover: Operation = async (message, context, signal) => {
  const members = membersOf(message);
  const to = addressOf(message, members, context);
  const { fc } = members;
  const given = without(members, 'ty', 'fc');
  const filter: Members = { fu: 1, ...(isPlainRecord(fc) ? fc : readFilter(message)) };
  const isPaged = flagOf(message, 'paging', true) && filter['ofst'] === undefined;
  const isResolved = flagOf(message, 'resolve', false);
  const pageSize = pageSizeOf(filter);

  let last: Exchange | undefined;
  let durationMs = 0;
  const fetch = async (offset: number | undefined, lim: number | undefined): Promise<Page<Reference>> => {
    throwIfGivenUp(signal);
    const criteria = {
      ...without(filter, 'lim'),
      ...(lim === undefined ? {} : { lim }),
      ...(offset === undefined ? {} : { ofst: offset }),
    };
    const others = last === undefined ? given : without(given, 'rqi');
    const request = draft(OPERATIONS.retrieve, to, {}, { ...others, fc: criteria });
    last = await ask(context.requester, request, signal);
    durationMs += last.durationMs;
    const { pc, cts, cto } = last.response;
    const items = referencesIn(pc).map((found) => ({ ...found, address: fromHere(found.address, to) }));
    return {
      items,
      ...(typeof cts === 'number' ? { status: cts } : {}),
      ...(typeof cto === 'number' ? { next: cto } : {}),
    };
  };
  const pages = isPaged
    ? await collectPages({ fetch, keyOf: ({ address }) => address, ...(pageSize === undefined ? {} : { pageSize }) })
    : onePage(await fetch(undefined, pageSize), pageSize);
  if (last === undefined) throw badMessage('msg.topic', 'leads nowhere'); // never: there is at least one page
  const { items, ...how } = pages;
  const info = { ...resultInfo(last, 'discover'), durationMs, ...how };
  if (isResolved) {
    const { list, failed } = await resolveAll(items, given, context, signal);
    return { payload: list, onem2m: { ...info, failed } };
  }
  const hasNames = items.some(({ name, type }) => name !== undefined || type !== undefined);
  return { payload: hasNames ? items : items.map(({ address }) => address), onem2m: info };
};

/** A CSE that was given a limit and does not say whether it reached it may have more. */
function onePage({ items, status }: Page<Reference>, lim: number | undefined): Pages<Reference> {
  return { items, pages: 1, complete: status === undefined ? lim === undefined : status !== 1 };
}

function readFilter(message: AeMessage): Members {
  const field = isGiven(message['filter']) ? 'msg.filter' : 'msg.payload';
  const given = message['filter'] ?? message['payload'];
  if (!isPlainRecord(given)) {
    if (field === 'msg.payload' || !isGiven(given)) return {}; // an Inject node's timestamp is no filter
    throw badMessage(field, `must be an object such as { "labels": ["temperature"] }, got ${show(given)}`);
  }
  return filterCriteriaOf(given, field);
}

function pageSizeOf({ lim }: Members): number | undefined {
  if (lim === undefined) return undefined;
  if (typeof lim === 'number' && Number.isSafeInteger(lim) && lim > 0) return lim;
  throw badMessage('msg.onem2m.fc.lim', `must be a whole number from 1, got ${show(lim)}`);
}

/** `{ address, representation }` of each, `content` where it is one; `error` instead where it cannot be retrieved. */
async function resolveAll(
  references: readonly Reference[],
  given: Members,
  context: OperationContext,
  signal?: AbortSignal,
): Promise<{ list: readonly unknown[]; failed: number }> {
  // What is about finding is not about retrieving.
  const members = without(given, 'rqi', 'to', 'rcn', 'drt', 'pc', 'rt', 'gid', 'sqi');
  const outcomes = await settleAll(references, RESOLVED_AT_A_TIME, signal, async ({ address }) => {
    const request = draft(OPERATIONS.retrieve, address, {}, members);
    const { pc } = (await ask(context.requester, request, signal)).response;
    const representation = unwrap(pc)?.representation ?? pc ?? null;
    const { payload } = decode(pc, { content: true });
    return { address, representation, ...(payload === representation ? {} : { content: payload }) };
  });
  const list = outcomes.map((outcome, index) =>
    outcome.ok
      ? outcome.value
      : {
          address: references[index]?.address ?? '',
          error: { code: outcome.error.code, message: outcome.error.message },
        },
  );
  const failures = outcomes.flatMap((outcome) => (outcome.ok ? [] : outcome.error));
  if (failures[0] !== undefined && failures.length === outcomes.length) throw failures[0];
  return { list, failed: failures.length };
}
