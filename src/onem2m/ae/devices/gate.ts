/** Lets so many run at once; the others wait in order. Who starts them sees to it that they are not too many. */
export class Gate {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly width: number) {}

  /** Settles with what `action` settles with, once it had its turn. */
  async run<T>(action: () => Promise<T>): Promise<T> {
    if (this.running < this.width) this.running += 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await action();
    } finally {
      const next = this.waiting.shift();
      // The place goes to the next one as it is.
      if (next === undefined) this.running -= 1;
      else next();
    }
  }
}
