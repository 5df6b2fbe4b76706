/**
 * A stand-in for a CSE, for the demo and the tests. Frozen: errors are mended here, no new feature goes in (CONTRIBUTING.md, "The house").
 */
import { FLAVOURS } from './flavours.mjs';
import { splitAddress } from './base/addresses.mjs';
import { RESOURCE_IDS } from './base/ids.mjs';
import { Notifier } from './notifier.mjs';
import { drop } from './resource/operations.mjs';
import { forward } from './forward.mjs';
import { Outgoing } from './outgoing.mjs';
import { perform } from './receive.mjs';
import { Polling } from './polling.mjs';
import { registerWith } from './registration.mjs';
import { attributesOf } from './resource/represent.mjs';
import { Subscriptions } from './resource/subscriptions.mjs';
import { Switches } from './switches.mjs';
import { TYPES } from './base/resource-types.mjs';
import { Timers } from './base/timers.mjs';
import { detectMissing } from './resource/time-series.mjs';
import { formatTime } from './base/times.mjs';
import { pathOf, Tree } from './resource/tree.mjs';
import { answerTo } from './wire.mjs';

const MAX_LOG = 1_000;
const CSE_TYPE = { IN: 1, MN: 2 };

const DEFAULTS = {
  flavour: 'generic',
  base: 'onem2m',
  spID: '//openmtc.org',
  admin: 'CAdmin',
  now: () => Date.now(),
  answerTimeoutMs: 10_000,
  pollingMs: 60_000,
  pendingMs: 0,
  requestLifeMs: 60_000,
  loopCap: 300,
};

/**
 * A small CSE for the demo and for tests; everything is kept in memory, all servers are on the loopback interface.
 *
 * @param {object} options
 * @param {string} options.id CSE-ID, `/in-cse-1`
 * @param {string} [options.base] name of its CSEBase (`onem2m`)
 * @param {string} [options.spID] of its service provider (`//openmtc.org`)
 * @param {keyof typeof FLAVOURS} [options.flavour] whose habits it has on the wire (`generic`)
 * @param {string} [options.brokerUrl] speaks MQTT there
 * @param {boolean} [options.keepsSession] the broker keeps requests while the CSE is away
 * @param {{ port?: number }} [options.http] speaks HTTP; port 0: a free one
 * @param {{ port?: number }} [options.websocket] speaks WebSocket
 * @param {string} [options.admin] the originator who may do everything (`CAdmin`)
 * @param {{ id: string, base: string, brokerUrl?: string }} [options.registrar] the CSE to register with, over MQTT
 * @param {{ id: string, brokerUrl?: string }[]} [options.remotes] CSEs it knows without a registration
 * @param {() => number} [options.now] the time, ms
 * @param {number} [options.answerTimeoutMs] how long answers to its own requests are awaited (10 s)
 * @param {number} [options.pollingMs] how long `pcu` is held open where the request does not say (60 s)
 * @param {number} [options.pendingMs] how long a non-blocking request is pending (0)
 * @param {number} [options.loopCap] where ACME's endless notifications end (300)
 */
export async function startCse(options) {
  const cse = new Cse({ ...DEFAULTS, ...options });
  await cse.start();
  return cse;
}

class Cse extends Switches {
  isRunning = false;
  timers = new Timers();
  outgoing = new Outgoing(this);
  polling = new Polling(this);
  notifier = new Notifier(this);
  subscriptions = new Subscriptions(this);
  /** What came in, newest last: `{ transport, isRegistration, request }`. */
  requests = [];
  /** What went out by itself: `{ topic | url | channel | websocket, primitive }`. */
  notifications = [];
  /** Errors of the simulator itself. */
  faults = [];
  /** Answers given of late, by originator and request. */
  answered = new Map();
  ending = new AbortController();
  #due = [];
  count = 0;

  constructor(options) {
    super();
    this.options = options;
    this.id = options.id;
    this.name = options.id.slice(1);
    this.base = options.base;
    this.spID = options.spID;
    this.absoluteId = `${options.spID}${options.id}`;
    this.admin = options.admin;
    this.now = options.now;
    this.habits = FLAVOURS[options.flavour];
    if (this.habits === undefined) throw new Error(`unknown flavour "${options.flavour}"`);
    this.tree = this.#plant();
    this.http = undefined;
    this.websocket = undefined;
    this.mqtt = undefined;
  }

  /** Again on the same ports, with the resources as they were; registers with the registrar. */
  async start() {
    const { brokerUrl, http, websocket, registrar } = this.options;
    this.isRunning = true;
    this.ending = new AbortController();
    try {
      if (http) {
        const { HttpTransport } = await import('./http.mjs');
        this.http = await started(new HttpTransport(this, { port: this.httpPort ?? http.port }));
        this.httpPort = this.http.port;
      }
      if (websocket) {
        const { WebSocketTransport } = await import('./websocket.mjs');
        this.websocket = await started(new WebSocketTransport(this, { port: this.websocketPort ?? websocket.port }));
        this.websocketPort = this.websocket.port;
      }
      if (brokerUrl) {
        const { MqttTransport } = await import('./mqtt.mjs');
        this.mqtt = new MqttTransport(this, brokerUrl);
        await this.mqtt.start();
      }
      this.tree.root.attributes.poa = this.pointsOfAccess();
      if (registrar) await registerWith(this, registrar);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop() {
    this.isRunning = false;
    this.ending.abort();
    this.subscriptions.clear();
    this.polling.clear();
    this.outgoing.clear();
    this.release();
    this.timers.clearAll();
    const transports = [this.http, this.websocket, this.mqtt];
    [this.http, this.websocket, this.mqtt] = [];
    await Promise.all(transports.map((transport) => transport?.stop()));
    // Whoever went on because we end may have started another.
    this.timers.clearAll();
  }

  /** As after a restart without storage. */
  forgetAll() {
    this.subscriptions.clear();
    this.polling.clear();
    this.answered.clear();
    this.count = 0;
    this.tree = this.#plant();
    this.tree.root.attributes.poa = this.pointsOfAccess();
  }

  /** Removes what has expired, and looks for missing data. Happens with each request; with a clock of your own, call it. */
  tick() {
    this.expire();
    detectMissing(this);
    this.flush();
  }

  expire() {
    for (const resource of this.tree.expired(this.now())) drop(this, resource);
  }

  /** All resources as `{ path, ty, wrapper, attributes }`, parents first. */
  resources() {
    return [...this.tree.all()].map((resource) => ({
      path: pathOf(resource),
      ty: resource.ty,
      wrapper: resource.wrapper,
      attributes: attributesOf(resource, this.habits),
    }));
  }

  /** Where it can be reached. */
  pointsOfAccess() {
    const { brokerUrl } = this.options;
    const mqtt = brokerUrl === undefined ? [] : [brokerUrl.replace(/^tcp:/, 'mqtt:')];
    return [this.httpUrl, this.websocketUrl].filter((url) => url !== undefined).concat(mqtt);
  }

  get httpUrl() {
    return this.httpPort === undefined ? undefined : `http://127.0.0.1:${this.httpPort}`;
  }

  get websocketUrl() {
    return this.websocketPort === undefined ? undefined : `ws://127.0.0.1:${this.websocketPort}`;
  }

  // --- for the parts of the CSE

  /** What an address means here; undefined: nothing, or it belongs elsewhere. */
  find(address) {
    const { path } = splitAddress(address, this);
    return path === undefined ? undefined : this.tree.find(path);
  }

  isRemote(address) {
    return splitAddress(address, this).cseID !== undefined;
  }

  perform(request, source) {
    return perform(this, request, source);
  }

  /** A request of ours to another CSE. @returns undefined: it cannot be reached */
  sendOn(request, cseID) {
    return forward(this, request, cseID).catch(() => undefined);
  }

  refuse(request, { rsc, message }) {
    return answerTo(this, request ?? {}, { rsc, pc: { 'm2m:dbg': message } });
  }

  newId(ty) {
    this.count += 1;
    return RESOURCE_IDS[this.habits.resourceIds](ty, this.count, this.now());
  }

  /** Something to be done when the request in hand is answered. */
  afterwards(action) {
    this.#due.push(action);
  }

  flush() {
    for (const action of this.#due.splice(0)) Promise.resolve(action()).catch((error) => this.failed(error));
  }

  log(request, { transport, isRegistration = false }) {
    append(this.requests, { transport, isRegistration, request });
  }

  note(notification) {
    append(this.notifications, notification);
  }

  failed(error) {
    append(this.faults, error);
  }

  #plant() {
    const { habits, name } = this;
    const now = formatTime(this.now(), habits.timeDigits);
    const ri = habits.baseId?.replace('{cse}', name) ?? this.newId(5);
    const attributes = {
      ...{ rn: this.base, ri, ty: 5, ct: now, lt: now, csi: this.id },
      cst: this.options.registrar ? CSE_TYPE.MN : CSE_TYPE.IN,
      srt: Object.keys(TYPES).map(Number),
      poa: [],
      rr: true,
      ...(habits.unknownAttributes.includes('srv') ? {} : { srv: habits.releases }),
    };
    return new Tree({ ty: 5, wrapper: 'm2m:cb', parent: undefined, children: new Map(), attributes });
  }
}

async function started(transport) {
  await transport.start();
  return transport;
}

function append(list, entry) {
  list.push(entry);
  if (list.length > MAX_LOG) list.shift();
}
