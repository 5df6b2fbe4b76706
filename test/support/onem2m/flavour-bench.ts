import { expect } from 'vitest';
import type { ProfileName } from '../../../src/onem2m/binding/profile.ts';
import { InProcessBroker } from '../mqtt/in-process-broker.ts';
import { MemoryStore } from './memory-store.ts';
import { TestAe } from './onem2m-ae.ts';
import { startCse, type CseOptions, type Primitive, type StandInCse } from './stand-in-cse.ts';

/** A broker, a CSE `/in-cse-1` with the habits of a real one on it, and the AEs of a test. Whoever starts it must `stop()` it. */
export class FlavourBench {
  private readonly entities: TestAe[] = [];
  /** What the AE remembers over restarts. */
  private readonly store = new MemoryStore();

  private constructor(
    readonly broker: InProcessBroker,
    readonly cse: StandInCse,
  ) {}

  static async start(flavour: ProfileName, options: Partial<CseOptions> = {}): Promise<FlavourBench> {
    const broker = await InProcessBroker.start();
    const cse = await startCse({ id: '/in-cse-1', flavour, brokerUrl: broker.url, http: {}, ...options });
    return new FlavourBench(broker, cse);
  }

  get mqtt(): string {
    return `${this.broker.url}#in-cse-1`;
  }

  /** An AE `onem2m/app` that finds out by itself what it speaks with, over MQTT unless `properties` say otherwise. */
  create(
    properties: Readonly<Record<string, unknown>> & { readonly profile?: string } = {},
    store: MemoryStore = this.store,
  ): TestAe {
    const { profile = 'auto', ...others } = properties;
    const ae = TestAe.create({
      name: 'app',
      store,
      properties: {
        endpoint: this.mqtt,
        cse: { base: 'onem2m', profile },
        registration: { check: '0s' },
        ...others,
      },
    });
    this.entities.push(ae);
    return ae;
  }

  async startAe(...given: Parameters<FlavourBench['create']>): Promise<TestAe> {
    const ae = this.create(...given);
    ae.entity.start();
    await ae.whenHealthy();
    return ae;
  }

  /** `reg_req CREATE onem2m`: what the AE has asked so far, in order. */
  get asked(): string[] {
    return this.cse.requests.map(({ isRegistration, request }) => {
      const { op, to } = request as { op: number; to: string };
      return `${isRegistration ? 'reg_req ' : ''}${OPERATIONS[op] ?? op} ${to}`;
    });
  }

  /** The AE that was created, as it was sent. */
  get registration(): Primitive {
    const found = this.cse.requests.find(({ request }) => request['op'] === 1 && request['ty'] === 2);
    return (found?.request['pc'] as Record<string, Primitive> | undefined)?.['m2m:ae'] ?? {};
  }

  async stop(): Promise<void> {
    await Promise.all(this.entities.map((ae) => ae.close()));
    expect(this.cse.faults).toEqual([]);
    await this.cse.stop();
    await this.broker.stop();
  }
}

const OPERATIONS: Readonly<Record<number, string>> = {
  1: 'CREATE',
  2: 'RETRIEVE',
  3: 'UPDATE',
  4: 'DELETE',
  5: 'NOTIFY',
};
