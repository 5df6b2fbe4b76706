import type { DeliveryOptions } from '../../base/broker-connection';
import { withDeadline } from '../../base/deadline';
import type { Lease } from '../../base/lease-pool';
import type { Clock, TimerHandle } from '../../base/ports';
import type { ConnectionHub } from './connection-hub';
import type { ConnectionPlan } from './connection-plan';

/** What is to be published for a device that has gone, unless another takes its place. */
export interface Farewell {
  /** Of the device. */
  readonly topic: string;
  readonly message: { readonly topic: string; readonly payload: string; readonly settings: DeliveryOptions };
  /** The connection that it had. */
  readonly plan: ConnectionPlan;
}

interface Waiting {
  readonly farewell: Farewell;
  /** Keeps the connection; absent after a hand-over: it is made when it is needed. */
  readonly lease: Lease<ConnectionHub> | undefined;
  readonly timer: TimerHandle;
}

/** A deploy starts the next device within a second, where there are not many thousands. */
const GRACE_MS = 5000;
const SAY_DEADLINE_MS = 10_000;

/** The farewells that wait, by device topic. Each is said, called off, or handed over. */
export class Farewells {
  private readonly waiting = new Map<string, Waiting>();

  constructor(
    private readonly clock: Clock,
    private readonly connect: (plan: ConnectionPlan) => Lease<ConnectionHub>,
  ) {}

  /** Takes a farewell, and a lease of its connection if there is one. It is said when nobody has come in five seconds. */
  leave(farewell: Farewell, lease?: Lease<ConnectionHub>): void {
    const { topic } = farewell;
    this.callOff(topic);
    const timer = this.clock.setTimeout(() => this.say(topic), GRACE_MS);
    this.waiting.set(topic, { farewell, lease, timer });
  }

  /** Those of this topic, and of this client id if it is given. */
  of(topic: string, clientId: string | undefined): Farewell[] {
    const all = Array.from(this.waiting.values(), ({ farewell }) => farewell);
    return all.filter((farewell) => farewell.topic === topic || farewell.plan.clientId === clientId);
  }

  /** Publishes it: through its connection, which lets that through before it closes. */
  say(topic: string): void {
    const waiting = this.take(topic);
    if (waiting === undefined) return;
    const { plan, message } = waiting.farewell;
    const lease = waiting.lease ?? this.connect(plan);
    const deadline = { clock: this.clock, ms: SAY_DEADLINE_MS, message: 'the broker did not answer' };
    const through = lease.value.publish(message.topic, message.payload, message.settings);
    if (waiting.lease === undefined) {
      const release = (): void => void lease.release().catch(() => undefined);
      void withDeadline(deadline, () => through).then(release, release);
    } else {
      through.catch(() => undefined);
      void lease.release().catch(() => undefined);
    }
  }

  /** Somebody has taken the place of the device. */
  callOff(topic: string): void {
    void this.take(topic)
      ?.lease?.release()
      .catch(() => undefined);
  }

  sayAll(): void {
    for (const topic of [...this.waiting.keys()]) this.say(topic);
  }

  /** For whoever takes the place of the extension. */
  handOver(): Farewell[] {
    return [...this.waiting.keys()].flatMap((topic) => {
      const waiting = this.take(topic);
      void waiting?.lease?.release().catch(() => undefined);
      return waiting === undefined ? [] : [waiting.farewell];
    });
  }

  private take(topic: string): Waiting | undefined {
    const waiting = this.waiting.get(topic);
    this.clock.clearTimeout(waiting?.timer);
    this.waiting.delete(topic);
    return waiting;
  }
}
