/** Requests that we have sent and whose answers are awaited, by `rqi`. */
export class Outgoing {
  #waiting = new Map();
  #cse;

  constructor(cse) {
    this.#cse = cse;
  }

  /** @returns the answer; undefined after `ms` without one */
  expect(rqi, ms = this.#cse.options.answerTimeoutMs) {
    return new Promise((resolve) => {
      const settle = (answer) => {
        this.#waiting.delete(rqi);
        cancel();
        resolve(answer);
      };
      const cancel = this.#cse.timers.after(ms, () => settle(undefined));
      this.#waiting.set(rqi, settle);
    });
  }

  /** @returns false: nobody waits for it */
  settle(response) {
    const settle = this.#waiting.get(response.rqi);
    settle?.(response);
    return settle !== undefined;
  }

  clear() {
    for (const settle of [...this.#waiting.values()]) settle(undefined);
  }
}
