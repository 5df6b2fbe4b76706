import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { describeProblems } from '../../../src/base/fields/fields.ts';
import { systemClock, type Ports } from '../../../src/base/ports.ts';
import type { OpcUaConfig } from '../../../src/drivers/opcua/config/config.ts';
import { OpcUaDriver } from '../../../src/drivers/opcua/driver.ts';
import { opcuaKind } from '../../../src/drivers/opcua/index.ts';
import { type OpcUaProperty, parseOpcUaProperty } from '../../../src/drivers/opcua/config/property.ts';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

const realPorts: Ports = { clock: systemClock, log: silent, random: Math.random };

export const never = (): AbortSignal => new AbortController().signal;

/** A property of the node `nodeID`; `visitor` may hold more fields of it. */
export function property(
  name: string,
  nodeID: string,
  { visitor, ...common }: { visitor?: object; [field: string]: unknown } = {},
): OpcUaProperty {
  const parsed = parseOpcUaProperty({ name, ...common, visitor: { nodeID, ...visitor } }, name);
  if (!parsed.ok) throw new Error(describeProblems(parsed.problems));
  return parsed.value;
}

/** The certificates of the drivers of one test file; whoever makes it must `remove()` it. */
export class OpcUaTestBench {
  private readonly pkiDirectory = mkdtempSync(join(tmpdir(), 'devicelink-pki-'));

  /** Without security, because a test of values is no test of certificates. */
  config(endpoint: string, parameters: object = { syncInterval: '100ms', timeout: '5s' }): OpcUaConfig {
    const parsed = opcuaKind.parse({ parameters, protocol: { endpoint, securityPolicy: 'None' } }, {});
    if (!parsed.ok) throw new Error(describeProblems(parsed.problems));
    return parsed.value;
  }

  driver(endpoint: string, parameters?: object): OpcUaDriver {
    return new OpcUaDriver(this.config(endpoint, parameters), this.pkiDirectory, realPorts);
  }

  /** Has `server` up, and a driver connected to it, for the tests of a describe: `take` gets it. Both are gone after them. */
  serve(
    server: { start(): Promise<{ readonly endpoint: string }>; remove(): Promise<void> },
    take: (driver: OpcUaDriver) => void,
  ): void {
    let driver: OpcUaDriver | undefined;
    beforeAll(async () => {
      driver = this.driver((await server.start()).endpoint);
      take(driver);
      await driver.connect(never());
    });
    afterAll(async () => {
      await driver?.close();
      await server.remove();
    });
  }

  remove(): void {
    rmSync(this.pkiDirectory, { recursive: true, force: true });
  }
}
