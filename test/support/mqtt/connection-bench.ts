import { afterEach } from 'vitest';
import type { ConnectionOptions } from '../../../src/mqtt/client/connection-options.ts';
import { Connection } from '../../../src/mqtt/connection/connection.ts';
import { connectionOptions, realPorts } from './mqtt-options.ts';
import { ProgrammableBroker, type Behaviour } from './programmable-broker.ts';

/** Brokers that do as they are told, and connections to them, for the tests of one file: gone after each test. */
export class ConnectionBench {
  private readonly ends: (() => Promise<void>)[] = [];

  /** To be made outside of any test. */
  constructor() {
    afterEach(async () => {
      for (const end of this.ends.splice(0).reverse()) await end();
    });
  }

  /** What is to be done after the test, last first. */
  afterwards(end: () => Promise<void>): void {
    this.ends.push(end);
  }

  readonly startBroker = async (behaviour: Behaviour = {}, port?: number): Promise<ProgrammableBroker> => {
    const broker = await ProgrammableBroker.start(behaviour, port);
    this.afterwards(() => broker.stop());
    return broker;
  };

  readonly createConnection = (url: string, changes: Partial<ConnectionOptions> = {}): Connection => {
    const connection = new Connection(connectionOptions(url, changes), realPorts);
    this.afterwards(() => connection.close());
    return connection;
  };
}

export function publish(connection: Connection, payload: string, qos: 0 | 1 | 2 = 1, waitTimeoutMs = 0): Promise<void> {
  return connection.publish('plant/a', payload, { qos, retained: false, waitTimeoutMs });
}

/** The outcome as a word, so that many can be compared at once. */
export function outcome(promise: Promise<void>): Promise<string> {
  return promise.then(
    () => 'through',
    (error: unknown) => String((error as { code?: unknown }).code),
  );
}
