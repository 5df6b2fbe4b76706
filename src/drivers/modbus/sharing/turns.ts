import { isReadRequest } from '../pdu/request';
import type { Job, Sharer } from './job';

/** A device that is read seldom waits at most so much longer for its turn than those that are read more often. ms */
const LONGEST_LEAD_MS = 2000;

interface Queue {
  readonly jobs: Job[];
  /** When it had its last turn; ms. */
  servedAt: number;
}

/**
 * Whose turn it is. A read is due its device's sync interval (but at most 2 s) after that device's last turn, a write at once; what is
 * due first goes first. So devices with the same interval take turns, and one that is read each second does not wait behind the many
 * requests of one that is read each minute.
 */
export class Turns {
  /** Of those that are due at the same time, the one that has waited longest since its last turn comes first. */
  private readonly queues = new Map<Sharer, Queue>();

  get isEmpty(): boolean {
    return this.queues.size === 0;
  }

  get sharers(): Iterable<Sharer> {
    return this.queues.keys();
  }

  get hasWaiting(): boolean {
    for (const { jobs } of this.queues.values()) if (jobs.length > 0) return true;
    return false;
  }

  add(sharer: Sharer): void {
    this.queues.set(sharer, { jobs: [], servedAt: 0 });
  }

  /** Answers what it had waiting. */
  remove(sharer: Sharer): readonly Job[] {
    const jobs = this.queues.get(sharer)?.jobs ?? [];
    this.queues.delete(sharer);
    return jobs;
  }

  has(sharer: Sharer): boolean {
    return this.queues.has(sharer);
  }

  /** Takes out all that waits. */
  drain(): Job[] {
    return [...this.queues.values()].flatMap(({ jobs }) => jobs.splice(0));
  }

  append(job: Job): void {
    this.queues.get(job.sharer)?.jobs.push(job);
  }

  /** It comes before what its device has waiting. */
  prepend(job: Job): void {
    this.queues.get(job.sharer)?.jobs.unshift(job);
  }

  /** Whether any that waits fits. */
  some(fits: (job: Job) => boolean): boolean {
    for (const { jobs } of this.queues.values()) if (jobs.some(fits)) return true;
    return false;
  }

  /**
   * The first request of the device whose turn it is. `clean` is called with each queue before, to take out what need not wait;
   * `may`: whether a request may go now at all.
   */
  first(clean: (jobs: Job[]) => void, may: (job: Job) => boolean): Job | undefined {
    let first: Job | undefined;
    let firstDue = Infinity;
    for (const { jobs, servedAt } of this.queues.values()) {
      clean(jobs);
      const job = jobs[0];
      if (job === undefined || !may(job)) continue;
      const due = servedAt + leadOf(job);
      if (due >= firstDue) continue;
      first = job;
      firstDue = due;
    }
    return first;
  }

  /** It was its device's turn; `sent`: with its first request, and not with one that had to go before. */
  pass(sharer: Sharer, sent: boolean, now: number): void {
    const queue = this.queues.get(sharer);
    if (queue === undefined) return;
    if (sent) queue.jobs.shift();
    queue.servedAt = now;
    this.queues.delete(sharer);
    this.queues.set(sharer, queue);
  }
}

const leadOf = ({ request, sharer }: Job): number =>
  isReadRequest(request) ? Math.min(sharer.intervalMs ?? LONGEST_LEAD_MS, LONGEST_LEAD_MS) : 0;
