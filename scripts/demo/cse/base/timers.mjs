/** Every timer of one CSE, so that none outlives it. */
export class Timers {
  #running = new Map();

  /** @returns a function that clears the timer before its time */
  after(ms, action) {
    const timer = setTimeout(() => {
      this.#running.delete(timer);
      action();
    }, ms);
    this.#running.set(timer, undefined);
    return () => this.#clear(timer);
  }

  /** Settles after `ms`, or at once when all timers are cleared. */
  wait(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#running.delete(timer);
        resolve();
      }, ms);
      this.#running.set(timer, resolve);
    });
  }

  clearAll() {
    for (const [timer, resolve] of [...this.#running]) {
      this.#clear(timer);
      resolve?.();
    }
  }

  #clear(timer) {
    clearTimeout(timer);
    this.#running.delete(timer);
  }
}
