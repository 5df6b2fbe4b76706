import { EventEmitter } from 'node:events';
import { expect } from 'vitest';
import type { DeviceError } from '../../../src/base/errors.ts';
import { ApplicationEntity } from '../../../src/onem2m/ae/application-entity.ts';
import type { AeLifeEvent, AeMessage, AeNotification, AeResult } from '../../../src/onem2m/ae/model/messages.ts';
import { parseAeConfig } from '../../../src/onem2m/ae/parse/parse-config.ts';
import { createBindings } from '../../../src/onem2m/ae/create-bindings.ts';
import { realPorts } from '../mqtt/mqtt-options.ts';
import { MemoryStore } from './memory-store.ts';

export interface TestAeOptions {
  /** Flow properties, over the defaults below. `name` is that of the AE. */
  readonly properties: Readonly<Record<string, unknown>> & { readonly endpoint: string };
  readonly name: string;
  /** Flow properties of `ae`. */
  readonly ae?: Readonly<Record<string, unknown>>;
  /** Flow properties of `registration`. */
  readonly registration?: Readonly<Record<string, unknown>>;
  readonly credentials?: Readonly<Record<string, string>>;
  readonly store?: MemoryStore;
}

/** An application entity as a node would make it from its flow properties, and everything it has told. Whoever starts it must `close()` it. */
export class TestAe {
  readonly notifications: AeNotification[] = [];
  readonly life: AeLifeEvent[] = [];
  readonly problems: DeviceError[] = [];
  private readonly told = new EventEmitter<{ notification: [AeNotification]; life: [AeLifeEvent] }>();

  private constructor(readonly entity: ApplicationEntity) {
    entity.events.on('notification', (notification) => {
      this.notifications.push(notification);
      this.told.emit('notification', notification);
    });
    entity.events.on('life', (event) => {
      this.life.push(event);
      this.told.emit('life', event);
    });
    entity.events.on('problem', (problem) => this.problems.push(problem));
  }

  /** Makes it without starting it. */
  static create(options: TestAeOptions): TestAe {
    const checked = parseAeConfig({
      name: options.name,
      cse: { base: 'cse-in' },
      ae: { name: options.name, appID: 'N.test', ...options.ae },
      registration: { ...options.registration },
      ...options.properties,
    });
    if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
    const store = options.store ?? new MemoryStore();
    const secret = store.secret();
    const bindings = createBindings(checked.value, {
      credentials: options.credentials ?? {},
      ports: realPorts,
      uid: `test-${options.name}`,
      secret,
    });
    return new TestAe(new ApplicationEntity(checked.value, { ports: realPorts, store, secret, bindings }));
  }

  /** Starts it, and waits until it is registered with all it wishes for. */
  static async start(options: TestAeOptions): Promise<TestAe> {
    const ae = TestAe.create(options);
    ae.entity.start();
    await ae.whenHealthy();
    return ae;
  }

  get originator(): string {
    return this.entity.snapshot().originator ?? '';
  }

  /** Registered, and nothing it wishes for is missing. */
  async whenHealthy(): Promise<void> {
    await expect
      .poll(() => ({ state: this.entity.snapshot().state, error: this.entity.snapshot().lastError }), { interval: 10 })
      .toEqual({ state: 'healthy', error: undefined });
  }

  perform(message: AeMessage): Promise<AeResult> {
    return this.entity.perform(message);
  }

  /** The next notification from now on that `matches`. */
  notification(matches: (notification: AeNotification) => boolean = () => true): Promise<AeNotification> {
    return new Promise((resolve) => {
      const take = (notification: AeNotification): void => {
        if (!matches(notification)) return;
        this.told.off('notification', take);
        resolve(notification);
      };
      this.told.on('notification', take);
    });
  }

  /** The next life-cycle event of that name from now on. */
  event(name: string): Promise<AeLifeEvent> {
    return new Promise((resolve) => {
      const take = (event: AeLifeEvent): void => {
        if (event.event !== name) return;
        this.told.off('life', take);
        resolve(event);
      };
      this.told.on('life', take);
    });
  }

  close(): Promise<void> {
    return this.entity.close();
  }
}
