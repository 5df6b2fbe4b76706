import { setTimeout } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { AeMessage } from '../../../src/onem2m/ae/model/messages.ts';
import type { AdminClient } from './acme/admin.ts';
import type { TestAe } from './onem2m-ae.ts';
import type { StandInCse } from './stand-in-cse.ts';

/** What the steps act on. */
export interface Stage {
  readonly cse: StandInCse;
  readonly ae: TestAe;
  /** Another AE at the same CSE, always over MQTT. */
  readonly other: TestAe;
  readonly admin: AdminClient;
  /** Until the AE is registered, with all that it wishes for. */
  readonly whenHealthy: () => Promise<void>;
}

/** One step of the scenario; what it is told by and by is waited for. */
export interface Step {
  readonly name: string;
  /** To the AE; or something to be done. */
  readonly message?: AeMessage;
  readonly act?: (stage: Stage) => unknown;
  /** The code of the error that it is to end with. */
  readonly fails?: string;
  /** How many notifications and life-cycle events come of it. */
  readonly notifications?: number;
  readonly events?: number;
}

/** Names of the AEs and their CSE, in addresses. */
export const NAMES = { ae: 'app', other: 'other', base: 'onem2m' } as const;

/** Flow properties of the AE, whatever it speaks over. */
export const PROPERTIES = {
  timeout: '10s',
  registration: { check: '0s' },
  resources: [{ ty: 'container', path: 'values', labels: ['first'], mni: 50 }],
  subscriptions: [{ target: 'values', name: 'watch' }],
};

const shown = (value: unknown): string => inspect(value, { breakLength: Infinity, depth: 2, maxStringLength: 40 });

const push = (payload: unknown, more: AeMessage = {}): Step => ({
  name: `push ${shown(payload)} ${shown(more)}`,
  message: { payload, ...more },
  notifications: 1,
});

const perform = (operation: string, topic: string, more: AeMessage = {}): Step => ({
  name: `${operation} ${topic} ${shown(more)}`,
  message: { operation, topic, ...more },
});

/** The same step, which is to end with an error. */
const failing = (fails: string, step: Step): Step => ({ ...step, fails });

const UNICODE = 'Grüße, 世界 🎉 "quoted" \\ \n\t end';
const CYCLE: Record<string, unknown> = {};
CYCLE['self'] = CYCLE;
const START = Date.UTC(2026, 10, 26, 12, 0, 0);

const contents: Step[] = [
  push('plain text'),
  push(UNICODE),
  push(''),
  push(' 5 '),
  push('null'),
  push(21.5),
  push(-1e-7),
  push(9_007_199_254_740_991),
  push(0),
  push(2n ** 60n),
  push(true),
  push(null),
  push([]),
  push({}),
  push({ nested: [1, { deep: UNICODE }, null, false], empty: '', zero: 0 }),
  push(Buffer.from([0, 255, 128, 10])),
  push(Buffer.alloc(0)),
  push(new Date(START)),
  push({ a: 1 }, { contentFormat: 'text' }),
  push({ a: UNICODE }, { contentFormat: 'json' }),
  push({ a: UNICODE }, { contentFormat: 'json-base64' }),
  push(UNICODE, { contentFormat: 'base64' }),
  push('labelled', { labels: ['one', 'two'] }),
  push(undefined, { onem2m: { pc: { 'm2m:cin': { con: 'raw' } } } }),
  push(undefined, { onem2m: { pc: { 'm2m:cin': { con: { an: ['object'] }, cnf: 'application/json:0' } } } }),
  push('with members', { onem2m: { rcn: 0, gid: 'g1', ec: 2, rp: 'PT1H' } }),
  push('x'.repeat(20_000)),
  perform('latest', 'values'),
  perform('oldest', 'values'),
  perform('retrieve', 'values/la'),
  perform('push', 'made/on/demand', { payload: 'deep' }),
  perform('latest', 'made/on/demand'),
  failing('ONEM2M_4004', perform('latest', 'made/on')),
  failing('BAD_VALUE', { ...perform('push', 'values', { payload: CYCLE }), name: 'push what no format can hold' }),
  failing('BAD_MESSAGE', { ...perform('push', 'values', { payload: undefined }), name: 'push nothing' }),
];

const resources: Step[] = [
  perform('ensure', '', {
    payload: [
      { ty: 'container', path: 'tree', labels: ['root'] },
      { ty: 'container', path: 'tree/a', labels: ['leaf', 'Ümlaut'], mni: 5, mbs: 1000 },
      { ty: 'container', path: 'tree/b', labels: ['leaf', 'Ümlaut'] },
      { ty: 'container', path: 'tree/c', labels: ['leaf', 'R&D=50%'] },
      { ty: 'flexContainer', path: 'tree/flex', wrapper: 'cod:tempe', cnd: 'org.onem2m.tempe', curT0: 20.5 },
      { ty: 'timeSeries', path: 'series', pei: 1000, mdd: true, mdn: 10, peid: 100 },
      { ty: 'group', path: 'both', mid: ['tree/a', 'tree/b'], mnm: 5, mt: 3 },
      {
        ty: 'accessControlPolicy',
        path: 'rights',
        pv: { acr: [{ acor: ['all'], acop: 63 }] },
        pvs: { acr: [{ acor: ['all'], acop: 63 }] },
      },
    ],
  }),
  perform('ensure', '', { payload: [{ ty: 'container', path: 'nowhere/deep' }] }),
  failing('BAD_MESSAGE', perform('ensure', '', { payload: [{ ty: 'container' }] })),
  perform('create', '', { payload: { 'm2m:cnt': { rn: 'making', lbl: [UNICODE], mni: 3 } } }),
  perform('create', 'tree', { ty: 'container', name: 'named', labels: ['x'], payload: {} }),
  perform('create', 'tree', { ty: 3, payload: {}, onem2m: { rcn: 2 } }),
  perform('create', 'tree', { ty: 3, payload: { lbl: ['l'] }, onem2m: { rcn: 9 } }),
  perform('create', 'tree', { ty: 3, payload: { rn: 'hidden' }, onem2m: { rcn: 3 } }),
  failing('ONEM2M_4105', perform('create', 'tree', { ty: 3, payload: { rn: 'a' } })),
  failing('ONEM2M_4000', perform('create', 'tree', { ty: 3, payload: { unknown: 1 } })),
  failing('ONEM2M_4001', perform('create', 'tree', { ty: 3, payload: { rn: 'x' }, onem2m: { rvi: '9' } })),
  failing('ONEM2M_4108', perform('create', 'values', { ty: 2, payload: { api: 'N.x' } })),
  failing('BAD_MESSAGE', perform('create', '', { payload: {} })),
  perform('retrieve', '', { attributes: ['rn', 'api'] }),
  perform('retrieve', 'tree/a'),
  perform('retrieve', 'tree/a', { attributes: ['lbl', 'mni'] }),
  failing('ONEM2M_4000', perform('retrieve', 'tree/a', { attributes: ['nothing'] })),
  perform('retrieve', 'tree/flex'),
  perform('retrieve', '/in-cse-1/onem2m/app/tree/a'),
  perform('retrieve', '//openmtc.org/in-cse-1/onem2m/app/tree/a'),
  ...[4, 5, 6, 8].map((rcn) => perform('retrieve', 'tree', { onem2m: { rcn } })),
  perform('retrieve', 'tree', { onem2m: { rcn: 8, drt: 2, fc: { lvl: 1, lbl: ['leaf'], fo: 1 } } }),
  failing('ONEM2M_4004', perform('retrieve', 'missing')),
  failing('ONEM2M_4004', perform('retrieve', 'grüße/ä b')),
  perform('update', 'tree/a', { payload: { lbl: ['leaf', 'changed'], mni: 6 } }),
  perform('update', 'tree/a', { payload: { mbs: null } }),
  perform('update', 'tree/a', { payload: { 'm2m:cnt': { lbl: ['leaf'] } }, onem2m: { rcn: 0 } }),
  failing('ONEM2M_4000', perform('update', 'tree/a', { payload: { nothing: 1 } })),
  failing('ONEM2M_4005', perform('update', 'values/la', { payload: { 'm2m:cin': { con: 'x' } } })),
  failing('ONEM2M_4004', perform('update', 'missing', { payload: { lbl: ['x'] } })),
  perform('push', 'tree/flex', { payload: { curT0: 21.25 } }),
  perform('delete', 'making'),
  failing('ONEM2M_4004', perform('delete', 'making')),
  failing('BAD_MESSAGE', perform('delete', '')),
  perform('delete', 'tree/named', { onem2m: { rcn: 1 } }),
  perform('retrieve', 'tree/a', { onem2m: { rqi: 'given-by-the-flow', vsi: 'vendor', rset: '20991231T000000' } }),
];

const discoveries: Step[] = [
  perform('discover', 'tree'),
  perform('discover', 'tree', { filter: { labels: ['leaf'] } }),
  perform('discover', 'tree', { filter: { labels: ['Ümlaut', 'R&D=50%'] } }),
  perform('discover', 'tree', { filter: { types: ['container', 'flexContainer'], level: 1 } }),
  perform('discover', 'tree', { filter: { types: ['container'], limit: 2 } }),
  perform('discover', 'tree', { filter: { types: ['container'], limit: 2 }, paging: false }),
  perform('discover', 'tree', { filter: { limit: 1, offset: 2 } }),
  perform('discover', 'tree', { filter: { createdAfter: '20200101T000000', mni: 6 } }),
  perform('discover', 'tree', { filter: { createdAfter: '20990101T000000' } }),
  perform('discover', 'tree', { filter: { labels: ['leaf'] }, resolve: true }),
  perform('discover', 'tree', { filter: { labels: ['leaf'] }, onem2m: { rcn: 6 } }),
  perform('discover', 'tree', { filter: { labels: ['leaf'] }, onem2m: { drt: 2 } }),
  failing('ONEM2M_4004', perform('discover', 'missing')),
  failing('BAD_MESSAGE', perform('discover', 'tree', { filter: { limit: 'many' } })),
];

const groups: Step[] = [
  perform('fanout', 'both', { payload: { to: 'all' } }),
  perform('fanout', 'both', { fanout: 'retrieve', path: 'la' }),
  perform('fanout', 'both', { fanout: 'update', payload: { 'm2m:cnt': { lbl: ['leaf', 'grouped'] } } }),
  perform('fanout', 'both', { fanout: 'create', ty: 3, payload: { rn: 'child' } }),
  failing('ONEM2M_4105', perform('fanout', 'both', { fanout: 'create', ty: 3, payload: { rn: 'child' } })),
  perform('delete', 'tree/a/child'),
  perform('fanout', 'both', { fanout: 'delete', path: 'child' }),
  failing('ONEM2M_4004', perform('fanout', 'tree', { payload: 1 })),
  {
    ...perform('sequence', '', {
      payload: [
        { topic: 'tree/a', payload: 1 },
        { operation: 'latest', topic: 'tree/a' },
        { operation: 'retrieve', topic: 'missing' },
        { operation: 'nonsense' },
        { operation: 'refresh' },
      ],
    }),
    events: 1,
  },
];

const subscriptions: Step[] = [
  perform('subscribe', 'tree/a', { payload: { events: ['update', 'delete'], content: 'modified', name: 's' } }),
  { ...perform('update', 'tree/a', { payload: { lbl: ['leaf', 'told'] } }), notifications: 1 },
  perform('subscribe', 'tree/a', { payload: { events: ['createChild'], content: 'resourceId', name: 'ids' } }),
  { ...perform('push', 'tree/a', { payload: 'id only' }), notifications: 1 },
  perform('unsubscribe', 'tree/a', { payload: { name: 'ids' } }),
  failing('BAD_MESSAGE', perform('unsubscribe', 'tree/a', { payload: { name: 'ids' } })),
  { ...perform('delete', 'tree/a'), notifications: 2, events: 1 },
  perform('subscribe', 'tree/b', { payload: { name: 'batch', attributes: { bn: { num: 3 } } } }),
  perform('push', 'tree/b', { payload: { n: 1 } }),
  perform('push', 'tree/b', { payload: { n: 2 } }),
  { ...perform('push', 'tree/b', { payload: { n: 3 } }), notifications: 3 },
  failing('ONEM2M_4004', perform('subscribe', 'missing', { payload: {} })),
  failing(
    'ONEM2M_4000',
    perform('subscribe', 'tree/b', { payload: { events: ['createChild'], content: 'modified', name: 'wrong' } }),
  ),
  failing('BAD_MESSAGE', perform('subscribe', 'tree/b', { payload: { events: ['nothing'] } })),
  perform('unsubscribe', 'tree/b'),
  perform('push', 'tree/b', { payload: 'nobody is told' }),
  perform('subscribe', 'tree/flex', { payload: { events: ['update'], name: 'flex' } }),
  { ...perform('push', 'tree/flex', { payload: { curT0: -3.5 } }), notifications: 1 },
  perform('subscribe', 'series', { payload: { events: ['missingData'], name: 'gaps' } }),
  perform('push', 'series', { payload: 1.5, timestamp: START }),
  perform('push', 'series', { payload: { a: 1 }, timestamp: START + 1000 }),
  { ...perform('push', 'series', { payload: 'text', timestamp: START + 4000 }), notifications: 2 },
  failing('ONEM2M_4105', perform('push', 'series', { payload: 3, timestamp: START + 4000 })),
  perform('latest', 'series'),
  perform('oldest', 'series'),
  { name: 'notifications overtake answers', act: ({ cse }) => void (cse.notifiesFirst = true) },
  push('overtaken'),
  {
    name: 'answers come twice',
    act: ({ cse }) => void Object.assign(cse, { notifiesFirst: false, answerTwice: true }),
  },
  push('twice'),
  { name: 'answers come once', act: ({ cse }) => void (cse.answerTwice = false) },
];

const nonBlocking: Step[] = [1, 2, 3, 4].flatMap((rtv) => [
  perform('retrieve', 'tree/b', { onem2m: { rt: { rtv } } }),
  failing('ONEM2M_4004', perform('retrieve', 'missing', { onem2m: { rt: { rtv } } })),
  { ...push('later', { onem2m: { rt: { rtv } } }), name: `push with rt ${rtv}` },
]);

const others: Step[] = [
  { ...push('no answer', { onem2m: { rt: { rtv: 5 } } }), name: 'push with rt 5' },
  perform('notify', '/in-cse-1/onem2m/other', { payload: { 'm2m:sgn': { sur: 'x', nev: { net: 1, rep: {} } } } }),
  failing('BAD_MESSAGE', { ...perform('notify', 'app', { payload: 'nothing' }), name: 'notify with a text' }),
  {
    ...perform('notify', '/in-cse-1/onem2m/app', {
      payload: { 'm2m:sgn': { sur: 'onem2m/x/y', nev: { net: 3, rep: { 'm2m:cin': { con: UNICODE } } }, cr: 'Cme' } },
    }),
    name: 'notify itself',
    notifications: 1,
  },
  {
    name: 'another AE subscribes for this one, which is asked whether it wants that',
    act: async ({ other, ae }) => {
      const sub = { rn: 'theirs', nu: [ae.originator], su: ae.originator, enc: { net: [3] } };
      await other.perform({ operation: 'create', payload: { 'm2m:sub': sub } });
    },
    events: 1,
  },
  {
    name: 'and is told what it did not ask for',
    act: async ({ other }) => {
      await other.perform({ operation: 'push', topic: 'news', payload: { unasked: true } });
    },
    notifications: 1,
  },
  {
    name: 'until that is deleted',
    act: async ({ other }) => {
      await other.perform({ operation: 'delete', topic: 'theirs' });
    },
    notifications: 1,
    events: 1,
  },
  {
    name: 'somebody deletes a subscription of this AE',
    act: async ({ admin }) => {
      await admin.delete('onem2m/app/values/watch');
    },
    notifications: 1,
    events: 1,
  },
  {
    name: 'which makes it again',
    act: async ({ admin, whenHealthy }) => {
      while (!(await admin.exists('onem2m/app/values/watch'))) await setTimeout(20);
      await whenHealthy();
    },
  },
  push('told again'),
  {
    name: 'another AE keeps something to itself',
    act: async ({ other }) => {
      const rule = { acr: [{ acor: ['Cother'], acop: 63 }] };
      await other.perform({ operation: 'create', payload: { 'm2m:acp': { rn: 'acp', pv: rule, pvs: rule } } });
      const cnt = { rn: 'private', acpi: ['onem2m/other/acp'] };
      await other.perform({ operation: 'create', payload: { 'm2m:cnt': cnt } });
    },
  },
  failing('ONEM2M_4103', perform('retrieve', 'onem2m/other/private')),
  failing('ONEM2M_4103', perform('push', '/in-cse-1/onem2m/other/private', { payload: 1 })),
  failing('ONEM2M_4103', perform('subscribe', '/in-cse-1/onem2m/other/private', { payload: {} })),
  perform('discover', '/in-cse-1/onem2m/other', { filter: { types: ['container'] } }),
  failing('ONEM2M_5103', perform('retrieve', '/another-cse/onem2m')),
  {
    name: 'a request is given up',
    fails: 'CLOSED',
    act: async ({ ae, cse }) => {
      const given = new AbortController();
      // Once the CSE has swallowed it, however long that takes: an answer that still comes would be told.
      const speakAgain = cse.silence(({ to }) => {
        const isMeant = String(to).endsWith('/values');
        if (isMeant) given.abort();
        return isMeant;
      });
      try {
        return await ae.entity.perform({ operation: 'retrieve', topic: 'values' }, given.signal);
      } finally {
        speakAgain();
      }
    },
  },
  { ...perform('refresh', ''), events: 1 },
  { ...perform('deregister', ''), events: 1 },
  failing('CLOSED', perform('push', 'values', { payload: 'while deregistered' })),
  failing('CLOSED', perform('subscribe', 'values', { payload: {} })),
  { ...perform('register', ''), events: 1 },
  perform('register', ''),
  push('registered again'),
];

/** The CSE loses all that it holds; with it goes the channel of who polls, which is told as a problem. */
const restored: Step[] = [
  {
    name: 'the CSE forgets everything, which the next request shows',
    act: async ({ cse, ae }) => {
      cse.forgetAll();
      // A poll that comes to nothing may have shown it before.
      await ae.perform({ operation: 'retrieve', topic: 'values' }).catch(() => undefined);
    },
    events: 2,
  },
  { name: 'and gets it back', act: ({ whenHealthy }) => whenHealthy() },
  push('restored'),
];

export const SCENARIO: readonly Step[] = [
  ...contents,
  ...resources,
  ...discoveries,
  ...groups,
  ...subscriptions,
  ...nonBlocking,
  ...others,
  ...restored,
];
