import type { DeviceError } from '../../../src/base/errors.ts';
import { ApplicationEntity, type AeSnapshot } from '../../../src/onem2m/ae/application-entity.ts';
import { AeSecret } from '../../../src/onem2m/ae/model/secret.ts';
import type { AeLifeEvent, AeNotification } from '../../../src/onem2m/ae/model/messages.ts';
import { parseAeConfig } from '../../../src/onem2m/ae/parse/parse-config.ts';
import { FakeBinding } from '../fakes/fake-binding.ts';
import { fakePorts } from '../fakes/fake-clock.ts';
import { MemoryStore } from './memory-store.ts';
import { TinyCse } from './tiny-cse.ts';

/** What the AE of a bench keeps from the beginning, unless it is given another store. */
const KEPT = new AeSecret('5ec'.padEnd(32, '0'), false);

/** Resource name that a subscription without a name of its own has in a bench. */
export const secretName = (target: string, name: string): string =>
  `${name}-${KEPT.tag(`subscription ${target}/${name}`)}`;

/** An AE `onem2m/app` before a tiny CSE, on a clock that moves by hand. Everything it tells is kept. */
export class AeBench {
  readonly cse = new TinyCse();
  readonly binding = new FakeBinding();
  readonly ports = fakePorts();
  readonly store = new MemoryStore();
  readonly states: AeSnapshot[] = [];
  readonly life: AeLifeEvent[] = [];
  readonly notifications: AeNotification[] = [];
  readonly problems: DeviceError[] = [];
  readonly ae: ApplicationEntity;

  constructor(raw: Record<string, unknown> = {}, before?: Pick<AeBench, 'cse' | 'store'>) {
    if (before !== undefined) Object.assign(this, { cse: before.cse, store: before.store });
    else this.store.memory = { secret: '5ec'.padEnd(32, '0') };
    this.binding.handle = this.cse.answer;
    const parsed = parseAeConfig({
      endpoint: 'mqtt://broker#mn-cse-1',
      ae: { name: 'app' },
      timeout: '10s',
      registration: { check: '0s' },
      ...raw,
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const { ports, store, binding } = this;
    this.ae = new ApplicationEntity(parsed.value, {
      ports,
      store,
      secret: store.secret(),
      bindings: { sender: binding },
    });
    this.ae.events.on('state', (snapshot) => this.states.push(snapshot));
    this.ae.events.on('life', (event) => this.life.push(event));
    this.ae.events.on('notification', (notification) => this.notifications.push(notification));
    this.ae.events.on('problem', (error) => this.problems.push(error));
  }

  /** Starts it, and lets everything happen that is due. */
  async start(): Promise<this> {
    this.ae.start();
    await this.ports.clock.settle();
    return this;
  }

  get state(): string {
    return this.ae.snapshot().state;
  }

  /** Names of what was told at output 3, without the link. */
  get told(): string[] {
    return this.life.map(({ event }) => event).filter((event) => !event.startsWith('link'));
  }
}
