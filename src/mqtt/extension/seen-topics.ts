/** Of one connection; enough for its devices, and still a bound where topics are made up on the way. */
const MOST = 2000;

/** Topics that went through a connection, the latest last. Costs a look-up a message. */
export class SeenTopics {
  private readonly topics = new Set<string>();

  add(topic: string): void {
    if (this.topics.has(topic)) return;
    this.topics.add(topic);
    if (this.topics.size <= MOST) return;
    const [oldest] = this.topics;
    if (oldest !== undefined) this.topics.delete(oldest);
  }

  list(): string[] {
    return [...this.topics];
  }
}
