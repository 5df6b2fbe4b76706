import { Refusal } from './base/refusal.mjs';
import { parseDeadline } from './base/times.mjs';

const MAX_QUEUED = 1_000;

/** Polling channels (TS-0001 10.2.13): requests wait at `pcu` until the AE asks for them, and the AE until there are some. */
export class Polling {
  #cse;
  /** By `ri` of the channel: `{ queue, waiter }`. */
  #channels = new Map();

  constructor(cse) {
    this.#cse = cse;
  }

  /** A request that the AE is to get. */
  offer(channel, primitive) {
    const { queue, waiter } = this.#of(channel);
    this.#cse.note({ channel: channel.attributes.ri, primitive });
    if (waiter !== undefined) waiter(primitive);
    else if (queue.length < MAX_QUEUED) queue.push(primitive);
  }

  /** RETRIEVE of `pcu` waits for a request; NOTIFY brings the answer to one. */
  async serve(request, channel, { gone } = {}) {
    if (channel.ty !== 15) throw new Refusal(4004, `No resource with this ID: ${request.path}`);
    const { aei, ri } = channel.parent.attributes;
    const allowed = [aei ?? ri, `${this.#cse.id}/${aei ?? ri}`];
    if (!allowed.includes(request.fr))
      throw new Refusal(4103, `originator: ${request.fr} may not use the polling channel`);
    if (request.op === 5) {
      const response = request.pc?.['m2m:rsp'];
      if (response === undefined) throw new Refusal(4000, 'Not a NOTIFY request or response');
      this.#cse.outgoing.settle(response);
      return { rsc: 2000 };
    }
    if (request.op !== 2) throw new Refusal(4005, 'operation not allowed for <pollingChannelURI> resource type');
    const primitive = await this.#next(channel, request.rqet, gone);
    if (primitive === undefined) throw new Refusal(4008, 'request timeout reached: nothing to tell');
    return { rsc: 2000, pc: { 'm2m:rqp': primitive } };
  }

  clear() {
    for (const { waiter } of this.#channels.values()) waiter?.(undefined);
    this.#channels.clear();
  }

  #of(channel) {
    const { ri } = channel.attributes;
    if (!this.#channels.has(ri)) this.#channels.set(ri, { queue: [], waiter: undefined });
    return this.#channels.get(ri);
  }

  #next(channel, rqet, gone) {
    const state = this.#of(channel);
    state.waiter?.(undefined);
    if (state.queue.length > 0) return state.queue.shift();
    const now = this.#cse.now();
    const end = rqet === undefined ? now + this.#cse.options.pollingMs : parseDeadline(rqet, now);
    return new Promise((resolve) => {
      const settle = (primitive) => {
        cancel();
        gone?.removeEventListener('abort', leave);
        if (state.waiter === settle) state.waiter = undefined;
        resolve(primitive);
      };
      const leave = () => settle(undefined);
      const cancel = this.#cse.timers.after(Math.max(0, (end ?? now) - now), leave);
      // Who has hung up must not get what another will ask for.
      gone?.addEventListener('abort', leave);
      state.waiter = settle;
    });
  }
}
