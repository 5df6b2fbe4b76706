import { splitAddress, topicId } from './base/addresses.mjs';
import { postNotification } from './http-client.mjs';
import { randomId } from './base/ids.mjs';
import { Refusal } from './base/refusal.mjs';
import { formatTime } from './base/times.mjs';

const NOTIFY = 5;

/** Brings notifications to AEs and to addresses, the way the flavour does. */
export class Notifier {
  #cse;
  /** How often a notification went to ourselves. */
  loops = 0;

  constructor(cse) {
    this.#cse = cse;
  }

  /** Sends and forgets; nothing is said where it cannot be delivered. */
  async send(nu, pc) {
    await this.#deliver(nu, pc, false);
  }

  /** @returns the answer; undefined where nobody was reached or nobody answered */
  async ask(nu, pc) {
    return this.#deliver(nu, pc, this.#cse.habits.awaitsAnswers);
  }

  /** A NOTIFY that came in for a resource here: it is meant for the AE. */
  async take(request, resource) {
    if (resource.ty !== 2)
      throw new Refusal(4005, `NOTIFY operation not allowed for ${resource.wrapper} resource type`);
    if (this.#cse.habits.nu.spRelative === 'loop' && request.fr === this.#cse.id) {
      await this.#loop(request.to, request.pc);
      return { rsc: 2000 };
    }
    const answer = await this.#toAe(resource, { to: request.to, fr: request.fr, pc: request.pc, waits: true });
    if (answer === undefined) throw new Refusal(5103, `target is not reachable: ${request.to}`);
    return { rsc: answer.rsc, pc: answer.pc };
  }

  async #deliver(nu, pc, waits) {
    if (/^[a-z]+:\/\//.test(nu)) return this.#toUrl(nu, pc, waits);
    const form = nu.startsWith('//') ? 'absolute' : nu.startsWith('/') ? 'spRelative' : 'cseRelative';
    const habit = this.#cse.habits.nu[form];
    const place = splitAddress(nu, this.#cse);
    if (place.cseID !== undefined) {
      const rvi = this.#cse.habits.releases.at(-1);
      return this.#cse.sendOn({ op: NOTIFY, to: nu, fr: this.#cse.id, rqi: randomId(), rvi, pc }, place.cseID);
    }
    if (!habit) return undefined;
    const ae = this.#cse.tree.ae(place.path) ?? this.#cse.tree.find(place.path)?.resource;
    if (ae?.ty !== 2) return undefined;
    if (habit === 'loop') return this.#loop(nu, pc);
    return this.#toAe(ae, { to: nu, pc, waits, schemes: habit === 'http' ? ['http:'] : undefined });
  }

  /** Sends it to our own request topic, where we hear it again. */
  async #loop(nu, pc) {
    this.loops += 1;
    if (this.loops > this.#cse.options.loopCap) return undefined;
    const primitive = this.#primitive({ to: nu, pc });
    await this.#cse.mqtt?.publish(`/oneM2M/req/${this.#cse.name}/${this.#cse.name}/json`, primitive);
    return undefined;
  }

  /** By polling channel, open WebSocket, or the first point of access that we can use. */
  async #toAe(ae, { to, fr, pc, waits, schemes }) {
    const { aei, poa = [], rr, srv } = ae.attributes;
    const primitive = this.#primitive({ to, fr, pc, rvi: srv?.at(-1) });
    const channel = [...ae.children.values()].find(({ ty }) => ty === 15);
    if (channel !== undefined && (rr === false || poa.length === 0)) {
      return this.#answered(primitive, waits, () => this.#cse.polling.offer(channel, primitive));
    }
    for (const point of poa.filter((each) => URL.canParse(each))) {
      const { protocol, pathname } = new URL(point);
      if (schemes !== undefined && !schemes.includes(protocol)) continue;
      if (protocol === 'mqtt:' || protocol === 'mqtts:') {
        const topic = this.#topicOfAe(aei, pathname);
        return this.#answered(primitive, waits, () => this.#publish(topic, primitive, point));
      }
      if (protocol === 'http:') {
        const url = this.#cse.habits.appendsId ? `${point.replace(/\/$/, '')}/${aei}` : point;
        return this.#post(url, primitive);
      }
      if (this.#cse.websocket?.isOpen(aei)) break;
    }
    if (!this.#cse.websocket?.isOpen(aei)) return undefined;
    return this.#answered(primitive, waits, () => this.#cse.websocket.send(aei, primitive));
  }

  #topicOfAe(aei, pathname) {
    const { aeTopic } = this.#cse.habits;
    if (aeTopic === 'path') return this.#topicOfPath(pathname.slice(1));
    const receiver = aeTopic === 'cse:id' ? `${this.#cse.name}:${topicId(aei)}` : topicId(aei);
    return `/oneM2M/req/${this.#cse.name}/${receiver}/json`;
  }

  #topicOfPath(path) {
    const { name, habits } = this.#cse;
    const forms = {
      path,
      'path/json': `${path}/json`,
      req: `/oneM2M/req/${name}/${path}`,
      'req/json': `/oneM2M/req/${name}/${path}/json`,
    };
    return forms[habits.urlTopic];
  }

  async #toUrl(nu, pc, waits) {
    if (!this.#cse.habits.nu.url || !URL.canParse(nu)) return undefined;
    const url = new URL(nu);
    if (url.protocol === 'http:') return this.#post(nu, this.#primitive({ to: url.pathname, pc }));
    const path = url.pathname.slice(1);
    if (
      url.protocol !== 'mqtt:' ||
      path === '' ||
      (this.#cse.habits.urlTopic === 'path' && path.startsWith('oneM2M/'))
    ) {
      return undefined;
    }
    const primitive = this.#primitive({ to: path, pc });
    // `//X` names a receiver, in the flavours that take a path for a topic.
    const isReceiver = this.#cse.habits.urlTopic === 'path' && path.startsWith('/');
    const topic = isReceiver
      ? `/oneM2M/req/${this.#cse.name}/${path.replace(/^\/+/, '')}/json`
      : this.#topicOfPath(path);
    const answer = await this.#answered(primitive, waits && isReceiver, () => this.#publish(topic, primitive, nu));
    // Where an answer would come to a topic of the user's own is nowhere said, so nobody waits for one.
    return isReceiver ? answer : { rsc: 2000 };
  }

  #primitive({ to, fr, pc, rvi }) {
    const { habits, id, absoluteId, now } = this.#cse;
    const members = {
      op: NOTIFY,
      to,
      fr: fr ?? (habits.ownAddress === 'absolute' ? absoluteId : id),
      rqi: randomId(),
      rvi: rvi ?? habits.releases.at(-1),
      ot: formatTime(now(), habits.timeDigits),
      drt: 1,
      pc,
    };
    const entries = habits.notifyMembers.map((name) => [name === 'rqi' ? habits.notifyRqi : name, members[name]]);
    return Object.fromEntries(entries);
  }

  async #answered(primitive, waits, send) {
    const rqi = primitive[this.#cse.habits.notifyRqi];
    const answer = waits ? this.#cse.outgoing.expect(rqi) : undefined;
    await send();
    return answer;
  }

  async #publish(topic, primitive, address) {
    this.#cse.note({ topic, primitive });
    await this.#cse.mqtt?.publish(topic, this.#cse.habits.notifiesBare ? primitive.pc : primitive, address);
  }

  async #post(url, primitive) {
    this.#cse.note({ url, primitive });
    return postNotification(this.#cse, url, primitive);
  }
}
