import { once } from 'node:events';
import { createServer } from 'node:http';
import { randomId } from './base/ids.mjs';
import { receive } from './receive.mjs';
import { decode } from './wire.mjs';

const MAX_BODY = 1_000_000;

/** Request header => member (TS-0009 6.4). */
const HEADERS = {
  'x-m2m-origin': 'fr',
  'x-m2m-ri': 'rqi',
  'x-m2m-rvi': 'rvi',
  'x-m2m-ot': 'ot',
  'x-m2m-ret': 'rqet',
  'x-m2m-rst': 'rset',
  'x-m2m-oet': 'oet',
  'x-m2m-ec': 'ec',
  'x-m2m-gid': 'gid',
  'x-m2m-vsi': 'vsi',
};
/** Query parameters that are members of the request; all others are filter criteria. */
const MEMBERS = ['rp', 'rcn', 'da', 'drt', 'rids', 'tids', 'ltids', 'tqi', 'sqi', 'ma'];
const NUMBERS = ['rcn', 'drt', 'fu', 'fo', 'lim', 'lvl', 'ofst', 'sts', 'stb', 'sza', 'szb'];
const LISTS = ['ty', 'lbl', 'cty'];

/** Response status code => HTTP status (TS-0009 6.3.2); ACME's where CSEs differ. */
const STATUS = {
  ...{ 1000: 202, 1001: 202, 1002: 202, 2000: 200, 2001: 201, 2002: 200, 2004: 200 },
  ...{ 4001: 501, 4004: 404, 4005: 405, 4008: 504, 4015: 415, 4101: 403, 4103: 403, 4104: 409, 4105: 409, 4107: 403 },
  ...{ 4108: 403, 4117: 403, 4126: 403, 4127: 403, 4128: 403, 5000: 500, 5001: 501, 5103: 404, 5105: 403, 5106: 409 },
  ...{ 5107: 404, 5203: 403, 5204: 500, 5205: 403, 5206: 501, 5207: 406, 5220: 409, 5221: 500, 6003: 404, 6005: 404 },
};

/** The HTTP binding (TS-0009) of a CSE. */
export class HttpTransport {
  #cse;
  #server;

  constructor(cse, { port = 0 } = {}) {
    this.#cse = cse;
    this.port = port;
  }

  async start() {
    this.#server = createServer((request, response) => {
      this.#take(request, response).catch((error) => this.#cse.failed(error));
    });
    this.#server.on('connection', (socket) => socket.setNoDelay(true));
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = this.#server.address().port;
  }

  async stop() {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #take(request, response) {
    const hangUp = new AbortController();
    response.once('close', () => hangUp.abort());
    const whole = await bodyOf(request);
    const body = this.#cse.habits.asciiBodies ? whole?.filter((byte) => byte < 0x80) : whole;
    if (body === undefined) return void response.writeHead(413).end();
    const serialization = /cbor/.test(request.headers['content-type'] ?? '') ? 'cbor' : 'json';
    const pc = body.length === 0 ? undefined : decode(body, serialization);
    const primitive = body.length > 0 && pc === undefined ? undefined : primitiveOf(request, pc);
    if (!this.#cse.habits.serializations.includes(serialization)) {
      const rqi = request.headers['x-m2m-ri'];
      return void this.#answer(response, { rsc: this.#cse.habits.unreadHttp, rqi }, primitive, 'json');
    }
    const answer = await receive(this.#cse, primitive, { transport: 'http', gone: hangUp.signal });
    this.#answer(response, answer, primitive, /cbor/.test(request.headers.accept ?? '') ? 'cbor' : 'json');
    this.#cse.flush();
  }

  /** Nothing at all is said where the answer is held back: it is for the client to give up. */
  #answer(response, answer, primitive, serialization) {
    const { rsc = 0, pc, rqi, rvi, ot, cts, cto } = answer ?? {};
    if (answer === undefined && primitive?.rt?.rtv === 5) return void response.writeHead(204).end();
    const [body] = this.#cse.bodies(answer === undefined ? undefined : (pc ?? {}), serialization, primitive);
    if (body === undefined) return;
    const isForgotten = this.#cse.habits.forgetsHttpId && rsc === 4000;
    const headers = {
      'x-m2m-rsc': rsc,
      'x-m2m-ri': isForgotten ? randomId() : rqi,
      'x-m2m-rvi': isForgotten ? 'None' : rvi,
      'x-m2m-ot': ot,
      'x-m2m-cts': cts,
      'x-m2m-cto': cto,
      server: this.#cse.habits.server,
      'content-type': pc === undefined ? this.#cse.habits.emptyType : `application/${serialization}`,
    };
    const given = Object.entries(headers).filter(([, value]) => value !== undefined);
    response.writeHead(STATUS[rsc] ?? 400, Object.fromEntries(given));
    response.end(pc === undefined ? undefined : body);
  }
}

/** @returns undefined: it is too long */
async function bodyOf(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > MAX_BODY) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function primitiveOf(request, pc) {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  const ty = /;\s*ty=(\d+)/.exec(request.headers['content-type'] ?? '')?.[1];
  const op = { POST: ty === undefined ? 5 : 1, GET: 2, PUT: 3, DELETE: 4 }[request.method];
  const primitive = { op, to: toOf(decodeURIComponent(pathname)), ...(ty === undefined ? {} : { ty: Number(ty) }) };
  for (const [header, member] of Object.entries(HEADERS)) {
    if (request.headers[header] !== undefined) primitive[member] = request.headers[header];
  }
  if (pc !== undefined) primitive.pc = pc;
  return { ...primitive, ...parametersOf(searchParams, request.headers['x-m2m-rtu']) };
}

/** `/base/ae`, `/~/cse/base/ae`, `/_/sp/cse/base/ae`. */
function toOf(path) {
  if (path.startsWith('/~/')) return path.slice(2);
  if (path.startsWith('/_/')) return `/${path.slice(2)}`;
  return path.slice(1);
}

function parametersOf(parameters, targets) {
  const members = {};
  const fc = {};
  for (const name of new Set(parameters.keys())) {
    // A `+` of a query means a space; here it separates.
    const values = parameters.getAll(name).flatMap((value) => value.split(' '));
    if (name === 'rt') members.rt = { rtv: Number(values[0]), ...(targets ? { nu: targets.split('&') } : {}) };
    else if (name === 'atrl') members.pc = { 'm2m:atrl': values };
    else (MEMBERS.includes(name) ? members : fc)[name] = valueOf(name, values, parameters.get(name));
  }
  return Object.keys(fc).length > 0 ? { ...members, fc } : members;
}

function valueOf(name, values, whole) {
  if (name === 'ty') return values.map(Number);
  if (LISTS.includes(name)) return values;
  return NUMBERS.includes(name) ? Number(whole) : whole;
}
