import { isRecord } from '../../base/records';
/** Resource types (TS-0004 6.3.4.2.1) with their names and the wrapper of their representations. Pure: also runs in the editor. */
export interface ResourceType {
  readonly ty: number;
  /** As used in flows: `container`. */
  readonly name: string;
  /** The one member of the content: `m2m:cnt`. */
  readonly wrapper: string;
}

const TYPES: readonly (readonly [ty: number, name: string, shortName: string])[] = [
  [1, 'accessControlPolicy', 'acp'],
  [2, 'AE', 'ae'],
  [3, 'container', 'cnt'],
  [4, 'contentInstance', 'cin'],
  [5, 'CSEBase', 'cb'],
  [6, 'delivery', 'dlv'],
  [7, 'eventConfig', 'evcg'],
  [8, 'execInstance', 'exin'],
  [9, 'group', 'grp'],
  [10, 'locationPolicy', 'lcp'],
  [11, 'm2mServiceSubscriptionProfile', 'mssp'],
  [12, 'mgmtCmd', 'mgc'],
  [13, 'mgmtObj', 'mgo'],
  [14, 'node', 'nod'],
  [15, 'pollingChannel', 'pch'],
  [16, 'remoteCSE', 'csr'],
  [17, 'request', 'req'],
  [18, 'schedule', 'sch'],
  [19, 'serviceSubscribedAppRule', 'asar'],
  [20, 'serviceSubscribedNode', 'svsn'],
  [21, 'statsCollect', 'stcl'],
  [22, 'statsConfig', 'stcg'],
  [23, 'subscription', 'sub'],
  [24, 'semanticDescriptor', 'smd'],
  [25, 'notificationTargetMgmtPolicyRef', 'ntpr'],
  [26, 'notificationTargetPolicy', 'ntp'],
  [27, 'policyDeletionRules', 'pdr'],
  [28, 'flexContainer', 'fcnt'],
  [29, 'timeSeries', 'ts'],
  [30, 'timeSeriesInstance', 'tsi'],
  [31, 'role', 'rol'],
  [32, 'token', 'tk'],
  [33, 'trafficPattern', 'trpt'],
  [34, 'dynamicAuthorizationConsultation', 'dac'],
  [48, 'crossResourceSubscription', 'crs'],
  [58, 'flexContainerInstance', 'fcin'],
  [60, 'timeSyncBeacon', 'tsb'],
  [65, 'action', 'actr'],
  [66, 'dependency', 'depr'],
];

/** Types that never are announced: they have no `...Annc` variant. */
const NEVER_ANNOUNCED: ReadonlySet<number> = new Set([15, 17, 23, 58]);

/** Specialisations of mgmtObj (TS-0004 table 6.3.4.2.3): they have their own wrappers, all are type 13. */
const MANAGEMENT_OBJECTS: readonly (readonly [name: string, shortName: string])[] = [
  ['firmware', 'fwr'],
  ['software', 'swr'],
  ['memory', 'mem'],
  ['areaNwkInfo', 'ani'],
  ['areaNwkDeviceInfo', 'andi'],
  ['battery', 'bat'],
  ['deviceInfo', 'dvi'],
  ['deviceCapability', 'dvc'],
  ['reboot', 'rbo'],
  ['eventLog', 'evl'],
  ['cmdhPolicy', 'cmp'],
  ['activeCmdhPolicy', 'acmp'],
];

const FLEX_CONTAINER = 28;
const MANAGEMENT_OBJECT = 13;
const ANNOUNCED = 10_000;

/** Contents that are no resource, by their short names: what `unwrap` knows besides the types. */
const OTHER_WRAPPERS: ReadonlySet<string> = new Set('agn agr atrl dbg ece rce req rqp rrl rsp sgn uri uril'.split(' '));

const BY_NUMBER = new Map<number, ResourceType>();
const BY_NAME = new Map<string, ResourceType>();

function add(ty: number, name: string, shortName: string): void {
  const type: ResourceType = { ty, name, wrapper: `m2m:${shortName}` };
  if (!BY_NUMBER.has(ty)) BY_NUMBER.set(ty, type);
  for (const key of [name, shortName, type.wrapper]) BY_NAME.set(key.toLowerCase(), type);
}

for (const [ty, name, shortName] of TYPES) {
  add(ty, name, shortName);
  if (!NEVER_ANNOUNCED.has(ty)) add(ANNOUNCED + ty, `${name}Annc`, `${shortName}A`);
}
for (const [name, shortName] of MANAGEMENT_OBJECTS) {
  add(MANAGEMENT_OBJECT, name, shortName);
  add(ANNOUNCED + MANAGEMENT_OBJECT, `${name}Annc`, `${shortName}A`);
}

/**
 * The type that `given` names: a number, a number as text, the long name, the short name or the wrapper, in any case. A wrapper of
 * another namespace is a flexContainer (`cod:tempe`), or a mgmtObj (`dcfg:wificc`); with `Annc` at its end the announced one.
 * Undefined for what is not in the table: such types can only be used with their number and their wrapped content.
 */
export function resourceType(given: unknown): ResourceType | undefined {
  if (typeof given === 'number') return BY_NUMBER.get(given);
  if (typeof given !== 'string') return undefined;
  const text = given.trim();
  if (/^\d{1,5}$/.test(text)) return BY_NUMBER.get(Number(text));
  return BY_NAME.get(text.toLowerCase()) ?? specialised(text);
}

/** The long name of a type number; the number as text where there is none. */
export const typeName = (ty: number): string => BY_NUMBER.get(ty)?.name ?? String(ty);

/** Whether a number may be a resource type at all, known here or not. */
export const isTypeNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 99_999;

/** For messages: `accessControlPolicy (1), AE (2), ...` without the announced variants. */
export function describeTypes(): string {
  return TYPES.map(([ty, name]) => `${name} (${ty})`).join(', ');
}

/** The name in front of a content that is wrapped: `m2m:cnt`, `cod:tempe`, `m2m:uril`; undefined where it is not. */
export const wrapperOf = (pc: unknown): string | undefined => unwrap(pc)?.wrapper;

/**
 * A content without its wrapper. `m2m:` may be missing (`{"cnt": {...}}`, as within `m2m:rce`); the wrapper then is answered with it.
 * Undefined for what has none: several members, an attribute.
 */
export function unwrap(pc: unknown): { readonly wrapper: string; readonly representation: unknown } | undefined {
  if (!isRecord(pc)) return undefined;
  const [entry, ...others] = Object.entries(pc);
  if (entry === undefined || others.length > 0) return undefined;
  const [key, representation] = entry;
  if (key.includes(':')) return { wrapper: key, representation };
  if (OTHER_WRAPPERS.has(key)) return { wrapper: `m2m:${key}`, representation };
  const type = BY_NAME.get(key.toLowerCase());
  return type !== undefined && isRecord(representation) ? { wrapper: type.wrapper, representation } : undefined;
}

function specialised(text: string): ResourceType | undefined {
  const [, namespace, name] = /^([a-z][\w-]*):([a-z][\w-]*)$/i.exec(text) ?? [];
  if (namespace === undefined || name === undefined || namespace.toLowerCase() === 'm2m') return undefined;
  const base = namespace.toLowerCase() === 'dcfg' ? MANAGEMENT_OBJECT : FLEX_CONTAINER;
  const ty = name.endsWith('Annc') ? ANNOUNCED + base : base;
  return { ty, name: typeName(ty), wrapper: text };
}
