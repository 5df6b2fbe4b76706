import { encode } from './wire.mjs';

/** What a test makes a CSE do wrong. All are off at first, but for `deduplicates`. A base of the CSE. */
export class Switches {
  #held = [];
  #isHolding = false;
  /** A request that comes again (same `fr` and `rqi`) is not done again; its answer is. */
  deduplicates = true;
  /** Each answer is sent twice. */
  answerTwice = false;
  /** So many answers are broken JSON. */
  garbage = 0;
  /** Notifications go out before the answer to the request that caused them. */
  notifiesFirst = false;
  #isSilent = () => false;
  #delay = () => 0;

  /** Requests that match are done, but not answered. */
  silence(predicate = () => true) {
    this.#isSilent = predicate;
    return () => (this.#isSilent = () => false);
  }

  /** Answers come so many ms later: a number, or a function of the request. */
  delay(ms) {
    this.#delay = typeof ms === 'function' ? ms : () => ms;
  }

  /** From now on requests wait, undone. @returns a function that lets all of them through, in their order */
  hold() {
    this.#isHolding = true;
    return () => this.release();
  }

  release() {
    this.#isHolding = false;
    for (const resolve of this.#held.splice(0)) resolve();
  }

  /** Until the request may be done. */
  async whenReleased() {
    if (this.#isHolding) await new Promise((resolve) => this.#held.push(resolve));
  }

  /** Until it is time to answer. */
  async beforeAnswer(request) {
    const ms = this.#delay(request);
    if (ms > 0) await this.timers.wait(ms);
    if (this.notifiesFirst) this.flush();
  }

  /** What is sent for the response to a request: nothing, one payload, or two. */
  bodies(response, serialization, request) {
    if (response === undefined || !this.isRunning || this.#isSilent(request ?? {})) return [];
    if (this.garbage > 0) {
      this.garbage -= 1;
      return [Buffer.from('{"rsc":2000,"rqi":')];
    }
    const body = encode(response, serialization, this.habits);
    return this.answerTwice ? [body, body] : [body];
  }
}
