import { randomId } from './base/ids.mjs';
import { formatTime } from './base/times.mjs';

/** `rtv`, TS-0004 6.3.5.30. */
export const RESPONSE = { nonBlockingSync: 1, nonBlockingAsync: 2, noResponse: 5 };
const STATUS = { completed: 1, failed: 2, pending: 3 };

/**
 * A request that is answered at once and done afterwards: its result is found in a `m2m:req` (rt 1), or told by NOTIFY (rt 2).
 *
 * @param execute does it: `() => Promise<{ rsc, pc? }>`
 * @returns `{ rsc: 1001, pc: { 'm2m:uri' } }` or `{ rsc: 1002 }`
 */
export function acknowledge(cse, request, execute) {
  const isAsync = request.rt.rtv === RESPONSE.nonBlockingAsync;
  const record = isAsync ? undefined : addRecord(cse, request);
  cse.afterwards(async () => {
    if (cse.options.pendingMs > 0) await cse.timers.wait(cse.options.pendingMs);
    const { rsc, pc } = await execute();
    const response = { rsc, rqi: request.rqi, to: request.fr, fr: cse.id, ot: stamp(cse), rvi: request.rvi, pc };
    if (isAsync) await tell(cse, request, response);
    else
      Object.assign(record.attributes, {
        rs: rsc < 4000 ? STATUS.completed : STATUS.failed,
        ors: response,
        lt: stamp(cse),
      });
    // Nobody else sends what this has caused.
    cse.flush();
  });
  return isAsync ? { rsc: 1002 } : { rsc: 1001, pc: { 'm2m:uri': record.attributes.ri } };
}

async function tell(cse, { rt, fr }, response) {
  for (const target of rt.nu ?? [fr]) await cse.notifier.send(target, { 'm2m:rsp': response });
}

function addRecord(cse, { op, to, fr, rqi, rvi, ty, pc }) {
  const parent = cse.tree.root;
  const ri = `req${randomId()}`;
  const now = stamp(cse);
  const attributes = {
    ...{ rn: ri, ri, pi: parent.attributes.ri, ty: 17, ct: now, lt: now, lbl: [fr] },
    ...{ et: formatTime(cse.now() + cse.options.requestLifeMs, cse.habits.timeDigits) },
    ...{ op, tg: to, org: fr, rid: rqi, mi: { ty, rvi }, pc, rs: STATUS.pending },
  };
  const record = { ty: 17, wrapper: 'm2m:req', parent, children: new Map(), creator: fr, attributes };
  cse.tree.add(record);
  return record;
}

const stamp = (cse) => formatTime(cse.now(), cse.habits.timeDigits);
