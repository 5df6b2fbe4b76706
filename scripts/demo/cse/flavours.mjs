/**
 * The wire habits of CSEs as data: how each differs from `generic`, which goes by the specifications. Source: what was seen
 * of live peers (our notes on oneM2M). The code asks for a habit, never for a name.
 */

const DAY_S = 86_400;

const generic = {
  // --- MQTT, requests
  /** Below `/oneM2M/`; `{cse}` is the CSE-ID without its slash. */
  subscribes: ['req/+/{cse}/#', 'reg_req/+/{cse}/#', 'resp/{cse}/+/#'],
  qos: 1,
  serializations: ['json', 'cbor'],
  /** What becomes of another last topic level: `drop`, `refuse` (4015) or `json`: taken for JSON whatever it says. */
  otherSerialization: 'refuse',
  needsSerializationLevel: false,
  /** `{"m2m:rqp": ...}` around a request. */
  acceptsWrapped: true,
  /** What is answered where a member is missing: a status code and text, `silence`, or nothing special. */
  missing: {
    rqi: [4000, 'rqi is missing'],
    op: [4000, 'op is missing'],
    to: [4000, 'to is missing'],
    fr: [4000, 'fr is missing'],
  },
  /** What is answered to broken JSON. */
  malformed: [4000, 'malformed primitive'],
  /** `reg_req` takes nothing but the CREATE of an AE or a remoteCSE. */
  checksRegistration: true,
  /** Errors never arrive over MQTT. */
  hidesErrors: false,

  // --- MQTT, answers
  /** `typed`: as the request's topic; `bare`: without the last level. */
  answerTopics: ['typed'],
  answerMembers: ['rsc', 'rqi', 'to', 'fr', 'rvi', 'pc'],
  /** `swapped`: `to` is who asked and `fr` the CSE; `echoed`: both as in the request. */
  answerAddresses: 'swapped',
  /** A release that is none of `releases` is refused (4001). */
  checksRelease: true,
  /** What is answered as `rvi` where the request had none. */
  defaultRelease: undefined,
  /** `{"m2m:dbg": text}` with an error. */
  tellsErrors: true,
  /** Every number is written as a float: `2001.0`. */
  writesFloats: false,

  // --- resources
  timeDigits: 0,
  /** A time with a fraction of a second is refused. */
  wholeSeconds: false,
  lifetimeS: 365 * DAY_S,
  resourceIds: 'type-random',
  aeIds: 'as-asked',
  /** The id of the CSEBase; `{cse}` as above; absent: as any other. */
  baseId: '{cse}',
  releases: ['2a', '3', '4', '5'],
  /** In which order attributes are written; `*` stands for all others, as they came. */
  order: ['*'],
  /** Attributes that are always there, by type, in this order: `null`, or `[]` where the name ends in `[]`. */
  fills: undefined,
  /** Attributes an AE is refused without, and attributes no resource may have. */
  aeNeeds: ['api', 'rr'],
  checksApi: false,
  unknownAttributes: [],
  /** Set in every AE. */
  aeDefaults: {},
  twiceRegistered: [4117, 'Originator has already registered: {aei}'],
  hasPollingChannel: true,
  hasRequestResources: true,
  /** Discovery finds nothing over MQTT; or it answers `m2m:uril` even where references (rcn 6) were asked for. */
  discoversNothing: false,
  onlyUriLists: false,
  longEncNames: false,
  /** Members of filter criteria that make it refuse the request. */
  /** `Server` of its answers over HTTP. */
  server: undefined,
  /** Content type of an answer over HTTP that has no body. */
  emptyType: undefined,
  /** Bytes of a body over HTTP that are no ASCII are dropped. */
  asciiBodies: false,
  /** What a body over HTTP in another serialization is answered with. */
  unreadHttp: 4000,
  /** How a partial RETRIEVE (`atrl`) is answered: `picked`; `all`: as if there were none; `nulls`: other attributes are null, over MQTT all of them; `refused` (4000) over HTTP and `all` over MQTT. */
  attributeLists: 'picked',
  refusedCriteria: [],
  /** Members of filter criteria that must be there where it passes the request on, or the other CSE cannot read it. */
  forwardsCriteria: [],
  /** 0 and empty text in filter criteria count as absent. */
  skipsZeroCriteria: false,
  /** What is below a resource is told whatever `lvl` says, and over MQTT by resource id unless `drt` is 1. */
  ignoresLevel: false,

  // --- notifications
  /** Which forms of `nu` are delivered; `loop`: the CSE sends the notification to itself, and again, and again. */
  nu: { cseRelative: true, spRelative: true, absolute: true, url: true },
  verifies: true,
  /** The verification comes along with an event and nobody waits for its answer. */
  verifiesWithEvent: false,
  awaitsAnswers: true,
  /** Topic for an AE that is reached by its point of access: `id`, `cse:id`, or `path` (of the point of access). */
  aeTopic: 'id',
  /** Topic for a URL with a path: `path`, `path/json`, `req` (`/oneM2M/req/{cse}/{path}`) or `req/json`. */
  urlTopic: 'path',
  /** `fr` of what the CSE sends: its id, or its absolute id. */
  ownAddress: 'sp-relative',
  notifyMembers: ['op', 'to', 'fr', 'rqi', 'rvi', 'pc'],
  /** The name of the request identifier in a notification. */
  notifyRqi: 'rqi',
  /** The notification is all there is: no primitive around it. */
  notifiesBare: false,
  /** X-M2M-RI of every notification over HTTP; absent: one of its own. */
  httpNotifyId: undefined,
  /** A request that is not understood (4000) is refused over HTTP with an id that nobody has asked with. */
  forgetsHttpId: false,
  /** `sur`: `id` (`/cse/sub1`), `path` (`base/ae/c/s`), or `as-nu` (the path, in the form of the `nu`). */
  surForm: 'id',
  fillsNotification: false,
  /** What is created or deleted below a resource is an update of that resource too. */
  childrenUpdate: false,
  /** The end of a subscription is told within an event. */
  endsInEvent: false,
  /** The AE-ID is put behind an HTTP point of access. */
  appendsId: false,
  /** Forwarded requests keep their `rqi`, and `fr` becomes the forwarding CSE. */
  forwardsAsItself: false,
};

const acme = {
  ...generic,
  qos: 0,
  otherSerialization: 'drop',
  needsSerializationLevel: true,
  acceptsWrapped: false,
  missing: {
    ...generic.missing,
    rvi: [
      4001,
      "release Version Indicator is missing in request, falling back to RVI='1'. But release version '1' is not supported.",
    ],
  },
  answerMembers: ['fr', 'to', 'ot', 'rsc', 'rqi', 'rvi', 'drt', 'pc'],
  timeDigits: 6,
  lifetimeS: 5 * 365 * DAY_S,
  order: ['*', 'pi', 'ri', 'ty', 'aei', 'ct', 'lt', 'et'],
  aeNeeds: ['api', 'rr', 'srv'],
  checksApi: true,
  nu: { cseRelative: true, spRelative: 'loop', absolute: 'loop', url: true },
  appendsId: true,
  notifyMembers: ['fr', 'to', 'ot', 'op', 'rqi', 'rvi', 'drt', 'pc'],
};

const OPENMTC_FILLS = {
  2: 'aei api acpi[] at[] aa apn ch[] csz ct daci[] et lbl[] lt nl or pi poa[] rr ri rn ty',
  3: 'acpi[] at[] aa ch[] ct cr cbs cni daci[] et lbl[] lt li mbs mia mni or pi ri rn ty st',
  4: 'at[] aa ct cnf cs con cr et lbl[] lt or pi ri rn ty st',
  5: 'csi acpi[] ct cst lbl[] lt nl pi poa[] ri rn ty srt[]',
  16: 'cb csi mei tri acpi[] at[] aa ch[] ct cst daci[] et lbl[] lt nl pi poa[] rr ri rn ty',
  23: 'acpi[] bn cr ct daci[] enc exc et gpi lbl[] lt ln nct nfu nsp nu pi pn psn rl ri rn su ty',
};

const openmtc = {
  ...generic,
  subscribes: ['req/+/{cse}/+', 'resp/{cse}/#'],
  serializations: ['json'],
  otherSerialization: 'json',
  missing: { rqi: 'silence', op: 'silence', to: 'silence' },
  malformed: 'silence',
  checksRegistration: false,
  hidesErrors: true,
  checksRelease: false,
  answerTopics: ['bare'],
  answerMembers: ['rvi', 'to', 'pc', 'rqi', 'fr', 'rsc'],
  answerAddresses: 'echoed',
  defaultRelease: '2a',
  tellsErrors: false,
  lifetimeS: 2_000,
  resourceIds: 'type-counter',
  aeIds: 'c-or-counter',
  baseId: 'cb0',
  releases: ['2a'],
  fills: OPENMTC_FILLS,
  aeNeeds: ['api'],
  unknownAttributes: ['srv'],
  aeDefaults: { nl: 'dummy' },
  twiceRegistered: [4105, 'already registered'],
  hasPollingChannel: false,
  hasRequestResources: false,
  onlyUriLists: true,
  longEncNames: true,
  attributeLists: 'nulls',
  refusedCriteria: ['lvl', 'ofst', 'fo'],
  // db06cd7 sends null for what is absent, and reads all of these as integers.
  forwardsCriteria: ['sts', 'stb', 'sza', 'szb', 'lim'],
  skipsZeroCriteria: true,
  nu: { cseRelative: false, spRelative: true, absolute: true, url: false },
  verifies: false,
  aeTopic: 'cse:id',
  ownAddress: 'absolute',
  notifyMembers: ['op', 'rqi', 'fr', 'rvi', 'to', 'pc'],
  surForm: 'as-nu',
  fillsNotification: true,
  childrenUpdate: true,
  forwardsAsItself: true,
  // db06cd7, which also says `x-m2m-rvi: None`.
  forgetsHttpId: true,
  emptyType: 'text/plain',
};

const tinyiot = {
  ...generic,
  subscribes: ['req/+/{cse}/#', 'resp/{cse}/+/#', 'reg_req/+/{cse}/#', 'reg_resp/{cse}/+/#'],
  qos: 0,
  serializations: ['json'],
  missing: { op: 'silence', to: 'silence', fr: 'silence', rvi: [4000, 'rvi is mandatory'] },
  malformed: 'silence',
  checksRegistration: false,
  answerAddresses: 'echoed',
  checksRelease: false,
  writesFloats: true,
  timeDigits: 3,
  lifetimeS: 2 * 365 * DAY_S,
  resourceIds: 'type-date',
  releases: ['3'],
  order: ['*', 'ty', 'ct', 'ri', 'lt', 'pi', 'et', 'aei'],
  aeNeeds: ['api', 'rr', 'srv'],
  hasPollingChannel: false,
  hasRequestResources: false,
  discoversNothing: true,
  ignoresLevel: true,
  server: 'tinyIoT v0.1',
  asciiBodies: true,
  attributeLists: 'refused',
  nu: { cseRelative: 'http', spRelative: false, absolute: false, url: true },
  verifiesWithEvent: true,
  endsInEvent: true,
  awaitsAnswers: false,
  urlTopic: 'req',
  notifiesBare: true,
  // 832205f: whatever is notified.
  httpNotifyId: 'notify',
  surForm: 'path',
};

const mobius4 = {
  ...generic,
  subscribes: ['req/+/{cse}/json'],
  qos: 0,
  serializations: ['json'],
  malformed: 'silence',
  checksRegistration: false,
  attributeLists: 'all',
  unreadHttp: 5000,
  // 4.13.1: et, ot, cra, crb, ms, us, exb, exa.
  wholeSeconds: true,
  answerMembers: ['rqi', 'rvi', 'pc', 'rsc'],
  resourceIds: 'random',
  baseId: undefined,
  releases: ['1', '2', '2a', '3', '4'],
  order: ['ty', 'et', 'ct', 'lt', 'ri', 'rn', 'pi', 'rr', 'srv', 'api', 'aei', 'poa', '*'],
  twiceRegistered: [4105, 'resource is already exist'],
  hasPollingChannel: false,
  hasRequestResources: false,
  onlyUriLists: true,
  nu: { cseRelative: true, spRelative: false, absolute: false, url: true },
  verifies: false,
  awaitsAnswers: false,
  aeTopic: 'path',
  urlTopic: 'path/json',
  notifyMembers: ['fr', 'rqi', 'op', 'pc'],
  notifyRqi: 'ri',
  surForm: 'path',
};

const mobius2 = {
  ...generic,
  subscribes: ['req/+/{cse}/+', 'reg_req/+/{cse}/+', 'resp/{cse}/+/#'],
  qos: 0,
  serializations: ['json'],
  otherSerialization: 'drop',
  malformed: 'silence',
  checksRegistration: false,
  answerTopics: ['typed', 'bare'],
  answerMembers: ['rsc', 'to', 'fr', 'rqi', 'pc'],
  resourceIds: 'type-date',
  releases: ['1', '2', '2a', '3'],
  twiceRegistered: [4105, 'resource is already exist'],
  hasPollingChannel: false,
  hasRequestResources: false,
  onlyUriLists: true,
  nu: { cseRelative: true, spRelative: false, absolute: false, url: true },
  verifies: false,
  aeTopic: 'path',
  urlTopic: 'req/json',
  notifyMembers: ['op', 'rqi', 'to', 'fr', 'pc'],
  surForm: 'path',
};

/** @type {Record<string, typeof generic>} */
export const FLAVOURS = { generic, acme, openmtc, mobius2, mobius4, tinyiot };
