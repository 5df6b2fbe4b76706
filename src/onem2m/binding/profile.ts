import type { PeerTraits } from './binding';
import type { ResponsePrimitive } from '../primitive/primitives';

/** The CSEs whose habits are known (docs/facts/onem2m.md#nine-facts, 3 to 8). `generic`: by the specification. */
export const PROFILE_NAMES = ['generic', 'acme', 'openmtc', 'mobius2', 'mobius4', 'tinyiot'] as const;

export type ProfileName = (typeof PROFILE_NAMES)[number];

/** Where one CSE differs from the others. All of it is data: who acts on it asks for the member, never for the name. */
export interface Profile {
  readonly name: ProfileName;
  /** MQTT topics on which an AE may be created, in the order to be tried. */
  readonly registration: readonly ('reg_req' | 'req')[];
  /** Whether an AE is created with `srv` (mandatory at some, fatal at others). */
  readonly sendsSrv: boolean;
  /** Assigns an AE-ID of its own to whom asks for one with `C` or `S`; else `C` is taken for an id. */
  readonly assignsIds: boolean;
  /**
   * How a subscription names the AE in `nu`: its id as it is, `/cse/Cae`, `//sp/cse/Cae`, or a URL: the point of access
   * with the id as its path.
   */
  readonly notificationUri: 'cse-relative' | 'sp-relative' | 'absolute' | 'url';
  /** Errors never arrive over MQTT: a timeout may mean "refused", and the error says so. */
  readonly hidesErrors: boolean;
  /** Notifications say which event they tell of. */
  readonly tellsEvents: boolean;
  /** Notifications name their subscription by its path alone. Its resource id, which can be guessed at these, says nothing then. */
  readonly namesSubscriptionsByPath: boolean;
  /** Takes `lvl`, `ofst` and `fo` in filter criteria; else they make it refuse the whole request, or answer nothing. */
  readonly takesLevels: boolean;
  /** Answers with the attributes that were asked for alone; else with all, or refuses the question. */
  readonly picksAttributes: boolean;
  /** Speaks CBOR. */
  readonly speaksCbor: boolean;
  /** Passes filter criteria on to another CSE only if they have all members; 0 in one counts as absent. */
  readonly needsWholeFilters: boolean;
  /** Serves polling channels. */
  readonly hasPollingChannel: boolean;
  /** Over WebSocket it loses one of two requests that follow each other at once, and carries the other out twice (ACME 2026.5.3). */
  readonly mixesUpWebSocketRequests: boolean;
}

const GENERIC: Profile = {
  name: 'generic',
  registration: ['reg_req', 'req'],
  sendsSrv: true,
  assignsIds: true,
  notificationUri: 'cse-relative',
  hidesErrors: false,
  takesLevels: true,
  picksAttributes: true,
  speaksCbor: true,
  needsWholeFilters: false,
  tellsEvents: true,
  namesSubscriptionsByPath: false,
  hasPollingChannel: true,
  mixesUpWebSocketRequests: false,
};

/**
 * Sources: docs/facts/onem2m.md#nine-facts, docs/facts/onem2m.md#topics, docs/facts/onem2m.md#notifications,
 * docs/facts/onem2m.md#openmtc and docs/facts/onem2m.md#ae-ids.
 */
export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  generic: GENERIC,
  acme: { ...GENERIC, name: 'acme', mixesUpWebSocketRequests: true },
  openmtc: {
    name: 'openmtc',
    registration: ['req'],
    sendsSrv: false,
    assignsIds: false,
    notificationUri: 'sp-relative',
    hidesErrors: true,
    takesLevels: false,
    picksAttributes: false,
    speaksCbor: false,
    needsWholeFilters: true,
    tellsEvents: false,
    namesSubscriptionsByPath: true,
    hasPollingChannel: false,
    mixesUpWebSocketRequests: false,
  },
  mobius2: { ...GENERIC, name: 'mobius2', notificationUri: 'url', hasPollingChannel: false },
  mobius4: {
    ...GENERIC,
    name: 'mobius4',
    registration: ['req'],
    notificationUri: 'url',
    picksAttributes: false,
    speaksCbor: false,
    hasPollingChannel: false,
  },
  tinyiot: {
    ...GENERIC,
    name: 'tinyiot',
    notificationUri: 'url',
    picksAttributes: false,
    speaksCbor: false,
    namesSubscriptionsByPath: true,
    hasPollingChannel: false,
  },
};

export const profileOf = (name: ProfileName): Profile => PROFILES[name];

/** What is known of a CSE after its first answer. */
export interface FirstAnswer {
  readonly traits: PeerTraits;
  readonly response: ResponsePrimitive;
  /** How the same answer came a second time, where it did: Mobius 2 publishes each to two topics. */
  readonly again?: PeerTraits;
  /** The attributes of its `m2m:cb`, where that has been retrieved. */
  readonly cseBase?: Readonly<Record<string, unknown>>;
}

/** Which CSE answers like this; undefined where nothing tells. */
export function recognizeProfile({ traits, response, again, cseBase = {} }: FirstAnswer): ProfileName | undefined {
  const levels = [traits.hasTypeLevel, again?.hasTypeLevel];
  if (levels.includes(true) && levels.includes(false)) return 'mobius2';
  if (/\bacme/iu.test(traits.server ?? '')) return 'acme';
  if (/\btinyiot/iu.test(traits.server ?? '')) return 'tinyiot';
  const named = byCseBase(cseBase);
  if (named !== undefined) return named;
  if (traits.hasTypeLevel === false) return 'openmtc';
  if (traits.hasFloats === true) return 'tinyiot';
  const { to, fr, ot } = response;
  // Bindings without topics tell less: whatever was in a header is missing there for other reasons.
  if (traits.hasTypeLevel === true && to === undefined && fr === undefined) return 'mobius4';
  return ot !== undefined && fr?.startsWith('/') === true ? 'acme' : undefined;
}

/** Only what nobody configures: `cb0` is how OpenMTC numbers its CSEBase, and Mobius knows no other names than its own. */
function byCseBase({ ri, csi }: Readonly<Record<string, unknown>>): ProfileName | undefined {
  if (ri === 'cb0') return 'openmtc';
  if (csi === '/Mobius4') return 'mobius4';
  return csi === '/Mobius2' || csi === '/Mobius' ? 'mobius2' : undefined;
}
